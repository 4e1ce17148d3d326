#include <signal.h>
#include <sys/resource.h>

#include <filesystem>
#include <stdexcept>

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

// Limits the size of this process's files during its lifetime, as a full disk does.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : handler_(::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit = {bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    ::signal(SIGXFSZ, handler_);
  }

 private:
  rlimit before_ = {};
  void (*handler_)(int);
};

constexpr std::int64_t height = 1024, width = 1024, bands = 2;

struct Faulty {
  ScratchFolder folder;
  std::string path = (folder / "a.tif").string();
  Tensor<float> values = product_values(height, width, bands);
  ProductOptions options = {.journal_seconds = 1000};

  std::vector<Window> pieces() const { return pieces_of(height, width, options.pieces); }
  ProductWriter writer() const { return {path, product_info(height, width, bands), product_ranges(bands), options}; }
  void make() const {
    ProductWriter product = writer();
    for (std::size_t i = static_cast<std::size_t>(product.pieces_done()); i < pieces().size(); ++i)
      write_piece(product, values, pieces()[i]);
    product.finish();
  }
};

}  // namespace

TEST_CASE("a full disk gives a clear error at any point and destroys no finished work", "[product]") {
  const std::vector<std::vector<std::string>> choices = {
      {}, {"COMPRESS=DEFLATE"}, {"COMPRESS=DEFLATE", "ZLEVEL=1"}, {"TILED=NO"}};
  for (const auto& creation_options : choices) {
    Faulty faulty;
    faulty.options.output.creation_options = creation_options;
    faulty.options.output.existing = Existing::replace;
    faulty.options.overviews = Overviews::average;
    faulty.make();
    const Tensor<float> pixels = read_raster(faulty.path);
    const auto whole = fs::file_size(faulty.path);
    fs::remove(faulty.path);
    int left = 0;
    for (const double share : {0.0, 0.01, 0.3, 0.6, 0.76, 0.9, 0.99}) {
      CAPTURE(creation_options, share);
      const auto error = [&] {
        const FileSizeLimit limit(static_cast<rlim_t>(share * static_cast<double>(whole)));
        return message_of(ErrorKind::runtime, [&] { faulty.make(); });
      }();
      CHECK_THAT(error, contains("a.tif: cannot "));
      CHECK_THAT(error, contains("File too large") || contains("rror") || contains("annot"));
      CHECK_FALSE(fs::exists(faulty.path));
      if (names_in(faulty.folder.path()).empty()) continue;
      ++left;
      CHECK(share > 0.5);  // all pieces fitted
      faulty.options.resume = true;
      CHECK(faulty.writer().pieces_done() == 4);
      faulty.make();
      faulty.options.resume = false;
      CHECK(same_bits(read_raster(faulty.path), pixels));
      CHECK(fs::file_size(faulty.path) < whole * 11 / 10);
      fs::remove(faulty.path);
    }
    if (creation_options.size() < 2) CHECK(left > 0);  // the scratch file is larger than the product
  }
}

TEST_CASE("work recorded in the journal before a full disk is resumed", "[product]") {
  const std::vector<std::vector<std::string>> choices = {{}, {"COMPRESS=DEFLATE"}, {"TILED=NO"}};
  for (const auto& creation_options : choices)
    for (const std::int64_t shift : {0, -100}) {
      CAPTURE(creation_options, shift);
      Faulty whole, faulty;
      whole.make();
      faulty.options.output.creation_options = creation_options;
      faulty.options.pieces.top = shift;
      faulty.options.journal_seconds = 0;
      {
        const FileSizeLimit limit(static_cast<rlim_t>(fs::file_size(whole.path) * 6 / 10));
        CHECK_THAT(message_of(ErrorKind::runtime, [&] { faulty.make(); }), contains("a.tif: cannot "));
      }
      CHECK(names_in(faulty.folder.path()) == std::vector<std::string>{"a.tif.partial", "a.tif.partial.json"});
      faulty.options.resume = true;
      CHECK_NOTHROW(faulty.make());
      CHECK(same_bits(read_raster(faulty.path), read_raster(whole.path)));
    }
}

TEST_CASE("a product too large for the disk is refused at the start", "[product]") {
  const ScratchFolder folder;
  const auto error = [&](const std::vector<std::string>& creation_options) {
    return message_of(ErrorKind::runtime, [&] {
      ProductWriter(folder / "a.tif", product_info(1000000, 1000000, 4, "Float64"), product_ranges(4),
                    {.output = {.creation_options = creation_options}});
    });
  };
  CHECK_THAT(error({"BIGTIFF=YES"}),
             contains("a.tif: needs 32000.00 GB in ") && contains("GB are free") && contains("COMPRESS"));
  CHECK_THAT(error({"BIGTIFF=YES", "TILED=NO"}), contains("needs 32000.00 GB for scratch in "));
  CHECK(names_in(folder.path()).empty());
}

TEST_CASE("an exception from the progress callback of finish() stops it and leaves the journal", "[product]") {
  Faulty faulty;
  faulty.options.output.driver = "COG";
  {
    ProductWriter product = faulty.writer();
    for (const Window& piece : faulty.pieces()) write_piece(product, faulty.values, piece);
    CHECK_THROWS_WITH(product.finish([](double done) {
      if (done > 0.3) throw std::runtime_error("cancelled");
    }),
                      "cancelled");
    CHECK_THAT(product.left_behind().text(), contains("4 pieces"));
  }
  CHECK(names_in(faulty.folder / "a.tif.partial") == std::vector<std::string>{"a.tif.pieces"});
  CHECK_FALSE(fs::exists(faulty.path));
  faulty.options.resume = true;
  std::vector<double> progress;
  ProductWriter product = faulty.writer();
  CHECK(product.pieces_done() == 4);
  product.finish([&](double done) { progress.push_back(done); });
  CHECK(std::is_sorted(progress.begin(), progress.end()));
  CHECK(progress.back() == 1);
  CHECK(names_in(faulty.folder.path()) == std::vector<std::string>{"a.tif"});
}

TEST_CASE("pieces outside the product are refused", "[product]") {
  Faulty faulty;
  ProductWriter product = faulty.writer();
  for (const Window& window : {Window{0, 0, 1025, 1}, Window{-1, 0, 5, 5}, Window{0, 1000, 5, 25}, Window{0, 0, 0, 5}})
    CHECK_THAT(message_of(ErrorKind::runtime, [&] { product.write(window, nullptr, nullptr); }),
               contains("leaves the product"));
}
