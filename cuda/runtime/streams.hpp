#pragma once

struct CUstream_st;

namespace premix {

/// Returns the stream of this thread on a GPU: that of the innermost StreamGuard, else the default stream.
CUstream_st* current_stream(int index);

}  // namespace premix
