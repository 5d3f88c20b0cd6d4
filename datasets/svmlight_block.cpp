#include "datasets/svmlight_block.hpp"

#include <charconv>
#include <cstring>

#include "datasets/number_text.hpp"
#include "datasets/text_source.hpp"

namespace troupe {
namespace {

struct Wrong {
  std::string what;
};

bool blank(char letter) { return letter == ' ' || letter == '\t'; }

/// Entries of a row, written where there is room for as many as the text can hold.
struct Entries {
  std::uint32_t* index;
  float* value;
};

/// Judges one line letter by letter. What is wrong with it is thrown as Wrong.
class LineParser {
 public:
  LineParser(std::string_view line, Entries& to, bool unlabelled)
      : at_(line.data()),
        end_(line.data() + line.size()),
        to_(to),
        first_(to.index),
        unlabelled_(unlabelled) {}

  /// False for a line without a row: empty, or only a comment.
  bool parse(float& label) {
    if (!find_token()) return false;
    label = unlabelled_ ? skipped_label() : number("label");
    while (find_token()) entry();
    return true;
  }

 private:
  bool find_token() {
    while (at_ != end_ && blank(*at_)) ++at_;
    return at_ != end_ && *at_ != '#';
  }

  // Entries have a colon, labels have none.
  float skipped_label() {
    const char* last = at_;
    while (last != end_ && !blank(*last) && *last != ':') ++last;
    if (last == end_ || *last != ':') at_ = last;
    return 0;
  }

  std::string token() const {
    const char* last = at_;
    while (last != end_ && !blank(*last)) ++last;
    return in_quotes({at_, static_cast<std::size_t>(last - at_)});
  }

  float number(const char* what) {
    const char* last = at_;
    while (last != end_ && !blank(*last) && *last != '#') ++last;
    const std::string_view word(at_, static_cast<std::size_t>(last - at_));
    const Number number = parse_number(word);
    if (!number.finite) throw Wrong{number_complaint(number, word, what)};
    at_ = last;
    return number.value;
  }

  void entry() {
    if (end_ - at_ > 4 && std::string_view(at_, 4) == "qid:") {
      while (at_ != end_ && !blank(*at_)) ++at_;
      return;
    }
    std::uint32_t index = 0;
    const auto [last, error] = std::from_chars(at_, end_, index);
    if (error == std::errc::result_out_of_range || index == UINT32_MAX)
      throw Wrong{"index in " + token() + " is too large, expected below 4294967295"};
    if (error != std::errc() || last == end_ || *last != ':')
      throw Wrong{token() + " is no entry, expected index:value"};
    if (to_.index != first_ && index <= to_.index[-1])
      throw Wrong{"index " + std::to_string(index) + " comes after " +
                  std::to_string(to_.index[-1]) + ", expected ascending order"};
    if (last + 1 == end_ || blank(last[1]))
      throw Wrong{token() + " has no value, expected index:value"};
    at_ = last + 1;
    *to_.value++ = number("value");
    *to_.index++ = index;
  }

  const char* at_;
  const char* end_;
  Entries& to_;
  const std::uint32_t* first_;
  bool unlabelled_;
};

// An entry has at least a blank, a digit, a colon and a digit.
constexpr std::size_t entry_letters_min = 4;

/// Whether a number may end before this letter, and a line with it.
bool ends_line(const char* at) { return *at == '\n' || (*at == '\r' && at[1] == '\n'); }
bool ends_number(const char* at) { return blank(*at) || *at == '#' || ends_line(at); }
bool begins_query(const char* at) {
  return std::string_view(at, 4) == "qid:" && !ends_line(at + 4);
}

// A number as std::from_chars reads it; null when it is none.
const char* other_float(const char* at, float& value) {
  const char* end = at;
  while (!ends_number(end)) ++end;
  const Number number = parse_number({at, static_cast<std::size_t>(end - at)});
  value = number.value;
  return number.finite ? end : nullptr;
}

inline const char* float_at(const char* at, float& value) {
  const SimpleNumber number = short_number(at);
  if (number.end == nullptr) return other_float(at, value);
  value = static_cast<float>(number.value);
  return ends_number(number.end) ? number.end : nullptr;
}

/// Reads what nearly every line looks like. Null for any other, right or wrong:
/// then nothing of it counts, and LineParser decides.
const char* plain_line(const char* at, Entries& to, float& label) {
  if (at[0] == '+' && at[1] >= '0' && at[1] <= '9') ++at;
  at = float_at(at, label);
  if (at == nullptr) return nullptr;
  for (std::int64_t before = -1;;) {
    while (blank(*at)) ++at;
    const Digits index = leading_digits(at);
    if (index.count == 0 && ends_line(at)) return at;
    if (index.count == 0 && begins_query(at)) {
      while (!blank(*at) && !ends_line(at)) ++at;
      continue;
    }
    if (index.count == 0 || at[index.count] != ':' || index.value <= before) return nullptr;
    before = index.value;
    at = float_at(at + index.count + 1, *to.value++);
    if (at == nullptr) return nullptr;
    *to.index++ = index.value;
  }
}

}  // namespace

void SvmlightBlock::parse(std::string_view text) {
  rows.clear();
  wrong.clear();
  lines = 0;
  const std::size_t most = text.size() / entry_letters_min + 1;
  if (index.size() < most) {
    index.resize(most);
    value.resize(most);
  }
  Entries to{index.data(), value.data()};
  const char* const end = text.data() + text.size();
  for (const char* at = text.data(); at != end;) {
    ++lines;
    const Entries before = to;
    float label = 0;
    bool row = true;
    const char* stop = plain_line(at, to, label);
    if (stop == nullptr) {
      to = before;
      stop = static_cast<const char*>(std::memchr(at, '\n', static_cast<std::size_t>(end - at)));
      const char* last = stop != at && stop[-1] == '\r' ? stop - 1 : stop;
      try {
        row = LineParser({at, static_cast<std::size_t>(last - at)}, to, unlabelled).parse(label);
      } catch (const Wrong& found) {
        wrong = found.what;
        return;
      }
    }
    at = stop + (*stop == '\r' ? 2 : 1);
    if (row) rows.push_back({static_cast<std::uint64_t>(to.index - index.data()), lines, label});
  }
}

}  // namespace troupe
