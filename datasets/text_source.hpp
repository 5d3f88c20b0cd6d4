/// Lines of a text file, compressed or not, one buffer in memory at a time, and the
/// numbers in them. A line or number with any doubt about it is refused.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "datasets/byte_source.hpp"

namespace troupe {

/// Bytes of a line; no reader takes a longer one.
inline constexpr std::size_t line_max = std::size_t{1} << 28;
inline constexpr const char* too_long_a_line = "the line is longer than 256 MiB";

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

/// A word of the file for a message: in quotes, cut short, on one line.
std::string in_quotes(std::string_view word);

/// A word as a number in 32 bits; values below the smallest float become 0.
struct Number {
  float value = 0;
  bool number = false;  ///< nan, inf and 1e99 are numbers, but not finite
  bool finite = false;
};
Number parse_number(std::string_view word);
/// What is wrong with one that is not finite; `what` was expected.
std::string number_complaint(const Number& number, std::string_view word, const std::string& what);
/// Refuses, with `what` as the thing that was expected.
float number_of(const LineReader& reader, std::string_view word, const std::string& what);
/// A whole number below 2^32 - 1, without sign.
std::uint32_t whole_of(const LineReader& reader, std::string_view word, const std::string& what);

/// Splits at the delimiter; a blank stands for any run of blanks and tabs. Quotes
/// around a word are removed.
void split_words(std::string_view line, std::string_view delimiter,
                 std::vector<std::string_view>& words);

}  // namespace troupe
