/// The compressions that can be read: one decoder each, and the bytes by which a
/// file shows that it needs it. They know nothing of files.
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace troupe {

/// What is left of input and room; a decoder moves both on.
struct Decoding {
  std::span<const char> in;
  std::span<char> out;
  bool last = false;  ///< no input comes after this
};
enum class Decoded { going, ended, cut_short, damaged, too_large };

class Decoder {
 public:
  virtual ~Decoder() = default;
  virtual const char* name() const = 0;
  virtual Decoded step(Decoding& piece) = 0;
  /// After `ended`: another stream follows.
  virtual void restart() = 0;
};

struct Compression {
  std::string_view magic;
  std::unique_ptr<Decoder> (*make)();
};
const std::vector<Compression>& compressions();

/// Deflated data without a header, as archives hold them.
std::unique_ptr<Decoder> deflate_decoder();

}  // namespace troupe
