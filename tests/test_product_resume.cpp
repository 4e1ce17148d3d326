#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <thread>

#include "premix/io/product.hpp"
#include "support/catch.hpp"
#include "support/contains.hpp"
#include "support/message_of.hpp"
#include "support/product_pieces.hpp"
#include "support/scratch.hpp"

using namespace premix;
using namespace premix::testing;
namespace fs = std::filesystem;

namespace {

constexpr std::int64_t height = 700, width = 900, bands = 2;

// A product of several pieces whose writing is interrupted.
struct Product {
  ScratchFolder folder;
  std::string path = (folder / "a.tif").string();
  RasterInfo info = product_info(height, width, bands);
  Tensor<float> values = product_values(height, width, bands);
  ProductOptions options = {.key = {{"weights", "w1"}}, .journal_seconds = 0, .pieces = {.height = 256, .width = 512}};

  std::vector<Window> pieces() const { return pieces_of(height, width, options.pieces); }
  ProductWriter writer() const { return {path, info, product_ranges(bands), options}; }
  void write(ProductWriter& product, std::size_t from, std::size_t to) const {
    for (std::size_t i = from; i < to; ++i) write_piece(product, values, pieces()[i]);
  }
  ProductReport make() const {
    ProductWriter product = writer();
    write(product, 0, pieces().size());
    return product.finish();
  }
  // Writes the remaining pieces. Returns how many were done before.
  std::int64_t resume(ProductReport& report) {
    options.resume = true;
    ProductWriter product = writer();
    write(product, static_cast<std::size_t>(product.pieces_done()), pieces().size());
    report = product.finish();
    return product.pieces_done();
  }
};

// Runs fn in a child process. Returns whether SIGKILL ended it.
template <class Fn>
bool killed_in(Fn&& fn) {
  const pid_t child = ::fork();
  if (child == 0) {
    try {
      fn();
    } catch (const std::exception& error) {
      std::fprintf(stderr, "%s\n", error.what());
    }
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

const std::vector<std::vector<std::string>> choices = {
    {}, {"COMPRESS=DEFLATE"}, {"COMPRESS=LZW", "BLOCKXSIZE=128"}, {"TILED=NO"}};

}  // namespace

TEST_CASE("an abandoned and resumed product equals the uninterrupted one", "[product]") {
  for (const auto& creation_options : choices) {
    CAPTURE(creation_options);
    Product whole, product;
    whole.options.output.creation_options = product.options.output.creation_options = creation_options;
    const ProductReport expected = whole.make();
    {
      ProductWriter writer = product.writer();
      product.write(writer, 0, 3);
      CHECK_THAT(writer.left_behind().text(), contains("3 pieces") && contains("Set resume") &&
                                                  contains("a.tif.partial and ") && contains("a.tif.partial.json"));
    }
    CHECK(names_in(product.folder.path()) == std::vector<std::string>{"a.tif.partial", "a.tif.partial.json"});
    ProductReport report;
    CHECK(product.resume(report) == 3);
    CHECK(same_bits(read_raster(product.path), read_raster(whole.path)));
    CHECK(report.clipped == expected.clipped);
    CHECK(names_in(product.folder.path()) == std::vector<std::string>{"a.tif"});
  }
}

TEST_CASE("a product resumed after its process was killed equals the uninterrupted one", "[product]") {
  for (const auto& creation_options : choices)
    for (const bool shifted : {false, true}) {
      CAPTURE(creation_options, shifted);
      Product whole, product;
      if (shifted) {
        product.options.pieces.top = -100;
        product.options.pieces.left = -37;
      }
      product.options.output.creation_options = creation_options;
      whole.make();
      // The journal records two pieces. Two more are written without a record.
      REQUIRE(killed_in([&] {
        ProductWriter first = product.writer();
        product.write(first, 0, 2);
        first.abandon();
        product.options.resume = true;
        product.options.journal_seconds = 1000;
        ProductWriter second = product.writer();
        product.write(second, 2, 4);
        ::kill(::getpid(), SIGKILL);
      }));
      CHECK_FALSE(fs::exists(product.path));
      ProductReport report;
      CHECK(product.resume(report) == 2);
      CHECK(same_bits(read_raster(product.path), read_raster(whole.path)));
    }
}

TEST_CASE("a product can be resumed after a kill at any moment", "[product]") {
  Product whole;
  whole.make();
  for (const int microseconds : {2000, 5000, 9000, 14000, 20000, 30000, 45000, 70000}) {
    CAPTURE(microseconds);
    Product product;
    const pid_t child = ::fork();
    if (child == 0) {
      product.options.resume = true;
      try {
        for (;;) {
          product.make();
          fs::remove(product.path);
        }
      } catch (...) {
        ::_exit(1);
      }
    }
    ::usleep(static_cast<useconds_t>(microseconds));
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    REQUIRE(WIFSIGNALED(status));
    product.options.output.existing = Existing::replace;
    ProductReport report;
    product.resume(report);
    CHECK(same_bits(read_raster(product.path), read_raster(whole.path)));
    CHECK(names_in(product.folder.path()) == std::vector<std::string>{"a.tif"});
  }
}

TEST_CASE("only the same product is resumed, and the message names the difference", "[product]") {
  Product product;
  {
    ProductWriter writer = product.writer();
    product.write(writer, 0, 1);
  }
  const auto error = [&](ProductOptions options, RasterInfo info) {
    options.resume = true;
    return message_of(ErrorKind::usage, [&] { ProductWriter(product.path, info, product_ranges(bands), options); });
  };
  ProductOptions other = product.options;
  other.key = {{"weights", "w2"}};
  CHECK_THAT(error(other, product.info), contains("weights: w1 then, w2 now") && contains("existing = replace"));
  other.key = {{"weights", "w1"}, {"pan", "p"}};
  CHECK_THAT(error(other, product.info), contains("pan: none then, p now"));
  other = product.options;
  other.output.creation_options = {"COMPRESS=LZW"};
  CHECK_THAT(error(other, product.info), contains("format: GTiff TILED=YES") && contains("then, GTiff COMPRESS=LZW"));
  CHECK_THAT(error(product.options, product_info(height, width + 1, bands)),
             contains("900 x 700") && contains("901 x 700"));
  std::ofstream(product.path + ".partial.json") << "{\"key\": 3}";
  product.options.resume = true;
  CHECK_THAT(message_of(ErrorKind::data, [&] { product.writer(); }), contains("not a journal"));
  CHECK(fs::exists(product.path + ".partial/a.tif"));
}

TEST_CASE("an interrupted product is replaced on request and never by mistake", "[product]") {
  Product whole, product;
  whole.make();
  {
    ProductWriter writer = product.writer();
    product.write(writer, 0, 3);
  }
  const auto left = names_in(product.folder.path());
  CHECK_THAT(message_of(ErrorKind::runtime, [&] { product.writer(); }),
             contains("Set resume") && contains("existing = replace"));
  CHECK(names_in(product.folder.path()) == left);
  product.options.output.existing = Existing::replace;
  CHECK(product.writer().pieces_done() == 0);
  CHECK(names_in(product.folder.path()).empty());
  ProductReport report;
  CHECK(product.resume(report) == 0);
  CHECK(same_bits(read_raster(product.path), read_raster(whole.path)));
}

TEST_CASE("a raster shorter than its journal states is not resumed", "[product]") {
  Product product;
  {
    ProductWriter writer = product.writer();
    product.write(writer, 0, 3);
  }
  fs::resize_file(product.path + ".partial/a.tif", 1000);
  product.options.resume = true;
  CHECK_THAT(message_of(ErrorKind::data, [&] { product.writer(); }),
             contains("1000 bytes") && contains("existing = replace"));
  CHECK_FALSE(fs::exists(product.path));
}

TEST_CASE("an abandoned product is kept if it took long to compute", "[product]") {
  Product product;
  product.options.journal_seconds = 0.3;
  ProductWriter writer = product.writer();
  std::this_thread::sleep_for(std::chrono::milliseconds(150));
  product.write(writer, 0, 1);
  writer.abandon();
  CHECK_THAT(writer.left_behind().text(), contains("1 pieces"));
  ProductReport report;
  CHECK(product.resume(report) == 1);
}

TEST_CASE("unjournaled work is removed when a product is abandoned", "[product]") {
  Product product;
  product.options.journal_seconds = 1000;
  ProductWriter writer = product.writer();
  product.write(writer, 0, 3);
  CHECK(fs::exists(product.path + ".partial/a.tif"));
  CHECK(writer.left_behind().text().empty());
  writer.abandon();
  CHECK(names_in(product.folder.path()).empty());
  CHECK_THAT(message_of(ErrorKind::runtime, [&] { product.write(writer, 3, 4); }), contains("abandoned"));
}

TEST_CASE("an older product stays until the new one is complete", "[product]") {
  Product product;
  product.make();
  const Tensor<float> older = read_raster(product.path);
  std::ofstream(product.path + ".aux.xml") << "<PAMDataset><Metadata><MDI key=\"OLD\">1</MDI></Metadata></PAMDataset>";
  CHECK_THAT(message_of(ErrorKind::runtime, [&] { product.writer(); }), contains("exists already"));
  product.options.output.existing = Existing::replace;
  product.values = Tensor<float>::full(product.values.shape(), 0.25f);
  ProductWriter writer = product.writer();
  product.write(writer, 0, product.pieces().size());
  CHECK(same_bits(read_raster(product.path), older));
  writer.finish();
  CHECK(read_raster(product.path)(0, 5, 5, 0) == 250);
  CHECK(names_in(product.folder.path()) == std::vector<std::string>{"a.tif"});
}

TEST_CASE("two processes cannot write the same product", "[product]") {
  Product product;
  ProductWriter writer = product.writer();
  product.write(writer, 0, 1);
  CHECK_THAT(message_of(ErrorKind::runtime, [&] { product.writer(); }), contains("another process is writing it"));
  product.write(writer, 1, product.pieces().size());
  writer.finish();
  CHECK(fs::exists(product.path));
}
