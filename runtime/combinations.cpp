#include "runtime/combinations.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "config/catalogue.hpp"
#include "runtime/assemble.hpp"
#include "runtime/combination_rules.hpp"

namespace troupe {
namespace {

std::vector<std::string> choices(const Catalogue& catalogue, const std::string& path) {
  if (catalogue.find(path)->key.type == KeyType::integer)
    return {CombinationRule::one, CombinationRule::several};
  std::vector<std::string> all = catalogue.find(path)->key.choices;
  std::erase(all, "auto");  // it never picks what is forbidden
  return all;
}

/// Words in columns, nothing behind the last.
std::string columns(const std::vector<std::string>& words) {
  std::string line;
  for (const std::string& word : words) line += fmt::format("  {:<12}", word);
  return line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
}

std::string grid(const CombinationRule& rule, const Catalogue& catalogue, const Tables& tables) {
  std::vector<std::string> head = choices(catalogue, rule.column);
  head.insert(head.begin(), "");
  std::string text = fmt::format("{} with {}\n{}", rule.row, rule.column, columns(head));
  for (const std::string& row : choices(catalogue, rule.row)) {
    std::vector<std::string> line{row};
    for (const std::string& column : choices(catalogue, rule.column))
      line.emplace_back(rule.forbids(tables, row, column) ? "no" : "yes");
    text += columns(line);
  }
  return text + fmt::format("  no: {}\n", rule.reason);
}

/// What a rule looks at: a word, or of a number whether there are several. A number of a kind
/// that is not chosen counts for nothing.
std::string value_of(const Config& config, const std::string& path) {
  const auto value = config.settings().values().find(path);
  if (value != config.settings().values().end() &&
      std::holds_alternative<std::string>(value->second))
    return config.settings().text(path);
  const bool idle = value == config.settings().values().end() || config.unused().contains(path);
  return !idle && config.settings().integer(path) > 1 ? CombinationRule::several
                                                      : CombinationRule::one;
}

/// The one that was said last, or in the same place the row: it is the narrower choice.
bool blames_row(const Config& config, const CombinationRule& rule) {
  return config.origin(rule.row).from >= config.origin(rule.column).from;
}

}  // namespace

void refuse_combinations(const Config& config, const Tables& tables) {
  const Settings& settings = config.settings();
  for (const CombinationRule& rule : combination_rules()) {
    if (!rule.forbids(tables, value_of(config, rule.row), value_of(config, rule.column))) continue;
    const bool row = blames_row(config, rule);
    const std::string& blamed = row ? rule.row : rule.column;
    const std::string& other = row ? rule.column : rule.row;
    config.refuse(blamed, fmt::format("{} = {} does not go with {}: {}", blamed,
                                      to_toml(settings.values().at(blamed)), config.describe(other),
                                      rule.reason));
  }
}

std::string combinations_text(const Tables& tables) {
  const Schema schema = schema_of(tables);
  const Catalogue catalogue(schema);
  std::string text = "What goes together (all other pairs do)\n";
  for (const CombinationRule& rule : combination_rules())
    text += fmt::format("\n{}", grid(rule, catalogue, tables));
  return text;
}

}  // namespace troupe
