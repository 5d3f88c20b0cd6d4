/// Random faults over every topology of the tables: no seed breaks anything.
#include <doctest/doctest.h>

#include <utility>

#include "bench/campaign/law.hpp"
#include "bench/campaign/trial.hpp"
#include "tests/runtime/all_tables.hpp"

using namespace troupe;
using namespace troupe::campaign;
using troupe::testing::all;

namespace {

// Sanitizers look at the code, not for the rare seed.
constexpr std::uint64_t seeds = TROUPE_FEWER > 1 ? 3 : 500;

}  // namespace

TEST_CASE("campaign: no fault of 500 seeds breaks a promise, on any topology") {
  const std::vector<Programme> played = programmes(all());
  CHECK(played.size() >= 4);  // a topology without a programme would go unnoticed
  for (const Programme& programme : played)
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
      const Finding finding = try_seed(all(), programme, seed);
      CHECK_MESSAGE(finding.broken.empty(), programme.topology, " seed ", seed, ": ",
                    finding.broken, "\n", finding.story);
    }
}

TEST_CASE("campaign: a seed is played again as it was") {
  const std::vector<Programme> played = programmes(all());
  for (const Programme& programme : played) {
    const Finding once = try_seed(all(), programme, 7);
    const Finding again = try_seed(all(), programme, 7);
    CHECK(once.seconds == again.seconds);
    CHECK(once.story == again.story);
  }
}

TEST_CASE("stragglers: a round lasts as long as its slowest, which grows like log n" *
          doctest::skip(TROUPE_FEWER > 1)) {
  for (const auto& [workers, seconds] : {std::pair{10U, 6.86}, {100U, 11.37}})
    CHECK(round_seconds(all(), workers, 400) == doctest::Approx(seconds).epsilon(0.02));
  CHECK(round_seconds(all(), 1000, 120) == doctest::Approx(15.97).epsilon(0.02));
  CHECK(expected_round_seconds(10000) == doctest::Approx(20.57).epsilon(0.001));
}

TEST_CASE("stragglers: 16 workers take 2.59 times as long behind a barrier as without one" *
          doctest::skip(TROUPE_FEWER > 1)) {
  CHECK(price_of_waiting(all(), 16, 1000) == doctest::Approx(2.59).epsilon(0.02));
}
