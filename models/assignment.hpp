/// Which centre each of many rows is nearest to. It moves no centre.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "base/kernels/kernels.hpp"
#include "datasets/rows.hpp"

namespace troupe {

/// A row as all of its numbers; a sparse one is written out.
inline const float* written_out(const RowView& row, std::vector<float>& space) {
  if (row.index == nullptr) return row.value;
  std::ranges::fill(space, 0.0F);
  for (std::uint32_t k = 0; k < row.size; ++k) space[row.index[k]] = row.value[k];
  return space.data();
}

/// Many rows at once against centres that stand still. Rows and centres are taken
/// relative to the middle of the centres: what is left is not lost in far larger squares.
class Assignment {
 public:
  Assignment(std::span<const float> centres, std::size_t size)
      : size_(size),
        count_(centres.size() / size),
        middle_(size),
        centres_((count_ + 3) / 4 * 4 * size),
        half_squares_((count_ + 3) / 4 * 4, std::numeric_limits<float>::infinity()),
        points_(size * tile_points),
        space_(size) {
    for (std::size_t k = 0; k < count_; ++k)
      for (std::size_t d = 0; d < size; ++d) middle_[d] += centres[k * size + d];
    for (float& entry : middle_) entry /= static_cast<float>(count_);
    for (std::size_t k = 0; k < count_; ++k) update(k, centres.data() + k * size);
  }

  void update(std::size_t k, const float* centre) {
    float square = 0;
    for (std::size_t d = 0; d < size_; ++d) {
      const float entry = centre[d] - middle_[d];
      centres_[k * size_ + d] = entry;
      square += entry * entry;
    }
    half_squares_[k] = square / 2;
  }

  /// Calls visit(x, centre) for each row; returns their half squared distances, summed.
  template <class Visit>
  double each(const Batch& batch, Visit&& visit) {
    double loss = 0;
    for (std::size_t first = 0; first < batch.size(); first += tile_points) {
      const std::size_t count = std::min(tile_points, batch.size() - first);
      fetch(batch, first + tile_points);
      float squares[tile_points] = {};
      write_points({batch.rows, batch.picks.subspan(first, count)});
      for (std::size_t d = 0; d < size_; ++d)
        for (std::size_t i = 0; i < tile_points; ++i)
          squares[i] += points_[d * tile_points + i] * points_[d * tile_points + i];
      std::uint32_t centre[tile_points];
      float score[tile_points];
      kernels().nearest_of_tile(
          {points_.data(), size_, centres_.data(), half_squares_.data(), half_squares_.size()},
          centre, score);
      for (std::size_t i = 0; i < count; ++i) {
        loss += std::max(0.0F, squares[i] / 2 + score[i]);
        visit(written_out(batch[first + i], space_), centre[i]);
      }
    }
    return loss;
  }

 private:
  void write_points(const Batch& rows) {
    std::size_t i = 0;
    for (; !rows.rows.is_sparse() && i + 4 <= rows.size(); i += 4)
      write_four({rows[i].value, rows[i + 1].value, rows[i + 2].value, rows[i + 3].value}, i);
    for (; i < rows.size(); ++i) write_point(written_out(rows[i], space_), 0, i);
  }
  void write_point(const float* x, std::size_t from, std::size_t i) {
    for (std::size_t d = from; d < size_; ++d) points_[d * tile_points + i] = x[d] - middle_[d];
  }
  // Four entries of four rows at a time, turned around.
  void write_four(const std::array<const float*, 4>& x, std::size_t i) {
    using Four = float __attribute__((vector_size(16), aligned(4), may_alias));
    std::size_t d = 0;
    for (; d + 4 <= size_; d += 4) {
      const Four middle = *reinterpret_cast<const Four*>(middle_.data() + d);
      Four row[4];
      for (std::size_t r = 0; r < 4; ++r)
        row[r] = *reinterpret_cast<const Four*>(x[r] + d) - middle;
      const Four low01 = __builtin_shufflevector(row[0], row[1], 0, 4, 1, 5);
      const Four low23 = __builtin_shufflevector(row[2], row[3], 0, 4, 1, 5);
      const Four high01 = __builtin_shufflevector(row[0], row[1], 2, 6, 3, 7);
      const Four high23 = __builtin_shufflevector(row[2], row[3], 2, 6, 3, 7);
      float* to = points_.data() + d * tile_points + i;
      const auto put = [&to](Four four) {
        *reinterpret_cast<Four*>(to) = four;
        to += tile_points;
      };
      put(__builtin_shufflevector(low01, low23, 0, 1, 4, 5));
      put(__builtin_shufflevector(low01, low23, 2, 3, 6, 7));
      put(__builtin_shufflevector(high01, high23, 0, 1, 4, 5));
      put(__builtin_shufflevector(high01, high23, 2, 3, 6, 7));
    }
    for (std::size_t r = 0; r < 4; ++r) write_point(x[r], d, i + r);
  }

  // Rows come in any order; those of the next tile are asked for in time.
  static void fetch(const Batch& batch, std::size_t first) {
    constexpr std::size_t line = 64 / sizeof(float);
    for (std::size_t i = first; i < std::min(first + tile_points, batch.size()); ++i) {
      const RowView row = batch[i];
      for (std::size_t k = 0; k < row.size; k += line) __builtin_prefetch(row.value + k);
    }
  }

  std::size_t size_;
  std::size_t count_;
  std::vector<float> middle_;
  std::vector<float> centres_;
  std::vector<float> half_squares_;
  std::vector<float> points_;
  std::vector<float> space_;
};

}  // namespace troupe
