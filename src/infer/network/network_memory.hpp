#pragma once

#include "core/pool_blocks.hpp"
#include "infer/network/network_rows.hpp"

// Memory of a network that runs by rows, without its maps (NetworkRows::blocks()).

namespace premix::infer {

template <class S>
PoolBlocks weight_blocks(const PackedNetwork<S>& network);

/// Work memory of one thread, for maps of at most `width` columns.
template <class S>
PoolBlocks thread_blocks(const PackedNetwork<S>& network, std::int64_t width);

}  // namespace premix::infer
