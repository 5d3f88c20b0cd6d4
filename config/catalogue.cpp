#include "config/catalogue.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"

namespace troupe {
namespace {

std::string join(const std::string& table, const std::string& name) {
  return table.empty() ? name : table + "." + name;
}

bool begins_with_table(std::string_view path, std::string_view table) {
  return path == table ||
         (path.size() > table.size() && path.starts_with(table) && path[table.size()] == '.');
}

Item item_of(const Axis& axis) {
  Key key{.path = axis.path, .type = KeyType::choice, .sentence = axis.sentence};
  for (const Kind& kind : axis.kinds) key.choices.push_back(kind.name);
  key.choices.insert(key.choices.begin(), axis.words.begin(), axis.words.end());
  if (axis.standard) key.standard = Value(*axis.standard);
  return {.key = std::move(key), .axis = &axis};
}

/// Tables in the order of their first key, a kind's table behind its axis' others.
std::vector<std::string> table_order(const Schema& schema) {
  std::vector<std::string> tables{""};
  const auto enter = [&tables](const std::string& table) {
    if (std::ranges::find(tables, table) == tables.end()) tables.push_back(table);
  };
  for (const Key& key : schema.keys)
    if (key.path.find('*') == std::string::npos) enter(table_of(key.path));
  for (const Axis& axis : schema.axes) enter(table_of(axis.path));
  for (const Axis& axis : schema.axes)
    for (const Kind& kind : axis.kinds) {
      if (kind.keys.empty()) continue;
      const auto last = std::find_if(tables.rbegin(), tables.rend(), [&axis](const auto& table) {
        return begins_with_table(table, axis.table);
      });
      tables.insert(last.base(), join(axis.table, kind.name));
    }
  return tables;
}

}  // namespace

std::string table_of(std::string_view path) {
  const std::size_t dot = path.rfind('.');
  return std::string(dot == std::string_view::npos ? "" : path.substr(0, dot));
}

std::vector<std::string> entries_of(const Settings& settings, std::string_view listing) {
  std::vector<std::string> paths;
  const std::int64_t count = settings.has(listing) ? settings.integer(listing) : 0;
  for (std::int64_t i = 0; i < count; ++i)
    paths.push_back(std::string(listing) + "." + std::to_string(i));
  return paths;
}

std::string last_part(std::string_view path) {
  return std::string(path.substr(path.rfind('.') + 1));
}

Catalogue::Catalogue(const Schema& schema) : schema_(schema) {
  std::vector<Item> all;
  for (const Axis& axis : schema.axes) all.push_back(item_of(axis));
  for (const Key& key : schema.keys)
    if (!add_to_listing(key)) all.push_back({.key = key});
  for (const Axis& axis : schema.axes)
    for (const Kind& kind : axis.kinds) {
      for (Key key : kind.keys) {
        key.path = join(join(axis.table, kind.name), key.path);
        all.push_back({.key = std::move(key), .owner = &axis, .kind = kind.name});
      }
    }
  for (const std::string& table : table_order(schema))
    for (const Item& item : all)
      if (table_of(item.key.path) == table) add(item);
  TROUPE_CHECK(items_.size(), ==, all.size());
}

void Catalogue::add(Item item) {
  const bool fresh = position_.emplace(item.key.path, items_.size()).second;
  if (!fresh) TROUPE_CHECK(item.key.path, ==, "declared once");
  add_table(table_of(item.key.path));
  items_.push_back(std::move(item));
}

void Catalogue::add_table(const std::string& path) {
  for (std::string table = path; !table.empty(); table = table_of(table)) tables_.insert(table);
}

bool Catalogue::add_to_listing(const Key& key) {
  const std::size_t star = key.path.find(".*");
  if (star == std::string::npos) return false;
  const std::string path = key.path.substr(0, star);
  if (listing(path) == nullptr) {
    listings_.push_back({.path = path, .sentence = key.sentence, .for_later = key.for_later});
    add_table(path);
  }
  if (star + 2 == key.path.size()) return true;  // the sentence alone
  Key bare = key;
  bare.path = last_part(key.path);
  std::ranges::find(listings_, path, &Listing::path)->keys.push_back(std::move(bare));
  return true;
}

const Item* Catalogue::find(std::string_view path) const {
  const auto found = position_.find(path);
  return found == position_.end() ? nullptr : &items_[found->second];
}

const Shorthand* Catalogue::shorthand(std::string_view table) const {
  for (const Shorthand& shorthand : schema_.shorthands)
    if (shorthand.table == table) return &shorthand;
  return nullptr;
}

const Listing* Catalogue::listing(std::string_view path) const {
  const auto found = std::ranges::find(listings_, path, &Listing::path);
  return found == listings_.end() ? nullptr : &*found;
}

std::optional<Key> Catalogue::entry_key(std::string_view path) const {
  const std::string entry = entry_of(path);
  if (entry.empty()) return std::nullopt;
  const Listing& here = *listing(table_of(entry));
  const auto found = std::ranges::find(here.keys, path.substr(entry.size() + 1), &Key::path);
  const Item* later = find(meant(path));
  if (found == here.keys.end() && later == nullptr) return std::nullopt;
  Key key = found != here.keys.end() ? *found : later->key;
  key.path = path;
  return key;
}

std::string Catalogue::entry_of(std::string_view path) const {
  for (const Listing& one : listings_) {
    if (!path.starts_with(one.path + ".")) continue;
    const std::size_t inside = path.find('.', one.path.size() + 1);
    if (inside != std::string_view::npos) return std::string(path.substr(0, inside));
  }
  return {};
}

// A list of changes is never changed by one of its own.
std::string Catalogue::meant(std::string_view path) const {
  const std::string entry = entry_of(path);
  if (entry.empty()) return std::string(path);
  const Listing& here = *listing(table_of(entry));
  const std::string key(path.substr(entry.size() + 1));
  const std::string home = join(table_of(here.path), key);
  const bool own = std::ranges::find(here.keys, key, &Key::path) != here.keys.end();
  const bool later = here.for_later && !own && !begins_with_table(home, here.path);
  return later ? home : std::string(path);
}

bool Catalogue::chosen_later(const Settings& settings, const Axis& axis,
                             const std::string& kind) const {
  for (const Listing& one : listings_) {
    const std::string home = table_of(one.path);
    if (!one.for_later || !begins_with_table(axis.path, home)) continue;
    for (const std::string& entry : entries_of(settings, one.path)) {
      const std::string choice = entry + axis.path.substr(home.size());
      if (settings.has(choice) && settings.text(choice) == kind) return true;
    }
  }
  return false;
}

const Planned* Catalogue::planned(std::string_view path) const {
  for (const Planned& planned : schema_.planned) {
    if (planned.value.empty() && begins_with_table(path, planned.path)) return &planned;
    if (planned.value.empty()) continue;
    for (const Axis& axis : schema_.axes)
      if (axis.path == planned.path && path == join(axis.table, planned.value)) return &planned;
  }
  return nullptr;
}

const Planned* Catalogue::planned_choice(std::string_view path, std::string_view value) const {
  for (const Planned& planned : schema_.planned)
    if (planned.path == path && planned.value == value) return &planned;
  return nullptr;
}

const Axis* Catalogue::axis_of_table(std::string_view path) const {
  for (const Axis& axis : schema_.axes)
    for (const Kind& kind : axis.kinds)
      if (join(axis.table, kind.name) == path) return &axis;
  return nullptr;
}

std::vector<std::string> Catalogue::names_in(std::string_view table) const {
  if (const std::string home = meant(table); home != table) return names_in(home);
  std::vector<std::string> names;
  for (const Item& item : items_)
    if (table_of(item.key.path) == table) names.push_back(last_part(item.key.path));
  for (const std::string& inner : tables_)
    if (table_of(inner) == table) names.push_back(last_part(inner));
  if (const Listing* here = listing(table_of(table))) {
    if (here->for_later) names = names_in(table_of(here->path));
    for (const Key& key : here->keys) names.push_back(key.path);
  }
  return names;
}

std::vector<std::string> Catalogue::ending_in(std::string_view parts) const {
  const auto fits = [parts](const std::string& path) {
    return path == parts || (path.size() > parts.size() && path.ends_with(parts) &&
                             path[path.size() - parts.size() - 1] == '.');
  };
  std::vector<std::string> paths;
  for (const Item& item : items_)
    if (fits(item.key.path)) paths.push_back(item.key.path);
  for (const std::string& table : tables_)
    if (fits(table) && find(table) == nullptr) paths.push_back(table);
  return paths;
}

}  // namespace troupe
