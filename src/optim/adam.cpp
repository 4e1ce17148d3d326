#include "premix/optim/adam.hpp"

#include <algorithm>
#include <cmath>

namespace premix {

template <Real T>
AdamRate<T> detail::adam_rate(const AdamOptions& options, std::int64_t step) {
  const auto steps = static_cast<double>(step);
  const double mean_correction = 1 - std::pow(options.beta1, steps);
  const double square_correction = 1 - std::pow(options.beta2, steps);
  // Early means follow the parameters faster, so that they forget the initial values.
  const double keep_average = std::min(options.average, (1 + steps) / (10 + steps));
  return {static_cast<T>(options.lr / mean_correction), static_cast<T>(std::sqrt(square_correction)),
          static_cast<T>(1 - keep_average)};
}

template <Real T>
AdamFactors<T> detail::adam_factors(const AdamOptions& options) {
  return {static_cast<T>(options.beta1), static_cast<T>(options.beta2), static_cast<T>(1 - options.beta1),
          static_cast<T>(1 - options.beta2), static_cast<T>(options.epsilon)};
}

template <Real T>
void adam_set_rates(Cpu, const AdamRateArgs<T>& args) {
  std::copy_n(args.values, args.count, args.rates);
}

template AdamRate<float> detail::adam_rate(const AdamOptions&, std::int64_t);
template AdamRate<double> detail::adam_rate(const AdamOptions&, std::int64_t);
template AdamFactors<float> detail::adam_factors(const AdamOptions&);
template AdamFactors<double> detail::adam_factors(const AdamOptions&);
template void adam_set_rates(Cpu, const AdamRateArgs<float>&);
template void adam_set_rates(Cpu, const AdamRateArgs<double>&);

}  // namespace premix
