#pragma once

#include <cstdint>
#include <optional>

namespace bench {

/// Resets the peak of the process's resident memory. Returns false where the system does not support it.
bool forget_memory_peak();

/// Peak resident bytes of the process since then. Empty where the system does not report it.
std::optional<std::int64_t> memory_peak();

}  // namespace bench
