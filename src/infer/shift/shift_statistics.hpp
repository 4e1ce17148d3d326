#pragma once

#include "premix/infer/shift/shift.hpp"

namespace premix::infer {

/// Computes the statistics of a report from its windows, stored in rows of windows_per_row.
void summarize(ShiftReport& report, std::int64_t windows_per_row);

}  // namespace premix::infer
