#pragma once

#include "premix/infer/shift/shift.hpp"

namespace premix::infer {

/// Fills in all of a report that follows from its windows, which stand in rows of windows_per_row.
void summarize(ShiftReport& report, std::int64_t windows_per_row);

}  // namespace premix::infer
