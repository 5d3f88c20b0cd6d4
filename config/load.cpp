/// From what was said to what holds: precedence, what choices fill in, and tables
/// that nothing chooses. It reads no text itself.
#include "base/check.hpp"
#include "base/user_error.hpp"
#include "config/catalogue.hpp"
#include "config/config.hpp"
#include "config/document.hpp"
#include "config/reader.hpp"

namespace troupe {
namespace {

void fill_choices(const Catalogue& catalogue, Config& config) {
  for (const Axis& axis : catalogue.schema().axes) {
    if (!axis.fills || !config.has(axis.path)) continue;
    const std::string kind = config.settings().text(axis.path);
    const auto found = axis.fills->of_kind.find(kind);
    if (found == axis.fills->of_kind.end()) continue;
    const bool chosen_by_user = config.set_by_user(axis.path);
    for (const auto& [path, value] : found->second) {
      if (catalogue.find(path) == nullptr) TROUPE_CHECK(path, ==, "a key of the schema");
      const bool free = !config.has(path) || config.origin(path).from == From::standard;
      if (free || chosen_by_user)
        config.fill(path, value, {axis.fills->from, axis.fills->noun + " " + kind});
    }
  }
}

void fill_entries(const Catalogue& catalogue, Config& config) {
  for (const Listing& listing : catalogue.listings())
    for (const std::string& entry : entries_of(config.settings(), listing.path))
      for (const Key& key : listing.keys)
        if (key.standard)
          config.fill(entry + "." + key.path, *key.standard, {From::standard, "default"});
}

/// Later values win over earlier ones.
void settle(const Catalogue& catalogue, const std::vector<Given>& given, Config& config) {
  std::map<std::string, const Given*> last;
  for (const Given& one : given) last[one.path] = &one;
  for (const auto& [path, one] : last) config.fill(path, one->value, one->origin);
  for (const Item& item : catalogue.items())
    if (item.key.standard)
      config.fill(item.key.path, *item.key.standard, {From::standard, "default"});
  fill_entries(catalogue, config);
  fill_choices(catalogue, config);
}

bool chooses(const Config& config, const Axis& axis, const std::string& kind) {
  return config.has(axis.path) && config.settings().text(axis.path) == kind;
}

void refuse_unchosen(const Catalogue& catalogue, const std::vector<GivenTable>& tables,
                     const Config& file_alone) {
  for (const GivenTable& table : tables) {
    const Axis& axis = *catalogue.axis_of_table(table.path);
    const std::string kind = last_part(table.path);
    if (chooses(file_alone, axis, kind) ||
        catalogue.chosen_later(file_alone.settings(), axis, kind))
      continue;
    throw UserError(ExitCode::usage, table.where + ": [" + table.path + "] is for " + axis.path +
                                         " = " + to_toml(kind) +
                                         ", which nothing in the file chooses; there stands " +
                                         file_alone.describe(axis.path));
  }
}

void mark_unchosen(const Catalogue& catalogue, Config& config) {
  for (const Item& item : catalogue.items())
    if (item.owner != nullptr && config.set_by_user(item.key.path) &&
        !chooses(config, *item.owner, item.kind) &&
        !catalogue.chosen_later(config.settings(), *item.owner, item.kind))
      config.mark_unused(item.key.path, config.describe(item.owner->path));
}

}  // namespace

Config Config::load(const Schema& schema, const ConfigSources& sources) {
  const Catalogue catalogue(schema);
  Reader reader(catalogue);
  reader.read_file(sources.file, sources.text);
  Config alone;
  alone.file_ = one_line(sources.file);
  settle(catalogue, reader.given(), alone);
  refuse_unchosen(catalogue, reader.tables(), alone);

  for (const auto& [name, text] : sources.environment) reader.read_environment(name, text);
  for (const std::string& text : sources.overrides) reader.read_override(text);
  Config config;
  config.file_ = one_line(sources.file);
  settle(catalogue, reader.given(), config);
  mark_unchosen(catalogue, config);
  return config;
}

bool Config::set_by_user(std::string_view path) const {
  const auto found = origins_.find(path);
  return found != origins_.end() && found->second.from >= From::file;
}

const Origin& Config::origin(std::string_view path) const {
  const auto found = origins_.find(path);
  if (found == origins_.end()) TROUPE_CHECK(std::string(path), ==, "a key that has a value");
  return found->second;
}

void Config::need(const std::string& entry, const char* key, const char* what) const {
  if (has(entry + "." + key)) return;
  // A place in the file for what is not there.
  const auto said = std::ranges::find_if(origins_, [&](const auto& one) {
    return one.first.starts_with(entry + ".") && set_by_user(one.first);
  });
  refuse(said == origins_.end() ? table_of(entry) : said->first,
         "[[" + table_of(entry) + "]] needs '" + key + "', " + what);
}

std::string Config::describe(std::string_view path) const {
  const auto found = settings_.values().find(path);
  if (found == settings_.values().end()) return std::string(path) + " (unset)";
  return std::string(path) + " = " + to_toml(found->second) + " (" + origin(path).where + ")";
}

void Config::fill(const std::string& path, Value value, Origin origin) {
  const auto found = origins_.find(path);
  if (found != origins_.end() && found->second.from >= origin.from) return;
  settings_.set(path, std::move(value));
  origins_[path] = std::move(origin);
}

void Config::refuse(std::string_view path, const std::string& why) const {
  if (!set_by_user(path)) throw UserError(ExitCode::usage, one_line(file_ + ": " + why));
  // The line begins with the origin; once is enough.
  const std::string& where = origin(path).where;
  const std::string described = describe(path);
  std::string rest = why;
  if (why.starts_with(described)) rest.erase(described.size() - where.size() - 3, where.size() + 3);
  throw UserError(ExitCode::usage, one_line(where + ": " + rest));
}

void Config::resolve(const std::string& path, Value value, const std::string& how) {
  Origin& origin = origins_[path];
  if (origin.where.empty()) origin.where = "default";
  if (!how.empty()) origin.where += ", " + how;
  settings_.set(path, std::move(value));
}

}  // namespace troupe
