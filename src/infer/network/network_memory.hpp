#pragma once

#include "core/pool_blocks.hpp"
#include "infer/network/network_rows.hpp"

// The memory of a network that runs by rows; that of its maps is NetworkRows::blocks().

namespace premix::infer {

template <class S>
PoolBlocks weight_blocks(const PackedNetwork<S>& network);

/// What one thread works in, for maps of at most `width` columns.
template <class S>
PoolBlocks thread_blocks(const PackedNetwork<S>& network, std::int64_t width);

}  // namespace premix::infer
