/// A file that appears under its name whole or not at all. Meanwhile it is called
/// `<name>.partial`, which goes away on any error but a killed process.
#pragma once

#include <string>

namespace troupe {

class OutputFile {
 public:
  /// Throws UserError (exit 3) when it cannot be written or another process does.
  explicit OutputFile(std::string target);
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  /// Where to write meanwhile.
  const std::string& path() const { return path_; }
  /// On the disk, then under its name, replacing what stood there.
  void commit();
  /// Throws UserError: "<target>: cannot be written: <reason>".
  [[noreturn]] void fail(int error) const;
  /// Does nothing when `done`; else fail() with the error that libhdf5 met.
  void check(bool done, int error);

 private:
  std::string target_;
  std::string path_;
  int descriptor_ = -1;
};

}  // namespace troupe
