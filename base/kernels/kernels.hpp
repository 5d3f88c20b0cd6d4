/// Inner loops over floats, compiled once per CPU level. All levels add the same
/// numbers in the same order and never fuse, so they agree bit for bit.
#pragma once

#include <cstddef>
#include <cstdint>

namespace troupe {

enum class CpuLevel;

/// The entries of a sparse row: `index` lists distinct positions, each < 2^31.
struct SparseEntries {
  const std::uint32_t* index;
  const float* value;
  std::size_t size;
};

/// What each position is pulled towards zero with, and the most that counts of it.
struct Pulls {
  const float* values;
  float bound;
};

/// c += a b. Rows of b and c lie so many floats apart; a has a step for its columns
/// too, so that a transposed matrix is as good. b and c do not overlap.
struct Product {
  const float* a;
  std::size_t a_row;
  std::size_t a_column;
  const float* b;
  std::size_t b_row;
  float* c;
  std::size_t c_row;
  std::size_t rows;     ///< of a and c
  std::size_t inner;    ///< columns of a, rows of b
  std::size_t columns;  ///< of b and c
};

/// Points by columns: entry d of point k lies at values[d * stride + k].
struct Columns {
  const float* values;
  std::size_t stride;  ///< a multiple of 16; columns that are no points lie far away
};

/// Points by columns, tile_points of them: entry d of point i lies at
/// points[d * tile_points + i]. Centres by rows, a multiple of 4 of them; half_squares
/// has half of each one's square, infinity for one that is no centre.
inline constexpr std::size_t tile_points = 32;
struct TileOfPoints {
  const float* points;
  std::size_t size;  ///< entries of a point
  const float* centres;
  const float* half_squares;
  std::size_t count;  ///< of centres
};

/// A sparse row; a label > 0 is one class, all others are the other one.
struct LabelledRow {
  const std::uint32_t* index;
  const float* value;
  std::uint32_t size;
  float label;
};

/// `count` steps of a row each, with a rate each. Those behind them, up to `known`, come
/// next: what lies hinge_ahead rows ahead is asked for.
inline constexpr std::size_t hinge_ahead = 4;
struct HingeSteps {
  const LabelledRow* rows;
  const float* rates;
  std::size_t count;
  std::size_t known;
  double l2;
  double scale_min;  ///< positive, and not to be left
  double scale_max;
};

/// The parameters are scale x values; `loss` sums up what the steps meet.
struct ScaledModel {
  float* values;
  double scale;
  double loss;
};

struct Kernels {
  /// sum of x[i] y[i]
  float (*dot)(const float* x, const float* y, std::size_t size);
  /// y += a x
  void (*axpy)(float a, const float* x, float* y, std::size_t size);
  /// x *= a
  void (*scale)(float a, float* x, std::size_t size);
  /// x -= a x; exact for an a so small that 1 - a would lose its digits
  void (*shrink)(float a, float* x, std::size_t size);
  /// sum of row.value[k] y[row.index[k]]
  float (*sparse_dot)(const SparseEntries& row, const float* y);
  /// y[row.index[k]] += a row.value[k]
  void (*sparse_axpy)(float a, const SparseEntries& row, float* y);
  /// to[k] = from[index[k]]
  void (*gather)(const std::uint32_t* index, std::size_t size, const float* from, float* to);
  /// y[index[k]] += a value[k], one after another: an index may stand several times.
  /// False when an entry of y is not finite afterwards.
  bool (*scatter_add)(float a, const SparseEntries& entries, float* y);
  /// w[k] = a row.value[k] + min(pulls[row.index[k]], bound) w[k]
  void (*pull_entries)(float a, const SparseEntries& row, const Pulls& pulls, float* w);
  /// no x[i] is infinite or not a number
  bool (*finite)(const float* x, std::size_t size);
  /// every index[k] < limit
  bool (*all_below)(const std::uint32_t* index, std::size_t size, std::uint32_t limit);
  /// each entry of c adds its products in the order of the inner index
  void (*multiply)(const Product& product);
  /// the column with the least squared distance to x; the first of several
  std::size_t (*nearest)(const float* x, std::size_t size, const Columns& columns);
  /// For each point the centre c with the least |c|^2 / 2 - x c, the first of several,
  /// and that number; products are added up in the order of the entries.
  void (*nearest_of_tile)(const TileOfPoints& tile, std::uint32_t* centre, float* score);
  /// One row a step: the scale shrinks by rate x l2, and a row inside the margin moves
  /// the values. Answers with how many were done; the next one would take the scale out
  /// of its bounds.
  std::size_t (*descend_hinge)(const HingeSteps& steps, ScaledModel& model);
};

/// Those of the level in use; see base/cpu_level.hpp.
const Kernels& kernels();
const Kernels& kernels_of(CpuLevel level);

extern const Kernels kernels_v2;
extern const Kernels kernels_v3;  ///< on x86-64 only, like v4
extern const Kernels kernels_v4;

}  // namespace troupe
