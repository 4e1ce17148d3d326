#pragma once

// The library premix::premix. What premix::io adds has headers of its own: premix/io/raster.hpp, premix/io/mat.hpp.
#include "premix/autograd/gradcheck.hpp"
#include "premix/autograd/variable.hpp"
#include "premix/core/parallel.hpp"
#include "premix/core/random.hpp"
#include "premix/core/tensor.hpp"
#include "premix/data/degrade.hpp"
#include "premix/data/loader.hpp"
#include "premix/image/bicubic.hpp"
#include "premix/image/blur.hpp"
#include "premix/image/clahe.hpp"
#include "premix/io/safetensors.hpp"
#include "premix/nn/module.hpp"
#include "premix/nn/premix.hpp"
#include "premix/ops.hpp"
#include "premix/optim/adam.hpp"
#include "premix/optim/step_lr.hpp"
