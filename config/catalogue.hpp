/// A schema by full path: which key, table or kind a path names, in the order in
/// which all of them are written out. It judges no value.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "config/schema.hpp"
#include "config/settings.hpp"

namespace troupe {

/// One key by its full path. An axis is a choice between its kinds.
struct Item {
  Key key;
  const Axis* axis = nullptr;   ///< the axis that this key is
  const Axis* owner = nullptr;  ///< the axis to one of whose kinds this key belongs
  std::string kind = {};        ///< that kind
};

/// A table that may stand any number of times, `[[pace.link]]`: the keys of a schema whose
/// path is "pace.link.*.loss", and "pace.link.*" for the sentence. Entry 0's key is
/// "pace.link.0.loss", and at "pace.link" there is how many entries there are.
struct Listing {
  std::string path;
  std::string sentence;
  bool for_later = false;      ///< "training.swap.0.topology" is a topology for later
  std::vector<Key> keys = {};  ///< bare
};
/// The paths of a listing's entries, "pace.link.0" and on, in their order.
std::vector<std::string> entries_of(const Settings& settings, std::string_view listing);

/// A path cut at its last dot.
std::string table_of(std::string_view path);
std::string last_part(std::string_view path);

class Catalogue {
 public:
  /// The schema must outlive it.
  explicit Catalogue(const Schema& schema);

  const Schema& schema() const { return schema_; }
  /// By table; within a table the axes first.
  const std::vector<Item>& items() const { return items_; }
  const Item* find(std::string_view path) const;
  bool is_table(std::string_view path) const { return tables_.contains(std::string(path)); }
  const Shorthand* shorthand(std::string_view table) const;
  const Listing* listing(std::string_view path) const;
  const std::vector<Listing>& listings() const { return listings_; }
  /// The entry that a path is in: "pace.link.0" of "pace.link.0.loss"; empty where it is in none.
  std::string entry_of(std::string_view path) const;
  /// The key of an entry, by its full path ("pace.link.0.loss"), with that path.
  std::optional<Key> entry_key(std::string_view path) const;
  /// What is set for later by a path in an entry: "training.topology" by
  /// "training.swap.0.topology"; every other path means itself.
  std::string meant(std::string_view path) const;
  /// True when settings for later choose this kind.
  bool chosen_later(const Settings& settings, const Axis& axis, const std::string& kind) const;
  const Planned* planned(std::string_view path) const;
  const Planned* planned_choice(std::string_view path, std::string_view value) const;
  /// The axis whose kind `path` is the table of, or null.
  const Axis* axis_of_table(std::string_view path) const;
  /// Keys and tables that stand directly in a table.
  std::vector<std::string> names_in(std::string_view table) const;
  /// Full paths of keys and tables that end in these parts.
  std::vector<std::string> ending_in(std::string_view parts) const;

 private:
  void add(Item item);
  void add_table(const std::string& path);
  bool add_to_listing(const Key& key);

  const Schema& schema_;
  std::vector<Item> items_;
  std::map<std::string, std::size_t, std::less<>> position_;
  std::set<std::string> tables_;
  std::vector<Listing> listings_;
};

}  // namespace troupe
