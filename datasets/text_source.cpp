#include "datasets/text_source.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>

namespace troupe {
namespace {

constexpr std::size_t text_piece = std::size_t{1} << 18;
constexpr double float_max = std::numeric_limits<float>::max();

}  // namespace

void refuse_line(const std::string& path, std::uint64_t line, const std::string& what) {
  refuse_file(path + ":" + std::to_string(line), what);
}

LineReader::LineReader(const std::string& path)
    : path_(path), source_(open_bytes(path, Unpacking::ahead)), buffer_(2 * text_piece) {}

void LineReader::fail(const std::string& what) const { refuse_line(path_, line_, what); }

// Moves the unfinished line to the front and reads on behind it.
bool LineReader::fill() {
  if (ended_) return false;
  std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(begin_),
            buffer_.begin() + static_cast<std::ptrdiff_t>(end_), buffer_.begin());
  end_ -= begin_;
  begin_ = 0;
  if (buffer_.size() - end_ < text_piece) {
    if (buffer_.size() > line_max) {
      ++line_;
      fail(too_long_a_line);
    }
    buffer_.resize(2 * buffer_.size());
  }
  const std::size_t size = source_->read(std::span(buffer_).subspan(end_));
  end_ += size;
  ended_ = size == 0;
  return !ended_;
}

bool LineReader::next(std::string_view& line) {
  std::size_t searched = 0;
  for (;;) {
    const char* start = buffer_.data() + begin_;
    const void* found = std::memchr(start + searched, '\n', end_ - begin_ - searched);
    if (found != nullptr) {
      line = {start, static_cast<std::size_t>(static_cast<const char*>(found) - start)};
      begin_ += line.size() + 1;
      break;
    }
    searched = end_ - begin_;
    if (fill()) continue;
    if (begin_ == end_) return false;
    line = {buffer_.data() + begin_, end_ - begin_};
    begin_ = end_;
    break;
  }
  ++line_;
  if (line.ends_with('\r')) line.remove_suffix(1);
  return true;
}

std::string in_quotes(std::string_view word) {
  std::string text = "'";
  for (const char letter : word.substr(0, 40))
    text += letter >= ' ' && letter <= '~' ? letter : '?';
  return text.append("'");
}

Number parse_number(std::string_view word) {
  if (word.size() > 1 && word[0] == '+' && word[1] != '-') word.remove_prefix(1);
  double value = 0;
  const auto [last, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error == std::errc::invalid_argument || last != word.data() + word.size()) return {};
  // from_chars does not tell too small from too large; strtod does.
  if (error == std::errc::result_out_of_range)
    value = std::strtod(std::string(word).c_str(), nullptr);
  Number result{.value = 0, .number = true, .finite = std::fabs(value) <= float_max};
  if (result.finite) result.value = static_cast<float>(value);
  return result;
}

std::string number_complaint(const Number& number, std::string_view word, const std::string& what) {
  if (!number.number) return in_quotes(word) + " is no number, expected " + what;
  return what + " " + in_quotes(word) + " is not finite in 32 bits";
}

float number_of(const LineReader& reader, std::string_view word, const std::string& what) {
  const Number number = parse_number(word);
  if (!number.finite) reader.fail(number_complaint(number, word, what));
  return number.value;
}

std::uint32_t whole_of(const LineReader& reader, std::string_view word, const std::string& what) {
  std::uint32_t value = 0;
  const auto [last, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  const bool whole =
      error != std::errc::invalid_argument && last == word.data() + word.size() && word[0] != '-';
  if (!whole) reader.fail(in_quotes(word) + " is no whole number, expected " + what);
  if (error != std::errc() || value == UINT32_MAX)
    reader.fail(what + " " + in_quotes(word) + " is too large, expected below 4294967295");
  return value;
}

namespace {

std::string_view trimmed(std::string_view word) {
  const std::size_t first = word.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  word = word.substr(first, word.find_last_not_of(" \t") - first + 1);
  const bool quotes = word.size() > 1 && word.front() == '"' && word.back() == '"';
  return quotes ? word.substr(1, word.size() - 2) : word;
}

}  // namespace

void split_words(std::string_view line, std::string_view delimiter,
                 std::vector<std::string_view>& words) {
  words.clear();
  if (delimiter == " ") {
    for (std::size_t at = line.find_first_not_of(" \t"); at != std::string_view::npos;) {
      const std::size_t end = std::min(line.find_first_of(" \t", at), line.size());
      words.push_back(trimmed(line.substr(at, end - at)));
      at = line.find_first_not_of(" \t", end);
    }
    return;
  }
  for (;;) {
    const std::size_t end = line.find(delimiter);
    words.push_back(trimmed(line.substr(0, end)));
    if (end == std::string_view::npos) return;
    line.remove_prefix(end + delimiter.size());
  }
}

}  // namespace troupe
