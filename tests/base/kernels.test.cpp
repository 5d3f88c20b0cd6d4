#include "base/kernels/kernels.hpp"

#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <vector>

#include "base/cpu_level.hpp"
#include "base/random.hpp"
#include "base/user_error.hpp"
#include "tests/base/samples.hpp"

namespace troupe {
namespace {

std::vector<std::uint32_t> scattered(std::size_t size, std::uint32_t below) {
  std::vector<std::uint32_t> index(below);
  for (std::uint32_t i = 0; i < below; ++i) index[i] = i;
  shuffle(index, RandomStream(8, Purpose::test));
  index.resize(size);
  return index;
}

// Whole vectors, rests and nothing at all.
const std::vector<std::size_t> sizes = {0, 1, 3, 15, 16, 17, 31, 32, 33, 47, 64, 77, 1000};

TEST_CASE("kernels: dense ones compute what a plain loop in double does") {
  for (const CpuLevel level : levels())
    for (const std::size_t size : sizes) {
      CAPTURE(to_text(level));
      CAPTURE(size);
      const Kernels& loops = kernels_of(level);
      const std::vector<float> x = normal(size, 1);
      std::vector<float> y = normal(size, 2);
      double sum = 0;
      for (std::size_t i = 0; i < size; ++i) sum += static_cast<double>(x[i]) * y[i];
      CHECK(std::abs(loops.dot(x.data(), y.data(), size) - sum) < 1e-4);
      const std::vector<float> before = y;
      loops.axpy(2.5F, x.data(), y.data(), size);
      for (std::size_t i = 0; i < size; ++i) CHECK(y[i] == before[i] + 2.5F * x[i]);
      loops.scale(0.5F, y.data(), size);
      for (std::size_t i = 0; i < size; ++i) CHECK(y[i] == 0.5F * (before[i] + 2.5F * x[i]));
      loops.shrink(0.5F, y.data(), size);
      for (std::size_t i = 0; i < size; ++i) CHECK(y[i] == 0.25F * (before[i] + 2.5F * x[i]));
    }
}

TEST_CASE("kernels: sparse ones compute what a plain loop in double does") {
  for (const CpuLevel level : levels())
    for (const std::size_t size : sizes) {
      CAPTURE(to_text(level));
      CAPTURE(size);
      const Kernels& loops = kernels_of(level);
      const std::vector<std::uint32_t> index = scattered(size, 2000);
      const std::vector<float> x = normal(size, 1);
      std::vector<float> y = normal(2000, 2);
      const SparseEntries row{index.data(), x.data(), size};
      double sum = 0;
      for (std::size_t k = 0; k < size; ++k) sum += static_cast<double>(x[k]) * y[index[k]];
      CHECK(std::abs(loops.sparse_dot(row, y.data()) - sum) < 1e-4);
      std::vector<float> expected = y;
      for (std::size_t k = 0; k < size; ++k) expected[index[k]] += -1.5F * x[k];
      loops.sparse_axpy(-1.5F, row, y.data());
      CHECK(y == expected);
    }
}

TEST_CASE("kernels: all levels agree bit for bit") {
  const Kernels& lowest = kernels_of(CpuLevel::v2);
  for (const CpuLevel level : levels())
    for (const std::size_t size : sizes) {
      CAPTURE(to_text(level));
      CAPTURE(size);
      const Kernels& loops = kernels_of(level);
      const std::vector<std::uint32_t> index = scattered(size, 2000);
      const std::vector<float> x = normal(size, 3);
      const std::vector<float> y = normal(2000, 4);
      const SparseEntries row{index.data(), x.data(), size};
      CHECK(std::bit_cast<std::uint32_t>(loops.dot(x.data(), y.data(), size)) ==
            std::bit_cast<std::uint32_t>(lowest.dot(x.data(), y.data(), size)));
      CHECK(std::bit_cast<std::uint32_t>(loops.sparse_dot(row, y.data())) ==
            std::bit_cast<std::uint32_t>(lowest.sparse_dot(row, y.data())));
      std::vector<float> ours = y;
      std::vector<float> theirs = y;
      loops.axpy(0.1F, x.data(), ours.data(), size);
      lowest.axpy(0.1F, x.data(), theirs.data(), size);
      CHECK(ours == theirs);
    }
}

TEST_CASE("kernels: what a sparse row does not list may be anything") {
  for (const CpuLevel level : levels())
    for (const std::size_t size : sizes) {
      CAPTURE(to_text(level));
      std::vector<std::uint32_t> index = scattered(size, 1999);
      for (std::uint32_t& at : index) ++at;
      std::vector<float> y = normal(2000, 2);
      y[0] = std::numeric_limits<float>::infinity();
      const std::vector<float> x = normal(size, 1);
      CHECK(std::isfinite(kernels_of(level).sparse_dot({index.data(), x.data(), size}, y.data())));
    }
}

TEST_CASE("cpu level: names go both ways") {
  for (const CpuLevel level : {CpuLevel::v2, CpuLevel::v3, CpuLevel::v4})
    CHECK(cpu_level_named(to_text(level)) == level);
  CHECK_FALSE(cpu_level_named("v5").has_value());
}

TEST_CASE("cpu level: the one asked for is the one in use") {
  use_cpu_level(CpuLevel::v2);
  CHECK(cpu_level() == CpuLevel::v2);
  CHECK(&kernels() == &kernels_of(CpuLevel::v2));
  use_cpu_level(best_cpu_level());
  CHECK(cpu_level() == best_cpu_level());
}

TEST_CASE("cpu level: one that the machine lacks is refused") {
  CHECK_THROWS_WITH_AS(use_cpu_level(CpuLevel::v4, CpuLevel::v3),
                       "kernels of level v4 asked for, but this machine has v3 at most", UserError);
}

}  // namespace
}  // namespace troupe
