#pragma once

struct CUstream_st;

namespace premix {

/// The stream that this thread uses on a GPU: the default stream, or that of the innermost StreamGuard.
CUstream_st* current_stream(int index);

}  // namespace premix
