#pragma once

#include "premix/ops/add.hpp"
#include "premix/ops/conv2d.hpp"
#include "premix/ops/conv_transpose2d.hpp"
#include "premix/ops/convert.hpp"
#include "premix/ops/ewfm.hpp"
#include "premix/ops/l1_loss.hpp"
#include "premix/ops/predictive_filter.hpp"
#include "premix/ops/relu.hpp"
#include "premix/ops/residual_sum.hpp"
#include "premix/ops/resize_nearest.hpp"
