#include "premix/autograd/variable.hpp"

namespace premix {

template class Variable<float>;
template class Variable<double>;
template std::vector<Variable<float>> record(std::vector<Tensor<float>>, std::vector<Variable<float>>,
                                             BackwardFn<float>);
template std::vector<Variable<double>> record(std::vector<Tensor<double>>, std::vector<Variable<double>>,
                                              BackwardFn<double>);

}  // namespace premix
