/// The folder of one run. It is made before anything starts or refused, and each
/// of its small files is written whole or not at all.
#pragma once

#include <cstdint>
#include <string>

#include "base/user_error.hpp"

namespace troupe {

class RunFolder {
 public:
  /// The default place of a run of this name, which is not there yet.
  static std::string fresh(const std::string& name);
  /// `given` or, when empty, runs/<date>_<time>_<name>. Throws UserError: exit 2
  /// when it exists and is not empty, 3 when it cannot be made or has not `bytes` left.
  static RunFolder create(const std::string& given, const std::string& name, std::uint64_t bytes);

  /// Only the refusals that need nothing made.
  static void check(const std::string& given);

  const std::string& path() const { return path_; }
  std::string file(const std::string& name) const { return path_ + "/" + name; }
  /// Whole or absent, readable by others or (`secret`) by the owner only. Throws
  /// UserError (exit 3).
  void write(const std::string& name, const std::string& text, bool secret = false) const;

 private:
  explicit RunFolder(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

/// A name as a part of a path: nothing that a shell or a file system minds.
std::string plain_name(std::string name);

/// A whole file. Throws UserError with this code.
std::string read_text(const std::string& path, ExitCode code);

}  // namespace troupe
