#include "premix/io/atomic_file.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <iterator>

#include "premix/core/error.hpp"
#include "support/catch.hpp"
#include "support/contains.hpp"
#include "support/scratch.hpp"

using namespace premix;
namespace fs = std::filesystem;

namespace {

void put(const fs::path& path, const std::string& text) { std::ofstream(path) << text; }

std::string contents(const fs::path& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::size_t entries(const fs::path& folder) {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

}  // namespace

TEST_CASE("an atomic write replaces the whole file and leaves no other file", "[files]") {
  const ScratchFolder folder;
  const fs::path path = folder / "a.txt";
  put(path, "old");
  write_stream_atomically(path, [&](std::ostream& out) {
    out << "new";
    out.flush();
    CHECK(contents(path) == "old");
  });
  CHECK(contents(path) == "new");
  CHECK(entries(folder.path()) == 1);
}

TEST_CASE("an atomic write that throws keeps the old file and leaves no other file", "[files]") {
  const ScratchFolder folder;
  const fs::path path = folder / "a.txt";
  put(path, "old");
  const auto half = [](std::ostream& out) {
    out << "half of the n";
    throw std::logic_error("stop");
  };
  CHECK_THROWS_AS(write_stream_atomically(path, half), std::logic_error);
  CHECK(contents(path) == "old");
  CHECK(entries(folder.path()) == 1);
}

TEST_CASE("the temporary file has the final name, and its sidecar files move with it", "[files]") {
  const ScratchFolder folder;
  write_atomically(folder / "a.tif", [&](const fs::path& temporary) {
    CHECK(temporary.filename() == "a.tif");
    CHECK_FALSE(fs::exists(folder / "a.tif"));
    put(temporary, "picture");
    put(temporary.parent_path() / "a.tif.aux.xml", "more");
  });
  CHECK(contents(folder / "a.tif") == "picture");
  CHECK(contents(folder / "a.tif.aux.xml") == "more");
  CHECK(entries(folder.path()) == 2);
}

TEST_CASE("an atomic write follows a symbolic link", "[files]") {
  const ScratchFolder folder;
  fs::create_directory(folder / "there");
  put(folder / "there" / "a.txt", "old");
  fs::create_symlink(folder / "there" / "a.txt", folder / "link");
  write_stream_atomically(folder / "link", [](std::ostream& out) { out << "new"; });
  CHECK(fs::is_symlink(folder / "link"));
  CHECK(contents(folder / "there" / "a.txt") == "new");
}

TEST_CASE("a failed atomic write names the path and the reason", "[files]") {
  const ScratchFolder folder;
  fs::create_directory(folder / "folder");
  REQUIRE(::mkfifo((folder / "pipe").c_str(), 0600) == 0);
  const auto message = [](const fs::path& path, bool writes = true) -> std::string {
    try {
      write_atomically(path, [&](const fs::path& temporary) {
        if (writes) put(temporary, "x");
      });
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::runtime);
      CHECK(std::string(error.what()).find(path.string()) == 0);
      return error.what();
    }
    return "no error";
  };
  CHECK_THAT(message(folder / "missing" / "a.txt"), contains("no folder") && contains("Create it first"));
  CHECK_THAT(message(folder / "folder"), contains("not a regular file"));
  CHECK_THAT(message(folder / "pipe"), contains("not a regular file"));
  CHECK_THAT(message(folder / "a.txt", /*writes=*/false), contains("nothing was written"));
  CHECK(entries(folder.path()) == 2);
  CHECK(fs::is_fifo(folder / "pipe"));
}

TEST_CASE("an atomic write into a folder without permission is refused", "[files]") {
  if (::geteuid() == 0) PREMIX_SKIP("root may write everywhere");
  const ScratchFolder folder;
  fs::permissions(folder.path(), fs::perms::owner_read | fs::perms::owner_exec);
  CHECK_THROWS_WITH(write_stream_atomically(folder / "a.txt", [](std::ostream& out) { out << "x"; }),
                    contains("Permission denied"));
  fs::permissions(folder.path(), fs::perms::owner_all);
}
