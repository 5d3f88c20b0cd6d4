/// A schema by full path: which key, table or kind a path names, in the order in
/// which all of them are written out. It judges no value.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "config/schema.hpp"

namespace troupe {

/// One key by its full path. An axis is a choice between its kinds.
struct Item {
  Key key;
  const Axis* axis = nullptr;   ///< the axis that this key is
  const Axis* owner = nullptr;  ///< the axis to one of whose kinds this key belongs
  std::string kind = {};        ///< that kind
};

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

  const Schema& schema_;
  std::vector<Item> items_;
  std::map<std::string, std::size_t, std::less<>> position_;
  std::set<std::string> tables_;
};

}  // namespace troupe
