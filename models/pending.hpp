/// Rows of a step that were looked at and have yet to move the model.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "datasets/rows.hpp"

namespace troupe {

/// One of them.
struct Pending {
  RowView row;
  double slope;
};

/// Room for so many, the same of a thread each time.
inline std::span<Pending> pending_rows(std::size_t size) {
  thread_local std::vector<Pending> rows;
  if (rows.size() < size) rows.resize(size);
  return rows;
}

}  // namespace troupe
