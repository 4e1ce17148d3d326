#pragma once

#include <cstdint>
#include <optional>

namespace bench {

/// Forgets the process's peak of resident memory so far. False where the system can't.
bool forget_memory_peak();

/// The most bytes that the process had resident since, everything included; none where the system does not tell.
std::optional<std::int64_t> memory_peak();

}  // namespace bench
