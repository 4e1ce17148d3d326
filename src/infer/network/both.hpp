#pragma once

namespace premix::infer {

/// What both streams have.
template <class T>
struct Both {
  T ms, pan;
};

}  // namespace premix::infer
