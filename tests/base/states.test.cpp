/// Passes over whole states: right beside a plain loop, and the same at every CPU level.
#include "base/kernels/states.hpp"

#include <doctest/doctest.h>

#include <bit>
#include <limits>
#include <vector>

#include "base/cpu_level.hpp"
#include "base/random.hpp"
#include "tests/base/samples.hpp"

namespace troupe {
namespace {

double squared(const std::vector<float>& x, const std::vector<float>& y) {
  double sum = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double d = static_cast<double>(x[i]) - static_cast<double>(y[i]);
    sum += d * d;
  }
  return sum;
}

// Whole vectors, rests, nothing at all, and more than a lane adds up in single precision.
const std::vector<std::size_t> state_sizes = {0, 1, 15, 16, 17, 33, 1000, 16384, 16385, 47236};

}  // namespace

TEST_CASE("states: two distances in one pass are what a plain loop in double says") {
  for (const CpuLevel level : levels())
    for (const std::size_t size : state_sizes) {
      CAPTURE(to_text(level));
      CAPTURE(size);
      const StateKernels& loops = state_kernels_of(level);
      const auto after = normal(size, 1);
      const auto before = normal(size, 2);
      const auto other = normal(size, 3);
      const SquaredDistances met =
          loops.distances({after.data(), before.data(), other.data(), size});
      CHECK(met.after == doctest::Approx(squared(after, other)).epsilon(1e-6));
      CHECK(met.before == doctest::Approx(squared(before, other)).epsilon(1e-6));
      CHECK(loops.distance(after.data(), other.data(), size) == met.after);
      std::vector<float> to = after;
      loops.pull(0.25F, before.data(), other.data(), to.data(), size);
      for (std::size_t i = 0; i < size; ++i)
        REQUIRE(to[i] == after[i] - 0.25F * (before[i] - other[i]));
    }
}

TEST_CASE("states: all levels agree bit for bit") {
  const StateKernels& lowest = state_kernels_of(CpuLevel::v2);
  for (const CpuLevel level : levels())
    for (const std::size_t size : state_sizes) {
      const auto after = normal(size, 4);
      const auto before = normal(size, 5);
      const auto other = normal(size, 6);
      const StatesMet met{after.data(), before.data(), other.data(), size};
      const SquaredDistances ours = state_kernels_of(level).distances(met);
      const SquaredDistances theirs = lowest.distances(met);
      CHECK(std::bit_cast<std::uint64_t>(ours.after) == std::bit_cast<std::uint64_t>(theirs.after));
      CHECK(std::bit_cast<std::uint64_t>(ours.before) ==
            std::bit_cast<std::uint64_t>(theirs.before));
    }
}

TEST_CASE("states: what is not finite is no nearer to anything") {
  const auto at = normal(40, 7);
  for (const float bad :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    std::vector<float> other = at;
    other[39] = bad;
    const SquaredDistances met =
        state_kernels().distances({at.data(), at.data(), other.data(), 40});
    CHECK_FALSE(met.after < met.before);
  }
}

}  // namespace troupe
