#include "premix/kernels/predictive_filter.hpp"

#include "cpu/isa.hpp"
#include "premix/core/memory.hpp"
#include "premix/core/parallel.hpp"
#include "premix/kernels/math.hpp"
#include "premix/kernels/reflected.hpp"

// Tap-major filters make this simple: the K taps of one filter row, for all bands, are K*B neighbouring numbers, and so are the image
// values they multiply, once the image row has its reflected margin. The margin is made in a scratch copy of K rows, a K-th of the filters'
// size.

namespace premix::on_cpu::PREMIX_ISA {

// Sizes known to the compiler where the template arguments are not 0, else at run time.
template <int K, int B>
struct Sizes {
  int kernel_;
  std::int64_t bands_;
  int kernel() const { return K > 0 ? K : kernel_; }
  std::int64_t bands() const { return B > 0 ? B : bands_; }
  std::int64_t margin() const { return (kernel() - 1) / 2; }
  std::int64_t row_taps() const { return kernel() * bands(); }
  std::int64_t pixel_taps() const { return kernel() * row_taps(); }
};

// One source of the arguments, with what it needs of them.
template <Real T>
struct Source {
  FilterSource<T> from;
  std::int64_t images, height, width;
};

template <class Args, Real T>
Source<T> source_of(const Args& args, const FilterSource<T>& from) {
  return {from, args.images, args.height, args.width};
}

// Numbers in an image row with its margins: (W + 2P) B.
template <int K, int B, Real T>
std::int64_t padded_row(const Source<T>& args, Sizes<K, B> sizes) {
  return (args.width + 2 * sizes.margin()) * sizes.bands();
}

// Image rows y - P .. y + P with reflected margins, each (W + 2P, B); a single image band is repeated for every band.
template <int K, int B, Real T>
void pad_rows(const Source<T>& args, Sizes<K, B> sizes, std::int64_t image, std::int64_t y, T* padded) {
  const std::int64_t margin = sizes.margin(), bands = sizes.bands(), width = args.width + 2 * margin;
  for (std::int64_t dy = 0; dy < sizes.kernel(); ++dy) {
    const std::int64_t image_bands = args.from.image_bands;
    const T* row = args.from.image + (image * args.height + reflected(y + dy - margin, args.height)) * args.width * image_bands;
    T* to = padded + dy * width * bands;
    for (std::int64_t x = 0; x < width; ++x) {
      const T* from = row + reflected(x - margin, args.width) * image_bands;
      for (std::int64_t b = 0; b < bands; ++b) to[x * bands + b] = image_bands == 1 ? from[0] : from[b];
    }
  }
}

// Calls fn(row, padded) for every row of the result: padded are the image rows that it looks at.
template <Real T, int K, int B, class Fn>
void for_each_row(const Source<T>& args, Sizes<K, B> sizes, Fn&& fn) {
  parallel_for(args.images * args.height, 4, [&](std::int64_t begin, std::int64_t end) {
    const Buffer scratch(static_cast<std::size_t>(sizes.kernel() * padded_row(args, sizes)) * sizeof(T), {});
    T* padded = static_cast<T*>(scratch.data());
    for (std::int64_t row = begin; row < end; ++row) {
      pad_rows(args, sizes, row / args.height, row % args.height, padded);
      fn(row, padded);
    }
  });
}

// y = the first source's sums, and y += the second's.
template <int K, int B, Real T>
void forward(const PredictiveFilterArgs<T>& args, int index, Sizes<K, B> sizes) {
  const Source<T> source = source_of(args, args.sources[index]);
  const std::int64_t bands = sizes.bands(), stride = padded_row(source, sizes);
  for_each_row(source, sizes, [&](std::int64_t row, const T* padded) {
    for (std::int64_t x = 0; x < args.width; ++x) {
      T local[B > 0 ? B : 1];  // the sums stay in registers where B is known
      T* y = args.y + (row * args.width + x) * bands;
      T* sums = B > 0 ? local : y;
      for (std::int64_t b = 0; b < bands; ++b) sums[b] = index == 0 ? T(0) : y[b];
      const T* filters = source.from.filters + (row * args.width + x) * sizes.pixel_taps();
      for (std::int64_t dy = 0; dy < sizes.kernel(); ++dy)
        for (std::int64_t dx = 0; dx < sizes.kernel(); ++dx)
          for (std::int64_t b = 0; b < bands; ++b)
            sums[b] = mul_add(filters[(dy * sizes.kernel() + dx) * bands + b], padded[dy * stride + (x + dx) * bands + b], sums[b]);
      if constexpr (B > 0)
        for (std::int64_t b = 0; b < bands; ++b) y[b] = local[b];
    }
  });
}

template <int K, int B, Real T>
void backward_filters(const PredictiveFilterBackwardArgs<T>& args, const FilterGradients<T>& gradients, Sizes<K, B> sizes) {
  const Source<T> source = source_of(args, gradients.source);
  const std::int64_t bands = sizes.bands(), stride = padded_row(source, sizes);
  for_each_row(source, sizes, [&](std::int64_t row, const T* padded) {
    for (std::int64_t x = 0; x < args.width; ++x) {
      const T* d_y = args.d_y + (row * args.width + x) * bands;
      T* d_filters = gradients.d_filters + (row * args.width + x) * sizes.pixel_taps();
      for (std::int64_t dy = 0; dy < sizes.kernel(); ++dy)
        for (std::int64_t dx = 0; dx < sizes.kernel(); ++dx)
          for (std::int64_t b = 0; b < bands; ++b)
            d_filters[(dy * sizes.kernel() + dx) * bands + b] = d_y[b] * padded[dy * stride + (x + dx) * bands + b];
    }
  });
}

// line (W + 2P, B) += what padded image row r receives from all output pixels of this image that look at it.
template <int K, int B, Real T>
void gather_padded_row(const Source<T>& args, const T* all_d_y, Sizes<K, B> sizes, std::int64_t image, std::int64_t r, T* line) {
  const std::int64_t bands = sizes.bands();
  for (std::int64_t dy = 0; dy < sizes.kernel(); ++dy) {
    const std::int64_t y = r + sizes.margin() - dy;
    if (y < 0 || y >= args.height) continue;
    const std::int64_t row = (image * args.height + y) * args.width;
    for (std::int64_t x = 0; x < args.width; ++x) {
      const T* filters = args.from.filters + (row + x) * sizes.pixel_taps() + dy * sizes.row_taps();
      const T* d_y = all_d_y + (row + x) * bands;
      for (std::int64_t dx = 0; dx < sizes.kernel(); ++dx)
        for (std::int64_t b = 0; b < bands; ++b)
          line[(x + dx) * bands + b] = mul_add(filters[dx * bands + b], d_y[b], line[(x + dx) * bands + b]);
    }
  }
}

// Adds the margins of a line (W + 2P, B) to the samples they reflect, and writes the W samples between them, (W, image_bands).
template <int K, int B, Real T>
void fold_line(const Source<T>& args, Sizes<K, B> sizes, T* line, T* d_image) {
  const std::int64_t bands = sizes.bands(), margin = sizes.margin(), last = args.width - 1;
  for (std::int64_t i = 1; i <= margin; ++i)
    for (std::int64_t b = 0; b < bands; ++b) {
      line[(margin + i) * bands + b] += line[(margin - i) * bands + b];
      line[(margin + last - i) * bands + b] += line[(margin + last + i) * bands + b];
    }
  const T* inside = line + margin * bands;
  for (std::int64_t x = 0; x < args.width; ++x) {
    if (args.from.image_bands == bands) {
      for (std::int64_t b = 0; b < bands; ++b) d_image[x * bands + b] = inside[x * bands + b];
    } else {
      T sum = T(0);
      for (std::int64_t b = 0; b < bands; ++b) sum += inside[x * bands + b];
      d_image[x] = sum;
    }
  }
}

// Gathers: one thread makes a whole row of d_image, from the padded rows that show it (itself, and its reflections near the border).
template <int K, int B, Real T>
void backward_image(const PredictiveFilterBackwardArgs<T>& args, const FilterGradients<T>& gradients, Sizes<K, B> sizes) {
  const Source<T> source = source_of(args, gradients.source);
  const std::int64_t margin = sizes.margin(), line_size = padded_row(source, sizes);
  parallel_for(args.images * args.height, 4, [&](std::int64_t begin, std::int64_t end) {
    const Buffer scratch(static_cast<std::size_t>(line_size) * sizeof(T), {});
    T* line = static_cast<T*>(scratch.data());
    for (std::int64_t row = begin; row < end; ++row) {
      const std::int64_t image = row / args.height, y = row % args.height, below = 2 * (args.height - 1) - y;
      for (std::int64_t i = 0; i < line_size; ++i) line[i] = T(0);
      gather_padded_row(source, args.d_y, sizes, image, y, line);
      if (y >= 1 && y <= margin) gather_padded_row(source, args.d_y, sizes, image, -y, line);
      if (y <= args.height - 2 && below <= args.height - 1 + margin) gather_padded_row(source, args.d_y, sizes, image, below, line);
      fold_line(source, sizes, line, gradients.d_image + row * args.width * source.from.image_bands);
    }
  });
}

// Calls fn with the sizes of the usual networks known to the compiler.
template <int K, class Fn>
void with_bands(int kernel, std::int64_t bands, Fn&& fn) {
  switch (bands) {
    case 1:
      return fn(Sizes<K, 1>{kernel, bands});
    case 3:
      return fn(Sizes<K, 3>{kernel, bands});
    case 4:
      return fn(Sizes<K, 4>{kernel, bands});
    case 8:
      return fn(Sizes<K, 8>{kernel, bands});
    default:
      return fn(Sizes<K, 0>{kernel, bands});
  }
}

template <class Fn>
void with_sizes(int kernel, std::int64_t bands, Fn&& fn) {
  switch (kernel) {
    case 3:
      return with_bands<3>(kernel, bands, fn);
    case 5:
      return with_bands<5>(kernel, bands, fn);
    case 7:
      return with_bands<7>(kernel, bands, fn);
    default:
      return with_bands<0>(kernel, bands, fn);
  }
}

template <Real T>
void predictive_filter_forward(const PredictiveFilterArgs<T>& args) {
  for (int index = 0; index < args.source_count; ++index)
    with_sizes(args.kernel, args.bands, [&](auto sizes) { forward(args, index, sizes); });
}

template <Real T>
void predictive_filter_backward(const PredictiveFilterBackwardArgs<T>& args) {
  for (int index = 0; index < args.source_count; ++index) {
    const FilterGradients<T>& gradients = args.sources[index];
    with_sizes(args.kernel, args.bands, [&](auto sizes) {
      if (gradients.d_filters != nullptr) backward_filters(args, gradients, sizes);
      if (gradients.d_image != nullptr) backward_image(args, gradients, sizes);
    });
  }
}

}  // namespace premix::on_cpu::PREMIX_ISA

PREMIX_CPU_KERNEL(predictive_filter_forward, PredictiveFilterArgs)
PREMIX_CPU_KERNEL(predictive_filter_backward, PredictiveFilterBackwardArgs)
