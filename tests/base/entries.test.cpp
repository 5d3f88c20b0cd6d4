#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "base/cpu_level.hpp"
#include "base/kernels/kernels.hpp"
#include "base/random.hpp"

namespace troupe {
namespace {

constexpr std::uint32_t positions = 300;

/// Entries as rows list them: rising positions, falling back where a row begins, and
/// now and then the same one twice in a row.
struct Entries {
  explicit Entries(std::size_t size, std::uint64_t seed) {
    RandomStream random(seed, Purpose::test, size);
    std::uint32_t at = 0;
    for (std::size_t k = 0; k < size; ++k) {
      at += static_cast<std::uint32_t>(random.below(20));
      if (at >= positions) at = static_cast<std::uint32_t>(random.below(5));
      index.push_back(at);
      value.push_back(static_cast<float>(random.normal()));
    }
    for (std::uint32_t u = 0; u < positions; ++u)
      model.push_back(static_cast<float>(random.normal()));
  }
  SparseEntries list() const { return {index.data(), value.data(), index.size()}; }

  std::vector<std::uint32_t> index;
  std::vector<float> value;
  std::vector<float> model;
};

template <class Check>
void at_every_level(Check&& check) {
  for (const CpuLevel level : {CpuLevel::v2, CpuLevel::v3, CpuLevel::v4}) {
    if (level > best_cpu_level()) continue;
    CAPTURE(to_text(level));
    for (const std::size_t size : {0, 1, 3, 15, 16, 17, 33, 64, 77, 1000})
      for (std::uint64_t seed = 1; seed <= 5; ++seed) {
        CAPTURE(size);
        check(kernels_of(level), Entries(size, seed));
      }
  }
}

TEST_CASE("entries: scattering adds one after another, also where a position repeats") {
  at_every_level([](const Kernels& loops, Entries given) {
    std::vector<float> expected = given.model;
    for (std::size_t k = 0; k < given.index.size(); ++k)
      expected[given.index[k]] += -0.3F * given.value[k];
    CHECK(loops.scatter_add(-0.3F, given.list(), given.model.data()));
    CHECK(given.model == expected);
  });
}

TEST_CASE("entries: scattering says when a sum is not finite any more") {
  at_every_level([](const Kernels& loops, Entries given) {
    if (given.index.empty()) return;
    const std::size_t last = given.index.size() - 1;
    std::vector<float> model = given.model;
    model[given.index[last]] = std::numeric_limits<float>::max();
    given.value[last] = std::numeric_limits<float>::max();
    CHECK_FALSE(loops.scatter_add(1, given.list(), model.data()));
    model = given.model;
    given.value[last] = 1;
    given.value[0] = std::numeric_limits<float>::quiet_NaN();
    CHECK_FALSE(loops.scatter_add(1, given.list(), model.data()));
  });
}

TEST_CASE("entries: gathering reads each position, however often") {
  at_every_level([](const Kernels& loops, const Entries& given) {
    std::vector<float> found(given.index.size() + 1, -7.0F);
    loops.gather(given.index.data(), given.index.size(), given.model.data(), found.data());
    for (std::size_t k = 0; k < given.index.size(); ++k)
      CHECK(found[k] == given.model[given.index[k]]);
    CHECK(found.back() == -7.0F);  // and nothing behind the end
  });
}

TEST_CASE("entries: slope and pull make the gradient in place, the pull bounded") {
  at_every_level([](const Kernels& loops, const Entries& given) {
    std::vector<float> pulls = given.model;
    for (float& pull : pulls) pull = std::abs(pull);
    std::vector<float> w(given.index.size() + 1, 0.5F);
    loops.pull_entries(2, given.list(), {pulls.data(), 0.7F}, w.data());
    for (std::size_t k = 0; k < given.index.size(); ++k)
      CHECK(w[k] == 2 * given.value[k] + std::min(pulls[given.index[k]], 0.7F) * 0.5F);
    CHECK(w.back() == 0.5F);
  });
}

TEST_CASE("entries: one position out of bounds is found wherever it stands") {
  at_every_level([](const Kernels& loops, Entries given) {
    const std::size_t size = given.index.size();
    CHECK(loops.all_below(given.index.data(), size, positions));
    for (std::size_t k = 0; k < size; k += 13) {
      const std::uint32_t before = std::exchange(given.index[k], positions);
      CHECK_FALSE(loops.all_below(given.index.data(), size, positions));
      given.index[k] = std::numeric_limits<std::uint32_t>::max();
      CHECK_FALSE(loops.all_below(given.index.data(), size, positions));
      given.index[k] = before;
    }
  });
}

TEST_CASE("entries: one number that is none is found wherever it stands") {
  at_every_level([](const Kernels& loops, Entries given) {
    const std::size_t size = given.value.size();
    CHECK(loops.finite(given.value.data(), size));
    for (std::size_t k = 0; k < size; k += 13) {
      const float before = std::exchange(given.value[k], std::numeric_limits<float>::infinity());
      CHECK_FALSE(loops.finite(given.value.data(), size));
      given.value[k] = before;
    }
  });
}

}  // namespace
}  // namespace troupe
