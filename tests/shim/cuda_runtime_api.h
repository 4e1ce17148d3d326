#pragma once

// Types that cuDNN's headers require.

#include "cuda_runtime.h"

using cudaGraph_t = struct CUgraph_st*;
