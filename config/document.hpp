/// TOML text as a plain tree that remembers where everything stood. It knows no
/// schema, and nobody outside the implementation sees the TOML library.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace troupe {

struct Node {
  enum class Form { flag, integer, number, text, date, list, table };

  std::string key = {};  ///< in its table; empty in a list
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  Form form = Form::table;
  bool flag = false;
  std::int64_t integer = 0;
  double number = 0;
  std::string text = {};
  std::string written = {};         ///< of a value without quotes from outside a file
  std::vector<Node> children = {};  ///< of a list; of a table in the order of the text
};

/// Throws UserError (exit 2) "file:line:column: ..." where the text is not TOML.
Node parse_document(const std::string& file, const std::string& text);
/// A value of -s or the environment: TOML, or else the words themselves as a
/// text. Throws UserError where an opened quote or bracket does not end well.
Node parse_value(const std::string& origin, const std::string& text);

/// The text with a space for each control character: a message stays one line
/// whatever a key, a value or a file name holds.
std::string one_line(std::string text);

}  // namespace troupe
