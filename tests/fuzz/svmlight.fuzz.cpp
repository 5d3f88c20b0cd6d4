/// A text file of rows, plain or xz: it is imported, and then the file that was
/// written opens and says the same; or it is refused with one line and nothing is left.
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>

#include "base/check.hpp"
#include "base/user_error.hpp"
#include "datasets/dataset.hpp"
#include "datasets/importer.hpp"

using namespace troupe;
namespace fs = std::filesystem;

namespace {

struct Scratch {
  fs::path folder = fs::path("/dev/shm") / ("troupe-fuzz-" + std::to_string(getpid()));
  Scratch() { fs::create_directory(folder); }
  ~Scratch() { fs::remove_all(folder); }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Scratch scratch;
  const std::string from = scratch.folder / "rows.svm";
  const std::string to = scratch.folder / "rows.h5";
  std::ofstream(from, std::ios::binary)
      .write(reinterpret_cast<const char*>(data), static_cast<std::streamsize>(size));
  try {
    const ImportSummary summary = import_svmlight({from}, {}, to);
    const auto opened = open_dataset(to);
    TROUPE_CHECK(opened->facts().rows, ==, summary.facts.rows);
    TROUPE_CHECK(opened->facts().entries, ==, summary.facts.entries);
    TROUPE_CHECK(opened->load({0, summary.facts.rows}).rows().size(), ==, summary.facts.rows);
    fs::remove(to);
  } catch (const UserError& error) {
    const std::string line = error.what();
    TROUPE_CHECK(std::ranges::count(line, '\n'), ==, 0);
    TROUPE_CHECK(static_cast<int>(error.code()), ==, 3);
    TROUPE_CHECK(std::distance(fs::directory_iterator(scratch.folder), {}), ==, 1);
  }
  return 0;
}
