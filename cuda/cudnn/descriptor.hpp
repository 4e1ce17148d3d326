#pragma once

#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <utility>
#include <vector>

#include "cuda/cudnn/library.hpp"

namespace premix::cudnn {

/// cuDNN does not support a request. Callers try another variant.
struct Refused : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Throws Refused with the call's name unless the status is success.
void check(cudnnStatus_t status, const char* call);

/// cuDNN's type tag of an attribute type.
template <class T>
inline constexpr cudnnBackendAttributeType_t attribute_type = T::unsupported;
template <>
inline constexpr auto attribute_type<std::int64_t> = CUDNN_TYPE_INT64;
template <>
inline constexpr auto attribute_type<float> = CUDNN_TYPE_FLOAT;
template <>
inline constexpr auto attribute_type<bool> = CUDNN_TYPE_BOOLEAN;
template <>
inline constexpr auto attribute_type<void*> = CUDNN_TYPE_VOID_PTR;
template <>
inline constexpr auto attribute_type<cudnnHandle_t> = CUDNN_TYPE_HANDLE;
template <>
inline constexpr auto attribute_type<cudnnDataType_t> = CUDNN_TYPE_DATA_TYPE;
template <>
inline constexpr auto attribute_type<cudnnConvolutionMode_t> = CUDNN_TYPE_CONVOLUTION_MODE;
template <>
inline constexpr auto attribute_type<cudnnPointwiseMode_t> = CUDNN_TYPE_POINTWISE_MODE;
template <>
inline constexpr auto attribute_type<cudnnNanPropagation_t> = CUDNN_TYPE_NAN_PROPOGATION;
template <>
inline constexpr auto attribute_type<cudnnBackendHeurMode_t> = CUDNN_TYPE_HEUR_MODE;
template <>
inline constexpr auto attribute_type<cudnnBackendNumericalNote_t> = CUDNN_TYPE_NUMERICAL_NOTE;

/// A descriptor of cuDNN's graph API. All members throw Refused. A descriptor set as an attribute must outlive its
/// user.
class Descriptor {
 public:
  explicit Descriptor(cudnnBackendDescriptorType_t type) {
    check(library().create_descriptor(type, &handle_), "creating a descriptor");
  }
  Descriptor(Descriptor&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~Descriptor() {
    if (handle_ != nullptr) library().destroy_descriptor(handle_);
  }

  cudnnBackendDescriptor_t handle() const { return handle_; }

  template <class T>
  void set(cudnnBackendAttributeName_t name, const T& value) {
    set_array(name, attribute_type<T>, 1, &value);
  }
  template <class T>
  void set(cudnnBackendAttributeName_t name, const std::vector<T>& values) {
    set_array(name, attribute_type<T>, static_cast<std::int64_t>(values.size()), values.data());
  }
  void set(cudnnBackendAttributeName_t name, const Descriptor& value) {
    set_array(name, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &value.handle_);
  }
  void set(cudnnBackendAttributeName_t name, const std::vector<Descriptor>& values) {
    const auto handles = handles_of(values);
    set_array(name, CUDNN_TYPE_BACKEND_DESCRIPTOR, static_cast<std::int64_t>(handles.size()), handles.data());
  }

  /// Completes the descriptor. Attributes cannot be set afterwards.
  void finalize(const char* what) { check(library().finalize(handle_), what); }

  /// Returns at most `most` values of an attribute.
  template <class T>
  std::vector<T> get(cudnnBackendAttributeName_t name, std::int64_t most) const {
    std::vector<T> values(static_cast<std::size_t>(most));
    values.resize(static_cast<std::size_t>(std::min(most, get_array(name, attribute_type<T>, most, values.data()))));
    return values;
  }
  template <class T>
  T get(cudnnBackendAttributeName_t name) const {
    T value{};
    get_array(name, attribute_type<T>, 1, &value);
    return value;
  }
  /// Overload for values that are descriptors, and their number.
  std::vector<Descriptor> get(cudnnBackendAttributeName_t name, cudnnBackendDescriptorType_t type,
                              std::int64_t most) const;
  std::int64_t count(cudnnBackendAttributeName_t name) const {
    return get_array(name, CUDNN_TYPE_BACKEND_DESCRIPTOR, 0, nullptr);
  }

 private:
  static std::vector<cudnnBackendDescriptor_t> handles_of(const std::vector<Descriptor>& values);
  void set_array(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type, std::int64_t count,
                 const void* values);
  // Writes at most `most` values. Returns the number of available values.
  std::int64_t get_array(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type, std::int64_t most,
                         void* values) const;

  cudnnBackendDescriptor_t handle_ = nullptr;
};

}  // namespace premix::cudnn
