#include <algorithm>

#include "base/check.hpp"
#include "models/model.hpp"

namespace troupe {
namespace {

std::size_t size_of(const LayoutSegment& segment) {
  std::size_t product = 1;
  for (const std::size_t extent : segment.shape) product *= extent;
  return product;
}

std::size_t rows_of(const LayoutSegment& segment) {
  return (size_of(segment) + segment.row_length - 1) / segment.row_length;
}

/// The row that begins nearest to a position, counted over all segments.
std::size_t row_near(const std::vector<LayoutSegment>& segments, std::size_t position) {
  std::size_t rows = 0;
  std::size_t begin = 0;
  for (const LayoutSegment& segment : segments) {
    const std::size_t size = size_of(segment);
    if (position < begin + size)
      return rows + std::min(rows_of(segment),
                             (position - begin + segment.row_length / 2) / segment.row_length);
    rows += rows_of(segment);
    begin += size;
  }
  return rows;
}

std::size_t begin_of(const std::vector<LayoutSegment>& segments, std::size_t row) {
  std::size_t begin = 0;
  for (const LayoutSegment& segment : segments) {
    const std::size_t rows = rows_of(segment);
    if (row < rows) return begin + row * segment.row_length;
    row -= rows;
    begin += size_of(segment);
  }
  return begin;
}

}  // namespace

std::size_t Layout::size() const {
  std::size_t total = 0;
  for (const LayoutSegment& segment : segments) total += size_of(segment);
  return total;
}

std::size_t Layout::rows() const {
  std::size_t total = 0;
  for (const LayoutSegment& segment : segments) total += rows_of(segment);
  return total;
}

std::vector<std::size_t> Layout::cuts(std::size_t parts) const {
  const std::size_t all = size();
  const std::size_t most = rows();
  TROUPE_CHECK(parts, <=, most);
  std::vector<std::size_t> found{0};
  std::size_t row = 0;
  for (std::size_t k = 1; k < parts; ++k) {
    // Each part has a row at least, those to come as well.
    row = std::clamp(row_near(segments, all * k / parts), row + 1, most - (parts - k));
    found.push_back(begin_of(segments, row));
  }
  found.push_back(all);
  return found;
}

}  // namespace troupe
