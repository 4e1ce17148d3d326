#include "premix/optim/adam.hpp"

namespace premix {

template class Adam<float>;
template class Adam<double>;

}  // namespace premix
