#include <cstdlib>
#include <string_view>
#include <utility>

#include "cpu/isa.hpp"

namespace premix::on_cpu {
namespace {

Isa detect() {
#if defined(__x86_64__)
  Isa best = Isa::v2;
  if (__builtin_cpu_supports("x86-64-v3")) best = Isa::v3;
  if (__builtin_cpu_supports("x86-64-v4")) best = Isa::v4;
  const char* wanted = std::getenv("PREMIX_ISA");
  if (wanted == nullptr) return best;
  const std::string_view name = wanted;
  for (const auto& [spelling, level] : {std::pair{"v2", Isa::v2}, std::pair{"v3", Isa::v3}, std::pair{"v4", Isa::v4}})
    if (name == spelling) return level < best ? level : best;
  fail(ErrorKind::usage, "environment variable PREMIX_ISA=", name, ": unknown. Set v2, v3 or v4.");
#else
  return Isa::generic;
#endif
}

}  // namespace

Isa isa() {
  static const Isa chosen = detect();
  return chosen;
}

}  // namespace premix::on_cpu
