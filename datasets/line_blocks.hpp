/// Whole lines of text files, one behind the other, in blocks that can be worked on
/// apart. Where a block ends depends on the text alone; no block spans two files.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "datasets/byte_source.hpp"

namespace troupe {

struct LineBlock {
  /// Ends with an end of line, even where the file does not; text_padding bytes
  /// behind it can be read.
  std::string_view text() const { return {bytes.data(), size}; }
  std::vector<char> bytes;
  std::size_t size = 0;
  bool too_long = false;       ///< instead of text: a line of more than line_max bytes
  std::size_t file = 0;        ///< which of the files
  std::uint64_t consumed = 0;  ///< bytes of the file itself that were read so far
};

class LineBlocks {
 public:
  LineBlocks(const std::vector<std::string>& paths, Unpacking unpacking)
      : paths_(paths), unpacking_(unpacking) {}
  /// False at the end of the last file. Throws UserError (exit 3) as open_bytes() does.
  bool next(LineBlock& block);

 private:
  void fill(LineBlock& block);
  void end_of_file(LineBlock& block, std::size_t size);

  const std::vector<std::string>& paths_;
  Unpacking unpacking_;
  std::size_t files_ = 0;  ///< opened so far
  std::unique_ptr<ByteSource> source_;
  std::string rest_;  ///< the begin of the line that the last block broke off
};

}  // namespace troupe
