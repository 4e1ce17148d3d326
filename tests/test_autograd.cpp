#include <thread>

#include "premix/ops/add.hpp"
#include "premix/ops/relu.hpp"
#include "support/catch.hpp"
#include "support/contains.hpp"
#include "support/variables.hpp"

namespace premix {
namespace {

using Number = Variable<double>;
using Gradients = std::vector<Tensor<double>>;

constexpr Shape one_number{1, 1, 1, 1};

Number number(double value) { return Number(Tensor<double>::full(one_number, value), true); }
double item(const Tensor<double>& tensor) { return tensor.item(); }

// Returns a x. Counts the visits of backward.
Number times(double a, const Number& x, int* walked = nullptr) {
  return record<double>(Tensor<double>::full(one_number, a * item(x.value())), {x}, [=](const Gradients& d) {
    if (walked != nullptr) ++*walked;
    return Gradients{Tensor<double>::full(one_number, a * item(d[0]))};
  });
}

// Returns 2 x and 3 x as two outputs of one operation. Stores the gradients that backward passes to it.
std::vector<Number> twice_and_thrice(const Number& x, std::vector<double>* given = nullptr) {
  const double value = item(x.value());
  return record<double>({Tensor<double>::full(one_number, 2 * value), Tensor<double>::full(one_number, 3 * value)}, {x},
                        [=](const Gradients& d) {
                          if (given != nullptr) *given = {item(d[0]), item(d[1])};
                          return Gradients{Tensor<double>::full(one_number, 2 * item(d[0]) + 3 * item(d[1]))};
                        });
}

// x * x. Saves its input for the backward pass.
Number square(const Number& x) {
  const double value = item(x.value());
  return record<double>(Tensor<double>::full(one_number, value * value), {x},
                        [saved = Saved<double>(x.value())](const Gradients& d) {
                          return Gradients{Tensor<double>::full(one_number, 2 * item(saved.get()) * item(d[0]))};
                        });
}

}  // namespace

TEST_CASE("backward visits an operation with several outputs once, with the gradients of all outputs", "[autograd]") {
  const Number x = number(5);
  std::vector<double> given;
  const auto outputs = twice_and_thrice(x, &given);
  (times(10, outputs[0]) + times(100, outputs[1])).backward();
  CHECK(given == std::vector<double>{10, 100});
  CHECK(item(x.grad()) == 320);
}

TEST_CASE("an unused output has a gradient of zeros", "[autograd]") {
  const Number x = number(5);
  std::vector<double> given;
  twice_and_thrice(x, &given)[1].backward();
  CHECK(given == std::vector<double>{0, 1});
  CHECK(item(x.grad()) == 3);
}

TEST_CASE("backward visits a shared result once, after all operations that use it", "[autograd]") {
  const Number x = number(1);
  int walked = 0;
  Number y = times(1, x, &walked);
  for (int i = 0; i < 40; ++i) y = times(1, y + y, &walked);  // 2^40 paths
  y.backward();
  CHECK(walked == 41);
  CHECK(item(x.grad()) == 1099511627776.0);
}

TEST_CASE("gradients of paths of different length add up", "[autograd]") {
  const Number x = number(3);
  const Number y = square(x);
  (times(2, times(2, times(2, y))) + y + x).backward();
  CHECK(item(x.grad()) == 9 * 6 + 1);
}

TEST_CASE("leaves accumulate the gradients of several backward passes until zero_grad", "[autograd]") {
  Number x = number(3);
  square(x).backward();
  square(x).backward();
  times(5, x).backward();
  CHECK(item(x.grad()) == 17);
  x.zero_grad();
  CHECK(x.grad().empty());
  square(x).backward();
  CHECK(item(x.grad()) == 6);
}

TEST_CASE("a held gradient keeps its values when the leaf accumulates more", "[autograd]") {
  const Number x = number(3);
  const auto weight = Tensor<double>::full(one_number, 1);
  (x + x).backward(weight);
  const Tensor<double> held = x.grad();
  square(x).backward();
  CHECK(item(held) == 2);
  CHECK(item(weight) == 1);
  CHECK(item(x.grad()) == 8);
}

TEST_CASE("backward starts from the given weights", "[autograd]") {
  const auto x = testing::leaf<double>({1, 2, 3, 1}, 1);
  const auto weights = testing::uniform_image<double>(x.shape(), -1, 1, 2);
  (x + Number(Tensor<double>::zeros(x.shape()))).backward(weights);
  CHECK(testing::same_bits(x.grad(), weights));
}

TEST_CASE("only leaves that require a gradient collect one", "[autograd]") {
  const Number wanted = number(1), unwanted(Tensor<double>::full(one_number, 1)), apart = number(1);
  (wanted + unwanted + apart.detached()).backward();
  CHECK_FALSE(wanted.grad().empty());
  CHECK(unwanted.grad().empty());
  CHECK(apart.grad().empty());
}

TEST_CASE("a result requires a gradient exactly if an input does", "[autograd]") {
  const Number with = number(1), without(Tensor<double>::full(one_number, 1));
  CHECK((with + without).requires_grad());
  CHECK_FALSE((without + without).requires_grad());
  CHECK_THROWS_WITH((without + without).backward(), contains("no gradient required"));
}

TEST_CASE("NoGrad disables recording on its thread only", "[autograd]") {
  const Number x = number(2);
  bool other_thread = false;
  {
    const NoGrad outer;
    { const NoGrad inner; }
    CHECK_FALSE(grad_enabled());
    CHECK_FALSE(square(x).requires_grad());
    std::thread([&] { other_thread = grad_enabled(); }).join();
  }
  CHECK(other_thread);
  CHECK(grad_enabled());
  square(x).backward();
  CHECK(item(x.grad()) == 4);
}

TEST_CASE("backward throws if a saved tensor was modified", "[autograd][error]") {
  Number x = number(3);
  const Number y = square(x);
  x.mutable_value().mutable_data()[0] = 4;
  CHECK_THROWS_WITH(y.backward(), contains("(1, 1, 1, 1)") && contains("changed after an operation used it"));

  const Number z = square(x);
  z.backward();
  x.mutable_value().mutable_data()[0] = 5;  // allowed after backward
  CHECK(item(x.grad()) == 8);
}

TEST_CASE("backward of relu throws if its result was modified", "[autograd][error]") {
  const Number x = number(3);
  Number y = relu(x);
  y.mutable_value().mutable_data()[0] = -1;
  CHECK_THROWS_WITH(y.backward(), contains("changed after"));
}

TEST_CASE("a second backward through the same operations throws", "[autograd][error]") {
  const Number x = number(3);
  const Number y = square(x), left = times(2, y), right = times(3, y);
  left.backward();
  CHECK_THROWS_WITH(left.backward(), contains("freed by an earlier backward()"));
  CHECK_THROWS_WITH(right.backward(), contains("freed by an earlier backward()"));
  CHECK(item(x.grad()) == 12);
}

TEST_CASE("backward throws again after a failure, also through a part of the operations", "[autograd][error]") {
  Number x = number(3);
  const Number y = square(x), z = times(2, y);
  x.mutable_value().mutable_data()[0] = 4;
  CHECK_THROWS_WITH(z.backward(), contains("changed after"));
  CHECK_THROWS_AS(z.backward(), Error);
  CHECK_THROWS_WITH(y.backward(), contains("changed after"));
  CHECK(x.grad().empty());
}

TEST_CASE("backward refuses weights of another shape, and several elements without weights", "[autograd][error]") {
  const auto x = testing::leaf<double>({1, 2, 3, 1}, 1);
  const Number y = relu(x);
  CHECK_THROWS_WITH(y.backward(), contains("(1, 2, 3, 1)") && contains("Pass the weight of each element"));
  CHECK_THROWS_WITH(y.backward(Tensor<double>::zeros({1, 3, 2, 1})),
                    contains("(1, 3, 2, 1)") && contains("(1, 2, 3, 1)"));
}

TEST_CASE("backward refuses gradients of wrong number or shape from an operation", "[autograd][error]") {
  const Number x = number(1);
  const auto with = [&](Gradients d) {
    return record<double>(Tensor<double>::full(one_number, 1), {x}, [d](const Gradients&) { return d; });
  };
  CHECK_THROWS_WITH(with({}).backward(), contains("1 inputs") && contains("0 gradients"));
  CHECK_THROWS_WITH(with({Tensor<double>::zeros({1, 1, 1, 2})}).backward(), contains("(1, 1, 1, 2)"));
}

TEST_CASE("an empty variable throws on access", "[autograd][error]") {
  Number none;
  CHECK(none.empty());
  CHECK_FALSE(none.requires_grad());
  CHECK_THROWS_WITH(none.value(), contains("empty variable"));
  CHECK_THROWS_WITH(none.mutable_value(), contains("empty variable"));
  CHECK_THROWS_WITH(none.grad(), contains("empty variable"));
  CHECK_THROWS_WITH(none.zero_grad(), contains("empty variable"));
  CHECK_THROWS_WITH(Number(Tensor<double>()), contains("empty tensor"));
}

TEST_CASE("backward through and destruction of a million operations do not recurse", "[autograd]") {
  const Number x = number(1);
  const auto long_tape = [&] {
    Number y = x;
    for (int i = 0; i < 1000000; ++i) y = record<double>(y.value(), {y}, [](const Gradients& d) { return d; });
    return y;
  };
  long_tape();
  long_tape().backward();
  CHECK(item(x.grad()) == 1);
}

TEST_CASE("backward frees visited operations, and dropping a tape frees all of it", "[autograd]") {
  constexpr Shape large{1, 256, 256, 2};
  constexpr std::size_t bytes = large.size() * sizeof(double);
  const auto in_use = [] { return memory_use(cpu()).in_use; };
  const std::size_t before = in_use();
  {
    const Number x(Tensor<double>::zeros(large), true);
    std::size_t at_the_end = 0;
    Number y = record<double>(x.value().clone(), {x}, [&](const Gradients& d) {
      at_the_end = in_use();
      return d;
    });
    for (int i = 0; i < 20; ++i) y = relu(y);
    CHECK(in_use() - before >= 22 * bytes);
    y.backward(Tensor<double>::full(large, 1));
    CHECK(at_the_end - before <= 6 * bytes);  // x, y, the given weights, one result, and two gradients
    CHECK(in_use() - before <= 4 * bytes);
  }
  CHECK(in_use() == before);
}

}  // namespace premix
