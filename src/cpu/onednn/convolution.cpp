#include "cpu/onednn/convolution.hpp"

#include <map>
#include <mutex>

#include "premix/core/error.hpp"

namespace premix::on_cpu::onednn {
namespace {

using dnnl::memory;

dnnl::convolution_forward::primitive_desc forward_desc(const Geometry& g, Pass pass) {
  const memory::dims strides{g.sizes.stride, g.sizes.stride}, before{g.top, g.left()}, after{g.bottom, g.right()};
  constexpr auto kind = dnnl::prop_kind::forward_training;
  constexpr auto algorithm = dnnl::algorithm::convolution_direct;
  const Description weight = g.weight(memory::format_tag::any);
  using Desc = dnnl::convolution_forward::desc;
  return {pass == Pass::forward_with_bias
              ? Desc(kind, algorithm, g.x(), weight, g.bias(), g.y(), strides, before, after)
              : Desc(kind, algorithm, g.x(), weight, g.y(), strides, before, after),
          user_scratchpad(), engine()};
}

template <class Primitive>
typename Primitive::primitive_desc backward_desc(const Geometry& g) {
  const typename Primitive::desc desc(dnnl::algorithm::convolution_direct, g.x(), g.weight(memory::format_tag::any),
                                      g.y(), {g.sizes.stride, g.sizes.stride}, {g.top, g.left()},
                                      {g.bottom, g.right()});
  return {desc, user_scratchpad(), engine(), forward_desc(g, Pass::forward)};  // hint for backward passes
}

enum class WeightRole { input, result };

template <class Primitive, class Desc>
Prepared prepare(const Geometry& g, const Desc& desc, const Description& weight, WeightRole role) {
  const Description plain = g.weight(memory::format_tag::ohwi);
  const auto& [from, to] = role == WeightRole::result ? std::tie(weight, plain) : std::tie(plain, weight);
  return {Primitive(desc), plain, weight, desc.scratchpad_desc(), dnnl::reorder({engine(), from, engine(), to})};
}

Prepared make(Pass pass, const Geometry& g) {
  const SingleThread single;  // primitives partition work by the thread count at creation
  switch (pass) {
    case Pass::backward_data: {
      const auto desc = backward_desc<dnnl::convolution_backward_data>(g);
      return prepare<dnnl::convolution_backward_data>(g, desc, desc.weights_desc(), WeightRole::input);
    }
    case Pass::backward_weight: {
      const auto desc = backward_desc<dnnl::convolution_backward_weights>(g);
      return prepare<dnnl::convolution_backward_weights>(g, desc, desc.diff_weights_desc(), WeightRole::result);
    }
    default: {
      const auto desc = forward_desc(g, pass);
      return prepare<dnnl::convolution_forward>(g, desc, desc.weights_desc(), WeightRole::input);
    }
  }
}

}  // namespace

const Prepared& prepared(Pass pass, const Geometry& geometry) {
  using Key = decltype(std::tuple(pass, geometry.key()));
  static std::mutex mutex;
  static auto* cache = new std::map<Key, Prepared>;  // never destroyed: oneDNN's statics may be destroyed first
  const std::lock_guard lock(mutex);
  const Key key(pass, geometry.key());
  const auto found = cache->find(key);
  if (found != cache->end()) return found->second;
  try {
    return cache->emplace(key, make(pass, geometry)).first->second;
  } catch (const dnnl::error& error) {
    const Conv2dSizes& s = geometry.sizes;
    fail(ErrorKind::runtime, "conv2d: oneDNN rejects kernel ", s.kernel, ", stride ", s.stride, ", ", s.channels,
         " to ", s.out_channels, " channels: ", error.what());
  }
}

}  // namespace premix::on_cpu::onednn
