/// A schema and a configuration in words: the reference, the list of keys, and
/// the resolved file. Whatever it prints as TOML loads again.
#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "config/catalogue.hpp"
#include "config/config.hpp"
#include "config/judge.hpp"

namespace troupe {
namespace {

bool chosen(const Item& item, const Config& config, const Catalogue& catalogue) {
  return item.owner == nullptr ||
         (config.has(item.owner->path) && config.settings().text(item.owner->path) == item.kind) ||
         (config.set_by_user(item.key.path) &&
          catalogue.chosen_later(config.settings(), *item.owner, item.kind));
}

/// "integer >= 1 or "all", in rows, default 16".
std::string facts(const Key& key) {
  return fmt::format("{}{}{}, {}{}", expected(key), key.unit.empty() ? "" : ", in ", key.unit,
                     key.standard ? "default " : "no default",
                     key.standard ? to_toml(*key.standard) : "");
}

/// A sentence as a comment of lines that fit a screen.
std::string comment(const std::string& sentence) {
  constexpr std::size_t width = 96;
  std::string lines(1, '#');
  std::size_t column = 1;
  for (std::size_t at = 0; at < sentence.size();) {
    const std::size_t end = std::min(sentence.find(' ', at), sentence.size());
    if (column > 1 && column + 1 + end - at > width) {
      lines.append("\n#");
      column = 1;
    }
    lines.append(1, ' ').append(sentence, at, end - at);
    column += 1 + end - at;
    at = end + 1;
  }
  return lines.append(1, '\n');
}

std::string kinds(const Axis& axis) {
  std::string lines;
  for (const Kind& kind : axis.kinds)
    lines += comment(fmt::format("  {}: {}", kind.name, kind.sentence));
  return lines;
}

/// What a reader of the reference sees where a key has no default.
std::string example(const Key& key) {
  switch (key.type) {
    case KeyType::integer:
      return "10";
    case KeyType::number:
    case KeyType::share:
      return "0.5";
    case KeyType::duration:
      return "\"30s\"";
    case KeyType::size:
      return "\"256 MiB\"";
    case KeyType::flag:
      return "false";
    case KeyType::numbers:
      return "[1.0]";
    case KeyType::texts:
      return "[]";
    case KeyType::choice:
      return to_toml(key.choices.empty() ? "" : key.choices.front());
    case KeyType::text:
      return "\"...\"";
  }
  return "";
}

/// A listing as the file that is resolved has it.
std::string entries_text(const Listing& listing, const Config& config, bool with_origin) {
  std::string text;
  const auto& values = config.settings().values();
  for (const std::string& entry : entries_of(config.settings(), listing.path)) {
    std::vector<std::string> keys;
    for (const Key& key : listing.keys) keys.push_back(key.path);
    for (auto value = values.lower_bound(entry + "."); value != values.end(); ++value) {
      if (!value->first.starts_with(entry + ".")) break;
      std::string key = value->first.substr(entry.size() + 1);
      if (std::ranges::find(keys, key) == keys.end()) keys.push_back(std::move(key));
    }
    text += fmt::format("\n[[{}]]\n", listing.path);
    for (const std::string& key : keys) {
      const std::string path = entry + "." + key;
      if (!config.has(path)) continue;
      const std::string origin =
          with_origin ? fmt::format("  # {}", config.origin(path).where) : "";
      text += fmt::format("{} = {}{}\n", key, to_toml(values.at(path)), origin);
    }
  }
  return text;
}

std::string shown(const Key& key) { return key.standard ? to_toml(*key.standard) : example(key); }

}  // namespace

std::string schema_text(const Schema& schema) {
  const Catalogue catalogue(schema);
  std::string text;
  for (const Item& item : catalogue.items()) {
    text += fmt::format("{}\n    {}\n    {}\n", item.key.path, facts(item.key), item.key.sentence);
    if (item.axis != nullptr)
      for (const Kind& kind : item.axis->kinds)
        text += fmt::format("      {}: {}\n", kind.name, kind.sentence);
  }
  for (const Listing& listing : catalogue.listings()) {
    text += fmt::format("[[{}]]\n    {}\n", listing.path, listing.sentence);
    for (const Key& key : listing.keys)
      text += fmt::format("  {}\n    {}\n    {}\n", key.path, facts(key), key.sentence);
  }
  return text;
}

std::string resolved_text(const Schema& schema, const Config& config, bool with_origin) {
  std::string text;
  std::string table;
  const auto head = [&](const std::string& path) {
    if (table_of(path) == table) return;
    table = table_of(path);
    text += fmt::format("\n[{}]\n", table);
  };
  const auto& values = config.settings().values();
  const Catalogue catalogue(schema);
  for (const Item& item : catalogue.items()) {
    const std::string& path = item.key.path;
    if (!config.has(path)) continue;
    if (config.unused().contains(path) || !chosen(item, config, catalogue)) continue;
    head(path);
    const std::string origin = with_origin ? fmt::format("  # {}", config.origin(path).where) : "";
    text += fmt::format("{} = {}{}\n", last_part(path), to_toml(values.at(path)), origin);
  }
  for (const Listing& listing : catalogue.listings())
    text += entries_text(listing, config, with_origin);
  for (const auto& [path, why] : config.unused())
    text += fmt::format("\n# unused: {}, as {}\n", config.describe(path), why);
  return text;
}

std::string reference_text(const Schema& schema) {
  std::string text =
      "# Every key of a Troupe configuration with its type, its default and what it does.\n"
      "# Keys are commented out at their defaults; those without a default show an example.\n"
      "# Generated from the schema: troupe config schema --reference > config/reference.toml\n";
  std::string table;
  const Catalogue catalogue(schema);
  for (const Item& item : catalogue.items()) {
    const Key& key = item.key;
    if (table_of(key.path) != table) {
      table = table_of(key.path);
      // A kind's table may only stand where the kind is chosen.
      text += fmt::format("\n{}[{}]\n", item.owner != nullptr ? "#" : "", table);
    }
    text += fmt::format("\n{}{}", comment(key.sentence), comment(fmt::format("({})", facts(key))));
    if (item.axis != nullptr) text += kinds(*item.axis);
    text += fmt::format("#{} = {}\n", last_part(key.path), shown(key));
  }
  for (const Listing& listing : catalogue.listings()) {
    text += fmt::format("\n{}#[[{}]]\n", comment(listing.sentence), listing.path);
    for (const Key& key : listing.keys)
      text += fmt::format("\n{}{}#{} = {}\n", comment(key.sentence),
                          comment(fmt::format("({})", facts(key))), key.path, shown(key));
  }
  return text;
}

}  // namespace troupe
