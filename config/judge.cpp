#include "config/judge.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <utility>

#include "config/config.hpp"

namespace troupe {
namespace {

using Form = Node::Form;

bool in_range(const Key& key, double value) {
  if (!std::isfinite(value)) return false;
  if (key.minimum && (key.exclusive ? value <= *key.minimum : value < *key.minimum)) return false;
  return !key.maximum || value <= *key.maximum;
}

std::optional<double> number_of(const Node& node) {
  if (node.form == Form::integer) return static_cast<double>(node.integer);
  if (node.form == Form::number) return node.number;
  return std::nullopt;
}

/// A word from outside a file may look like a number: "-s name=007".
std::optional<std::string> text_of(const Node& node) {
  if (node.form == Form::text) return node.text;
  const bool scalar = node.form != Form::list && node.form != Form::table;
  if (scalar && !node.written.empty()) return node.written;
  return std::nullopt;
}

std::optional<Value> ranged(const Key& key, std::optional<double> value) {
  if (!value || !in_range(key, *value)) return std::nullopt;
  return Value(*value);
}

std::optional<Value> judge_numbers(const Key& key, const Node& node) {
  if (node.form != Form::list) return std::nullopt;
  std::vector<double> numbers;
  for (const Node& item : node.children) {
    const auto number = number_of(item);
    if (!number || !in_range(key, *number)) return std::nullopt;
    numbers.push_back(*number);
  }
  return Value(std::move(numbers));
}

std::optional<Value> judge_texts(const Node& node) {
  std::vector<std::string> texts;
  if (node.form == Form::text) return Value(std::vector<std::string>{node.text});
  if (node.form != Form::list) return std::nullopt;
  for (const Node& item : node.children) {
    if (item.form != Form::text) return std::nullopt;
    texts.push_back(item.text);
  }
  return Value(std::move(texts));
}

std::string range(const Key& key) {
  const auto bound = [](double value) {
    const bool whole = std::floor(value) == value && std::abs(value) < 1e15;
    return whole ? std::to_string(static_cast<std::int64_t>(value)) : to_toml(value);
  };
  if (key.minimum && key.maximum)
    return (key.exclusive ? " above " : " from ") + bound(*key.minimum) + " to " +
           bound(*key.maximum);
  if (key.minimum) return (key.exclusive ? " > " : " >= ") + bound(*key.minimum);
  if (key.maximum) return " <= " + bound(*key.maximum);
  return "";
}

std::string words(const std::vector<std::string>& choices, const std::string& between) {
  std::string list;
  for (const std::string& choice : choices) list += (list.empty() ? "" : between) + to_toml(choice);
  return list;
}

std::optional<std::int64_t> parse_size(const std::string& text) {
  static constexpr std::array<std::pair<std::string_view, std::int64_t>, 9> units{
      {{"B", 1},
       {"kB", 1'000},
       {"MB", 1'000'000},
       {"GB", 1'000'000'000},
       {"TB", 1'000'000'000'000},
       {"KiB", std::int64_t{1} << 10},
       {"MiB", std::int64_t{1} << 20},
       {"GiB", std::int64_t{1} << 30},
       {"TiB", std::int64_t{1} << 40}}};
  double count = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc{}) return std::nullopt;
  std::string_view unit(rest, static_cast<std::size_t>(text.data() + text.size() - rest));
  if (unit.starts_with(' ')) unit.remove_prefix(1);
  for (const auto& [name, bytes] : units) {
    const double size = count * static_cast<double>(bytes);
    if (unit == name && std::abs(size) < 1e18) return static_cast<std::int64_t>(std::llround(size));
  }
  return std::nullopt;
}

std::optional<Value> judge_size(const Key& key, const Node& node) {
  std::optional<std::int64_t> size;
  if (node.form == Form::integer) size = node.integer;
  if (node.form == Form::text) size = parse_size(node.text);
  if (!size || !in_range(key, static_cast<double>(*size))) return std::nullopt;
  return Value(*size);
}

}  // namespace

std::optional<double> parse_duration(const std::string& text) {
  static constexpr std::array<std::pair<std::string_view, double>, 6> units{
      {{"ns", 1e9}, {"us", 1e6}, {"ms", 1e3}, {"s", 1.0}, {"m", 1 / 60.0}, {"h", 1 / 3600.0}}};
  double count = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc{}) return std::nullopt;
  const std::string_view unit(rest, static_cast<std::size_t>(text.data() + text.size() - rest));
  for (const auto& [name, in_a_second] : units)
    if (unit == name) return count / in_a_second;
  return std::nullopt;
}

std::optional<Value> judge(const Key& key, const Node& node) {
  if (node.form == Form::text && std::ranges::find(key.choices, node.text) != key.choices.end())
    return Value(node.text);
  switch (key.type) {
    case KeyType::flag:
      return node.form == Form::flag ? std::optional<Value>(node.flag) : std::nullopt;
    case KeyType::integer:
      if (node.form != Form::integer || !in_range(key, static_cast<double>(node.integer)))
        return std::nullopt;
      return Value(node.integer);
    case KeyType::number:
    case KeyType::share:
      return ranged(key, number_of(node));
    case KeyType::duration:
      return ranged(key, node.form == Form::text ? parse_duration(node.text) : number_of(node));
    case KeyType::size:
      return judge_size(key, node);
    case KeyType::text:
      if (const auto text = text_of(node)) return Value(*text);
      return std::nullopt;
    case KeyType::choice:
      return std::nullopt;  // none of the choices
    case KeyType::numbers:
      return judge_numbers(key, node);
    case KeyType::texts:
      return judge_texts(node);
  }
  return std::nullopt;
}

std::string expected(const Key& key) {
  const std::string words_too = key.choices.empty() ? "" : " or " + words(key.choices, " or ");
  switch (key.type) {
    case KeyType::flag:
      return "true or false";
    case KeyType::integer:
      return "an integer" + range(key) + words_too;
    case KeyType::number:
      return "a number" + range(key) + words_too;
    case KeyType::share:
      return "a share" + range(key) + words_too;
    case KeyType::duration:
      return "a duration" + range(key) + R"( such as "30s", "500ms" or a number of seconds)" +
             words_too;
    case KeyType::size:
      return "a size" + range(key) + R"( such as "256 MiB" or a number of bytes)" + words_too;
    case KeyType::text:
      return "a text in quotes";
    case KeyType::choice:
      return (key.choices.size() > 1 ? "one of " : "") + words(key.choices, ", ");
    case KeyType::numbers:
      return "a list of numbers" + range(key);
    case KeyType::texts:
      return "a list of texts";
  }
  return "";
}

std::string words_for(const Node& node) {
  switch (node.form) {
    case Form::flag:
      return node.flag ? "true" : "false";
    case Form::integer:
      return std::to_string(node.integer);
    case Form::number:
      return std::isnan(node.number) ? "nan" : to_toml(node.number);
    case Form::text:
      return to_toml(node.text);
    case Form::date:
      return "a date";
    case Form::list:
      return "a list";
    case Form::table:
      return "a table";
  }
  return "";
}

}  // namespace troupe
