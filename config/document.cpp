#include "config/document.hpp"

#define TOML_HEADER_ONLY 1
#define TOML_FLOAT_CHARCONV 1
#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <tuple>

#include "base/user_error.hpp"

namespace troupe {
namespace {

Node convert(const toml::node& from);

void convert_table(const toml::table& table, Node& to) {
  to.form = Node::Form::table;
  for (const auto& [key, value] : table) {
    Node child = convert(value);
    child.key = key.str();
    child.line = key.source().begin.line;
    child.column = key.source().begin.column;
    to.children.push_back(std::move(child));
  }
  std::ranges::stable_sort(to.children, {}, [](const Node& node) {
    return std::tuple{node.line, node.column};
  });
}

Node convert(const toml::node& from) {
  Node to;
  to.line = from.source().begin.line;
  to.column = from.source().begin.column;
  if (const auto* table = from.as_table()) {
    convert_table(*table, to);
  } else if (const auto* list = from.as_array()) {
    to.form = Node::Form::list;
    for (const toml::node& item : *list) to.children.push_back(convert(item));
  } else if (const auto* flag = from.as_boolean()) {
    to.form = Node::Form::flag;
    to.flag = flag->get();
  } else if (const auto* integer = from.as_integer()) {
    to.form = Node::Form::integer;
    to.integer = integer->get();
  } else if (const auto* number = from.as_floating_point()) {
    to.form = Node::Form::number;
    to.number = number->get();
  } else if (const auto* text = from.as_string()) {
    to.form = Node::Form::text;
    to.text = text->get();
  } else {
    to.form = Node::Form::date;
  }
  return to;
}

/// The library's sentence, begun in lower case as part of ours.
std::string continued(std::string_view description) {
  std::string line(description);
  if (!line.empty() && line[0] >= 'A' && line[0] <= 'Z')
    line[0] = static_cast<char>(line[0] - 'A' + 'a');
  return line;
}

}  // namespace

std::string one_line(std::string text) {
  std::ranges::replace_if(
      text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }, ' ');
  return text;
}

Node parse_document(const std::string& file, const std::string& text) {
  try {
    return convert(toml::parse(text, file));
  } catch (const toml::parse_error& error) {
    const auto& at = error.source().begin;
    throw UserError(ExitCode::usage,
                    one_line(fmt::format("{}:{}:{}: not TOML: {}", file, at.line, at.column,
                                         continued(error.description()))));
  }
}

Node parse_value(const std::string& origin, const std::string& text) {
  constexpr std::string_view opening = "\"'[{";
  const std::size_t first = text.find_first_not_of(' ');
  const bool opened =
      first != std::string::npos && opening.find(text[first]) != std::string_view::npos;
  Node words;
  words.form = Node::Form::text;
  words.text = text;
  // A line end would let a value smuggle in further keys.
  if (text.find_first_of("\n\r#") != std::string::npos && !opened) return words;
  try {
    Node document = convert(toml::parse("value = " + text));
    if (document.children.size() != 1 || document.children[0].key != "value") return words;
    Node value = std::move(document.children[0]);
    value.key.clear();
    if (!opened) value.written = text;
    return value;
  } catch (const toml::parse_error& error) {
    if (!opened) return words;
    throw UserError(ExitCode::usage, one_line(fmt::format("{}: not a TOML value: {}", origin,
                                                          continued(error.description()))));
  }
}

}  // namespace troupe
