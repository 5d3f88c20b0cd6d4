/// Which values of two keys cannot stand together, and why: the rows of the table of
/// combinations. Nobody is refused here.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "runtime/tables.hpp"

namespace troupe {

/// Two keys, and when a pair of their values is forbidden.
struct CombinationRule {
  std::string row;
  std::string column;
  std::function<bool(const Tables&, const std::string&, const std::string&)> forbids;
  std::string reason;

  /// Of a number it counts only whether there are several.
  static constexpr const char* one = "1";
  static constexpr const char* several = "more";
};

std::vector<CombinationRule> combination_rules();

}  // namespace troupe
