#include <set>

#include "cudnn_object.hpp"

namespace shim {
namespace {

struct Rule {
  int name;
  std::set<int> types;
  std::int64_t least, most;
  bool required = true;
};

Rule one(int name, int type) { return {name, {type}, 1, 1}; }
Rule several(int name, int type, std::int64_t count) { return {name, {type}, count, count}; }
Rule factor(int name) { return {name, {CUDNN_TYPE_FLOAT, CUDNN_TYPE_DOUBLE}, 1, 1, false}; }
Rule object(int name) { return one(name, CUDNN_TYPE_BACKEND_DESCRIPTOR); }

const std::map<int, std::vector<Rule>>& rules() {
  static const std::map<int, std::vector<Rule>> rules{
      {CUDNN_BACKEND_TENSOR_DESCRIPTOR,
       {one(CUDNN_ATTR_TENSOR_UNIQUE_ID, CUDNN_TYPE_INT64),
        one(CUDNN_ATTR_TENSOR_DATA_TYPE, CUDNN_TYPE_DATA_TYPE),
        several(CUDNN_ATTR_TENSOR_DIMENSIONS, CUDNN_TYPE_INT64, 4),
        several(CUDNN_ATTR_TENSOR_STRIDES, CUDNN_TYPE_INT64, 4),
        one(CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT, CUDNN_TYPE_INT64),
        {CUDNN_ATTR_TENSOR_IS_VIRTUAL, {CUDNN_TYPE_BOOLEAN}, 1, 1, false}}},
      {CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR,
       {one(CUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS, CUDNN_TYPE_INT64),
        one(CUDNN_ATTR_CONVOLUTION_COMP_TYPE, CUDNN_TYPE_DATA_TYPE),
        one(CUDNN_ATTR_CONVOLUTION_CONV_MODE, CUDNN_TYPE_CONVOLUTION_MODE),
        several(CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS, CUDNN_TYPE_INT64, 2),
        several(CUDNN_ATTR_CONVOLUTION_POST_PADDINGS, CUDNN_TYPE_INT64, 2),
        several(CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES, CUDNN_TYPE_INT64, 2),
        several(CUDNN_ATTR_CONVOLUTION_DILATIONS, CUDNN_TYPE_INT64, 2)}},
      {CUDNN_BACKEND_POINTWISE_DESCRIPTOR,
       {one(CUDNN_ATTR_POINTWISE_MODE, CUDNN_TYPE_POINTWISE_MODE),
        one(CUDNN_ATTR_POINTWISE_MATH_PREC, CUDNN_TYPE_DATA_TYPE),
        {CUDNN_ATTR_POINTWISE_NAN_PROPAGATION, {CUDNN_TYPE_NAN_PROPOGATION}, 1, 1, false}}},
      {CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR,
       {object(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X), object(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W),
        object(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y), object(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_CONV_DESC),
        factor(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_ALPHA), factor(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_BETA)}},
      {CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR,
       {object(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DY), object(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_W),
        object(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DX),
        object(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_CONV_DESC),
        factor(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_ALPHA),
        factor(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_BETA)}},
      {CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR,
       {object(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_X), object(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DY),
        object(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DW),
        object(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_CONV_DESC),
        factor(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_ALPHA),
        factor(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_BETA)}},
      {CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR,
       {object(CUDNN_ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR),
        object(CUDNN_ATTR_OPERATION_POINTWISE_XDESC),
        object(CUDNN_ATTR_OPERATION_POINTWISE_YDESC),
        {CUDNN_ATTR_OPERATION_POINTWISE_BDESC, {CUDNN_TYPE_BACKEND_DESCRIPTOR}, 1, 1, false}}},
      {CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR,
       {one(CUDNN_ATTR_OPERATIONGRAPH_HANDLE, CUDNN_TYPE_HANDLE),
        {CUDNN_ATTR_OPERATIONGRAPH_OPS, {CUDNN_TYPE_BACKEND_DESCRIPTOR}, 1, 8}}},
      {CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR,
       {object(CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH), one(CUDNN_ATTR_ENGINEHEUR_MODE, CUDNN_TYPE_HEUR_MODE)}},
      {CUDNN_BACKEND_ENGINECFG_DESCRIPTOR, {}},
      {CUDNN_BACKEND_ENGINE_DESCRIPTOR, {}},
      {CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR,
       {one(CUDNN_ATTR_EXECUTION_PLAN_HANDLE, CUDNN_TYPE_HANDLE), object(CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG)}},
      {CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR,
       {{CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS, {CUDNN_TYPE_INT64}, 1, 8},
        {CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS, {CUDNN_TYPE_VOID_PTR}, 1, 8},
        one(CUDNN_ATTR_VARIANT_PACK_WORKSPACE, CUDNN_TYPE_VOID_PTR)}},
  };
  return rules;
}

std::size_t size_of(cudnnBackendAttributeType_t type) {
  switch (type) {
    case CUDNN_TYPE_BOOLEAN:
      return sizeof(bool);
    case CUDNN_TYPE_FLOAT:
      return sizeof(float);
    case CUDNN_TYPE_INT64:
    case CUDNN_TYPE_DOUBLE:
      return 8;
    case CUDNN_TYPE_HANDLE:
    case CUDNN_TYPE_VOID_PTR:
    case CUDNN_TYPE_BACKEND_DESCRIPTOR:
      return sizeof(void*);
    default:
      return sizeof(cudnnDataType_t);  // enumerations
  }
}

}  // namespace

cudnnStatus_t set(Object& object, cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type,
                  std::int64_t count, const void* values) {
  if (object.finalized || values == nullptr) return CUDNN_STATUS_BAD_PARAM;
  for (const Rule& rule : rules().at(object.type)) {
    if (rule.name != name) continue;
    if (rule.types.count(type) == 0) return CUDNN_STATUS_BAD_PARAM_ATTRIBUTE_TYPE;
    if (count < rule.least || count > rule.most) return CUDNN_STATUS_BAD_PARAM_SIZE_INSUFFICIENT;
    const char* const bytes = static_cast<const char*>(values);
    object.attributes[name] = {type, count, {bytes, bytes + static_cast<std::size_t>(count) * size_of(type)}};
    return CUDNN_STATUS_SUCCESS;
  }
  return CUDNN_STATUS_NOT_SUPPORTED;
}

bool known(cudnnBackendDescriptorType_t type) { return rules().count(type) == 1; }

cudnnStatus_t check_attributes(const Object& object) {
  for (const Rule& rule : rules().at(object.type))
    if (rule.required && object.attributes.count(rule.name) == 0) return CUDNN_STATUS_BAD_PARAM;
  for (const auto& [name, attribute] : object.attributes)
    if (attribute.type == CUDNN_TYPE_BACKEND_DESCRIPTOR)
      for (const Object* part : object.all<const Object*>(name))
        if (!part->finalized) return CUDNN_STATUS_BAD_PARAM_NOT_FINALIZED;
  return CUDNN_STATUS_SUCCESS;
}

}  // namespace shim
