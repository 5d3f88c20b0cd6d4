/// Lines of a text file, compressed or not, one buffer in memory at a time. What
/// compression it is shows from its first bytes, never from its name.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace troupe {

/// Bytes of one file after decompression.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  /// Fills as much as it can; 0 at the end. Throws UserError (exit 3).
  virtual std::size_t read(std::span<char> out) = 0;
  /// Bytes of the file itself that were read so far.
  virtual std::uint64_t consumed() const = 0;
};
/// Throws UserError (exit 3): missing, a folder, not allowed, empty.
std::unique_ptr<ByteSource> open_bytes(const std::string& path);

/// Throws UserError (exit 3) "<path>:<line>: <what>".
[[noreturn]] void refuse_line(const std::string& path, std::uint64_t line, const std::string& what);

class LineReader {
 public:
  explicit LineReader(const std::string& path);
  /// False at the end. Without its end of line; valid until the next call.
  bool next(std::string_view& line);
  std::uint64_t line() const { return line_; }  ///< number of the last one, from 1
  std::uint64_t consumed() const { return source_->consumed(); }
  const std::string& path() const { return path_; }
  /// Refuses the last line.
  [[noreturn]] void fail(const std::string& what) const;

 private:
  bool fill();
  std::string path_;
  std::unique_ptr<ByteSource> source_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::uint64_t line_ = 0;
  bool ended_ = false;
};

}  // namespace troupe
