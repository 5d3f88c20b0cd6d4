/// An explicit table of kinds: names to makers, in the order they were added.
/// Nothing registers itself; whoever builds the table sees every entry.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/check.hpp"
#include "config/schema.hpp"

namespace troupe {

/// Entry needs a member `kind` of type Kind.
template <class Entry>
class Table {
 public:
  void add(Entry entry) {
    TROUPE_CHECK(find(entry.kind.name), ==, nullptr);
    entries_.push_back(std::move(entry));
  }
  const Entry* find(std::string_view name) const {
    for (const Entry& entry : entries_)
      if (entry.kind.name == name) return &entry;
    return nullptr;
  }
  const Entry& at(std::string_view name) const {
    const Entry* entry = find(name);
    TROUPE_CHECK(entry, !=, nullptr);
    return *entry;
  }
  std::vector<Kind> kinds() const {
    std::vector<Kind> result;
    for (const Entry& entry : entries_) result.push_back(entry.kind);
    return result;
  }
  auto begin() const { return entries_.begin(); }
  auto end() const { return entries_.end(); }

 private:
  std::vector<Entry> entries_;
};

}  // namespace troupe
