/// Products of matrices and nearest columns, against plain loops: to the bit.
#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <vector>

#include "base/cpu_level.hpp"
#include "base/kernels/kernels.hpp"
#include "base/random.hpp"
#include "tests/base/samples.hpp"

namespace troupe {
namespace {

struct Shape {
  std::size_t rows, inner, columns;
};
// Tiles, rests of each kind, more than a block of the inner index, nothing at all.
const std::vector<Shape> shapes = {{1, 1, 1},  {8, 5, 32}, {9, 300, 33},  {3, 7, 10}, {17, 64, 65},
                                   {4, 0, 40}, {0, 3, 8},  {33, 513, 31}, {2, 2, 0},  {16, 16, 16}};

/// What multiply() does to normal numbers, with a transposed or not.
std::vector<float> product(const Kernels& loops, const Shape& shape, bool transposed) {
  const auto [rows, inner, columns] = shape;
  const std::vector<float> a = normal(rows * inner, 1);
  const std::vector<float> b = normal(inner * (columns + 2), 2);
  std::vector<float> c = normal(rows * (columns + 3), 3);
  loops.multiply({.a = a.data(),
                  .a_row = transposed ? 1 : inner,
                  .a_column = transposed ? rows : 1,
                  .b = b.data(),
                  .b_row = columns + 2,
                  .c = c.data(),
                  .c_row = columns + 3,
                  .rows = rows,
                  .inner = inner,
                  .columns = columns});
  return c;
}

std::vector<float> plain_product(const Shape& shape, bool transposed) {
  const auto [rows, inner, columns] = shape;
  const std::vector<float> a = normal(rows * inner, 1);
  const std::vector<float> b = normal(inner * (columns + 2), 2);
  std::vector<float> c = normal(rows * (columns + 3), 3);
  for (std::size_t i = 0; i < rows; ++i)
    for (std::size_t j = 0; j < columns; ++j)
      for (std::size_t k = 0; k < inner; ++k)
        c[i * (columns + 3) + j] +=
            (transposed ? a[k * rows + i] : a[i * inner + k]) * b[k * (columns + 2) + j];
  return c;
}

std::vector<const Kernels*> all_levels() {
  std::vector<const Kernels*> result;
  for (const CpuLevel level : {CpuLevel::v2, CpuLevel::v3, CpuLevel::v4})
    if (level <= best_cpu_level()) result.push_back(&kernels_of(level));
  return result;
}

TEST_CASE("kernels: a product is the plain loop's to the bit, and writes nothing else") {
  for (const Kernels* loops : all_levels())
    for (const Shape& shape : shapes)
      for (const bool transposed : {false, true}) {
        CAPTURE(shape.rows);
        CAPTURE(shape.inner);
        CAPTURE(shape.columns);
        CHECK(product(*loops, shape, transposed) == plain_product(shape, transposed));
      }
}

TEST_CASE("kernels: the nearest column is the first with the least distance") {
  for (const Kernels* loops : all_levels())
    for (const std::size_t count : {1, 10, 16, 40, 100}) {
      constexpr std::size_t size = 7;
      const std::size_t stride = (count + 15) / 16 * 16;
      std::vector<float> columns(size * stride, 1e30F);
      const std::vector<float> points = normal(size * count, 5);
      for (std::size_t k = 0; k < count; ++k)
        for (std::size_t d = 0; d < size; ++d)
          columns[d * stride + k] = points[(k - k / 30) * size + d];  // some of them twice
      for (std::uint64_t seed = 0; seed < 50; ++seed) {
        const std::vector<float> x = normal(size, 100 + seed);
        std::vector<float> distance(count, 0.0F);
        for (std::size_t k = 0; k < count; ++k)
          for (std::size_t d = 0; d < size; ++d) {
            const float difference = x[d] - columns[d * stride + k];
            distance[k] += difference * difference;
          }
        const auto first = std::ranges::min_element(distance) - distance.begin();
        CHECK(loops->nearest(x.data(), size, {columns.data(), stride}) ==
              static_cast<std::size_t>(first));
      }
    }
}

TEST_CASE("kernels: a tile's points find the first of the least scores, to the bit") {
  for (const Kernels* loops : all_levels())
    for (const std::size_t count : {1, 10, 101}) {
      constexpr std::size_t size = 7;
      const std::size_t padded = (count + 3) / 4 * 4;
      std::vector<float> centres = normal(size * padded, 5);
      std::copy_n(centres.begin(), size, centres.begin() + (count - 1) * size);  // one twice
      std::vector<float> halves(padded, std::numeric_limits<float>::infinity());
      std::fill_n(halves.begin(), count, 0.25F);
      const std::vector<float> points = normal(size * tile_points, 6);
      std::uint32_t centre[tile_points];
      float score[tile_points];
      loops->nearest_of_tile({points.data(), size, centres.data(), halves.data(), padded}, centre,
                             score);
      for (std::size_t i = 0; i < tile_points; ++i) {
        std::vector<float> scores;
        for (std::size_t k = 0; k < count; ++k) {
          float product = 0;
          for (std::size_t d = 0; d < size; ++d)
            product += centres[k * size + d] * points[d * tile_points + i];
          scores.push_back(halves[k] - product);
        }
        const auto least = std::ranges::min_element(scores);
        CHECK(centre[i] == static_cast<std::uint32_t>(least - scores.begin()));
        CHECK(score[i] == *least);
      }
    }
}

TEST_CASE("kernels: the path of the best level is the one that runs") {
  const Kernels* best = &kernels_of(best_cpu_level());
  CHECK(&kernels() == best);
  if (best_cpu_level() == CpuLevel::v2) return;
  // The same name linked from several levels would be one function for all of them.
  const Kernels& low = kernels_of(CpuLevel::v2);
  CHECK((best->dot != low.dot) == true);
  CHECK((best->sparse_dot != low.sparse_dot) == true);
  CHECK((best->multiply != low.multiply) == true);
  CHECK((best->nearest_of_tile != low.nearest_of_tile) == true);
}

}  // namespace
}  // namespace troupe
