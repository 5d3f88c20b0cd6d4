/// Whether a value fits its key, and the words for what was expected and what
/// stood there instead. It knows nothing of other keys.
#pragma once

#include <optional>
#include <string>

#include "config/document.hpp"
#include "config/schema.hpp"

namespace troupe {

/// The value as its key wants it, or none when type or range are wrong.
std::optional<Value> judge(const Key& key, const Node& node);
/// `an integer >= 1 or "all"`.
std::string expected(const Key& key);
/// `"four"`, `0`, `a list`.
std::string words_for(const Node& node);
/// Seconds of "30s", "500ms", "2m"; none when it is no duration.
std::optional<double> parse_duration(const std::string& text);

}  // namespace troupe
