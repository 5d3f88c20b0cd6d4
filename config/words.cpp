/// Values as TOML text, and the nearest word to a mistyped one.
#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <string>

#include "config/config.hpp"

namespace troupe {
namespace {

std::string written(double number) {
  if (number == std::numeric_limits<double>::infinity()) return "inf";
  std::array<char, 32> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number).ptr;
  std::string text(buffer.data(), end);
  if (text.find_first_of(".en") == std::string::npos) text += ".0";
  return text;
}

std::string quoted(const std::string& text) {
  constexpr std::string_view hex = "0123456789ABCDEF";
  std::string result = "\"";
  for (const char c : text) {
    const auto code = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      result += '\\';
      result += c;
    } else if (code < 0x20 || code == 0x7F) {
      result += "\\u00";
      result += hex[code >> 4];
      result += hex[code & 15];
    } else {
      result += c;
    }
  }
  return result + "\"";
}

struct Writer {
  std::string operator()(bool flag) const { return flag ? "true" : "false"; }
  std::string operator()(std::int64_t integer) const { return std::to_string(integer); }
  std::string operator()(double number) const { return written(number); }
  std::string operator()(const std::string& text) const { return quoted(text); }
  template <class Item>
  std::string operator()(const std::vector<Item>& items) const {
    std::string result = "[";
    for (const Item& item : items) result += (result.size() > 1 ? ", " : "") + (*this)(item);
    return result + "]";
  }
};

/// Edits (insert, delete, replace, swap two neighbours) from one word to the other.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> cost(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) cost[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) cost[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i)
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replace = cost[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1, replace});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
    }
  return cost[a.size()][b.size()];
}

}  // namespace

std::string to_toml(const Value& value) { return std::visit(Writer{}, value); }

std::string did_you_mean(std::string_view word, const std::vector<std::string>& known) {
  constexpr std::size_t longest = 64;  // no key is longer, and the table is quadratic
  if (word.size() > longest) return {};
  const std::size_t near = std::max<std::size_t>(1, word.size() / 3);
  std::string best;
  std::size_t least = std::min(near + 1, word.size());  // all letters changed is not near
  for (const std::string& candidate : known) {
    const std::size_t edits = distance(word, candidate);
    if (edits < least) {
      least = edits;
      best = candidate;
    }
  }
  return best;
}

}  // namespace troupe
