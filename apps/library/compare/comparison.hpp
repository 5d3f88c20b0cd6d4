/// The tables of a comparison: how it ended, what it took to a target, what differed. They
/// say of every figure whether it is wall clock or virtual time.
#pragma once

#include <string>
#include <vector>

#include "apps/library/compare/groups.hpp"
#include "apps/library/compare/statistics.hpp"

namespace troupe {

struct ComparisonTable {
  std::string title;
  std::string note;
  std::vector<std::string> head;
  std::vector<std::vector<std::string>> body;
};

struct ComparisonRequest {
  const std::vector<RunGroup>& groups;
  std::optional<Target> target;  ///< none: the best that all of them reached
};

std::vector<ComparisonTable> comparison(const ComparisonRequest& request);

/// As text with aligned columns.
std::string to_text(const std::vector<ComparisonTable>& tables);
/// For the page: {"runs":[...],"tables":[...]}.
std::string to_page_data(const std::vector<RunGroup>& groups,
                         const std::vector<ComparisonTable>& tables);
/// For scripts: {"groups":[...],"tables":[...]} without the curves.
std::string to_json(const std::vector<RunGroup>& groups,
                    const std::vector<ComparisonTable>& tables);

}  // namespace troupe
