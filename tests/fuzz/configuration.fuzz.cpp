/// The text of a configuration: it loads, or the user gets one line. What loads is
/// shown as a text that loads to the same; nothing else may happen.
#include <algorithm>
#include <string>

#include "base/check.hpp"
#include "base/user_error.hpp"
#include "config/config.hpp"

using namespace troupe;

namespace {

/// One key of each type, an axis with a kind that has a key, a shorthand.
Schema small_schema() {
  Schema schema;
  for (const auto& [path, type] : {std::pair{"a", KeyType::flag},
                                   {"b", KeyType::integer},
                                   {"t.number", KeyType::number},
                                   {"t.share", KeyType::share},
                                   {"t.time", KeyType::duration},
                                   {"t.size", KeyType::size},
                                   {"t.text", KeyType::text},
                                   {"t.many", KeyType::numbers},
                                   {"t.words", KeyType::texts},
                                   {"t.rate.start", KeyType::number}})
    schema.keys.push_back({.path = path, .type = type, .sentence = "a key"});
  schema.axes.push_back(
      {.path = "t.gate",
       .table = "t",
       .kinds = {{.name = "open"},
                 {.name = "bounded", .keys = {{.path = "max", .type = KeyType::integer}}}},
       .sentence = "an axis"});
  schema.shorthands.push_back({.table = "t.rate", .key = "t.rate.start"});
  schema.planned.push_back({.path = "later", .reason = "comes later"});
  return schema;
}

Config load(const Schema& schema, const std::string& text) {
  return Config::load(schema,
                      {.file = "run.toml", .text = text, .environment = {}, .overrides = {}});
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Schema schema = small_schema();
  std::string shown;
  try {
    shown = resolved_text(
        schema, load(schema, std::string(reinterpret_cast<const char*>(data), size)), false);
  } catch (const UserError& error) {
    const std::string line = error.what();
    TROUPE_CHECK(std::ranges::count(line, '\n'), ==, 0);
    TROUPE_CHECK(static_cast<int>(error.code()), ==, 2);
    return 0;
  }
  TROUPE_CHECK(resolved_text(schema, load(schema, shown), false), ==, shown);
  return 0;
}
