/// What the user said, key by key, with each value judged: from a file, from the
/// environment, from -s. It does not know what wins over what.
#pragma once

#include <string>
#include <vector>

#include "config/catalogue.hpp"
#include "config/config.hpp"
#include "config/document.hpp"

namespace troupe {

struct Given {
  std::string path;
  Value value;
  Origin origin;
};

/// A kind's table that stands in the file.
struct GivenTable {
  std::string path;
  std::string where;
};

/// Throws UserError (exit 2) at the first mistake.
class Reader {
 public:
  explicit Reader(const Catalogue& catalogue) : catalogue_(catalogue) {}

  void read_file(const std::string& file, const std::string& text);
  /// Looks at names that begin with TROUPE__ and at no others.
  void read_environment(const std::string& name, const std::string& text);
  /// "key=value", the key in full or its last parts where they are unambiguous.
  void read_override(const std::string& text);

  const std::vector<Given>& given() const { return given_; }
  const std::vector<GivenTable>& tables() const { return tables_; }

 private:
  void enter(const std::string& path, const Node& node);
  void enter_value(const Key& key, const Node& node);
  void enter_entries(const Listing& listing, const Node& node);
  /// Whether a listing has this entry so far.
  bool counted(const std::string& entry) const;
  void enter_table(const std::string& path, const Node& node);
  std::string full_path(const std::string& key) const;
  void prefer_chosen(std::vector<std::string>& paths) const;
  std::string where(const Node& node) const;
  [[noreturn]] void refuse(const Node& node, const std::string& why) const;
  [[noreturn]] void refuse_unknown(const std::string& path, const Node& node) const;

  const Catalogue& catalogue_;
  std::vector<Given> given_;
  std::vector<GivenTable> tables_;
  From from_ = From::file;
  std::string source_;  ///< the file, or the whole origin of a single value
};

}  // namespace troupe
