/// A file that appears under its name whole or not at all. Meanwhile it is called
/// `<name>.partial`, which goes away on any error but a killed process.
#pragma once

#include <string>
#include <vector>

namespace troupe {

/// Throws UserError (exit 3) when the target is one of the files that are to be read,
/// under whatever name.
void keep_apart(const std::string& target, const std::vector<std::string>& read);

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
  /// The same in steps, for files of which all or none are to be seen. On the disk:
  void sync();
  /// Under its name. What stood there waits beside it and comes back with the
  /// destructor, unless settle() was called.
  void publish();
  void settle();
  /// Throws UserError: "<target>: cannot be written: <reason>".
  [[noreturn]] void fail(int error) const;
  /// Does nothing when `done`; else fail() with the error that libhdf5 met.
  void check(bool done, int error);

 private:
  void give_name();
  std::string previous() const { return path_ + ".previous"; }

  std::string target_;
  std::string path_;
  int descriptor_ = -1;
  bool published_ = false;
  bool replaced_ = false;  ///< there is something to bring back
};

}  // namespace troupe
