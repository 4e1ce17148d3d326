#pragma once

// What cuDNN's headers ask for.

#include "cuda_runtime.h"

using cudaGraph_t = struct CUgraph_st*;
