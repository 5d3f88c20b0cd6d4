/// What every reader of another format must do with any bytes: a set that opens and
/// says the same, or one line with exit 3 and no file. Its file defines `format`.
#pragma once

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>

#include "base/check.hpp"
#include "base/user_error.hpp"
#include "datasets/dataset.hpp"
#include "datasets/importer.hpp"

namespace troupe {

class FuzzScratch {
 public:
  FuzzScratch() { std::filesystem::create_directory(folder_); }
  ~FuzzScratch() { std::filesystem::remove_all(folder_); }
  FuzzScratch(const FuzzScratch&) = delete;
  FuzzScratch& operator=(const FuzzScratch&) = delete;

  std::string file(const char* name) const { return folder_ / name; }
  std::string write(const char* name, const void* bytes, std::size_t size) const {
    std::ofstream(file(name), std::ios::binary)
        .write(static_cast<const char*>(bytes), static_cast<std::streamsize>(size));
    return file(name);
  }
  bool has(const char* name) const { return std::filesystem::exists(file(name)); }

 private:
  std::filesystem::path folder_ =
      std::filesystem::path("/dev/shm") / ("troupe-fuzz-" + std::to_string(getpid()));
};

/// A UserError of exit 3 in one line; anything else ends the program.
template <class Action>
bool refused(Action action) {
  try {
    action();
    return false;
  } catch (const UserError& error) {
    const std::string line = error.what();
    TROUPE_CHECK(std::ranges::count(line, '\n'), ==, 0);
    TROUPE_CHECK(static_cast<int>(error.code()), ==, 3);
    return true;
  }
}

/// Two labels stand in a file of their own for formats that want one.
inline void try_import(const std::uint8_t* data, std::size_t size, ImportOptions options) {
  static const FuzzScratch scratch;
  static const std::string labels = scratch.write("labels", "1\n2\n", 4);
  if (!options.labels.empty()) options.labels = {labels};
  const std::string from = scratch.write("rows", data, size);
  const std::string to = scratch.file("rows.h5");
  const bool bad = refused([&] {
    const ImportSummary summary = import_files({from}, options, to);
    const auto opened = open_dataset(to);
    TROUPE_CHECK(opened->facts().rows, ==, summary.facts.rows);
    TROUPE_CHECK(opened->facts().entries, ==, summary.facts.entries);
    TROUPE_CHECK(opened->load({0, summary.facts.rows}).rows().size(), ==, summary.facts.rows);
    std::filesystem::remove(to);
  });
  if (bad) TROUPE_CHECK(scratch.has("rows.h5") || scratch.has("rows.h5.partial"), ==, false);
}

}  // namespace troupe
