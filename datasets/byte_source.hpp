/// Bytes of a file, compressed or not, one buffer in memory at a time. What
/// compression it is shows from its first bytes, never from its name.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
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
/// Who unpacks what is compressed: whoever reads, or a thread of its own that is some
/// pieces ahead.
enum class Unpacking { here, ahead };
/// Throws UserError (exit 3): missing, a folder, not allowed, empty.
std::unique_ptr<ByteSource> open_bytes(const std::string& path,
                                       Unpacking unpacking = Unpacking::here);

class Decoder;
/// What `packed` unpacks to; `name` opens the line of an error.
std::unique_ptr<ByteSource> unpacked(const std::string& name, std::unique_ptr<ByteSource> packed,
                                     std::unique_ptr<Decoder> decoder);

/// Throws UserError (exit 3) "<path>: <what>".
[[noreturn]] void refuse_file(const std::string& path, const std::string& what);

/// Numbers and records out of the bytes of a binary file.
class BinaryReader {
 public:
  explicit BinaryReader(const std::string& path);
  BinaryReader(std::string path, std::unique_ptr<ByteSource> source);

  /// All of it, or "<path>: ends at byte N, expected <what>".
  void read(std::span<char> out, const std::string& what);
  /// Makes `out` this long while the bytes come: a wrong size costs no memory.
  void read(std::vector<char>& out, std::size_t size, const std::string& what);
  bool at_end();
  std::uint64_t offset() const { return offset_; }  ///< after decompression
  std::uint64_t consumed() const { return source_->consumed(); }
  const std::string& path() const { return path_; }
  /// "<path>: at byte N: <what>"
  [[noreturn]] void fail(const std::string& what) const;

 private:
  bool fill();
  std::string path_;
  std::unique_ptr<ByteSource> source_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::uint64_t offset_ = 0;
};

}  // namespace troupe
