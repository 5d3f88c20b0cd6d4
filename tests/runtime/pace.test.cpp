#include "runtime/pace.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <stdexcept>

#include "runtime/pace_keys.hpp"

using namespace troupe;

namespace {

double mean_of(const std::string& text, double unit_seconds = 1) {
  constexpr int draws = 20000;
  const Distribution distribution = Distribution::parse(text, unit_seconds);
  RandomStream stream(3, Purpose::test);
  double sum = 0;
  for (int i = 0; i < draws; ++i) sum += distribution.draw(stream);
  return sum / draws;
}

}  // namespace

TEST_CASE("pace: distributions have the means that they say") {
  CHECK(mean_of("2.5") == 2.5);
  CHECK(mean_of("50us") == doctest::Approx(50e-6));
  CHECK(mean_of("1+exp(0.5)") == doctest::Approx(3.0).epsilon(0.03));
  CHECK(mean_of("uniform(1, 4)") == doctest::Approx(2.5).epsilon(0.02));
  CHECK(mean_of("uniform(10us,30us)") == doctest::Approx(20e-6).epsilon(0.02));
  CHECK(mean_of("normal(5, 1)") == doctest::Approx(5.0).epsilon(0.02));
  CHECK(mean_of(" 1 + 2ms + exp( 4 ) ") == doctest::Approx(1.252).epsilon(0.02));
}

TEST_CASE("pace: a duration with a unit of time means what it says, whatever a 1 lasts") {
  CHECK(mean_of("3", 1e-3) == 3);
  CHECK(mean_of("3ms", 1e-3) == doctest::Approx(3));
  CHECK(mean_of("exp(4)", 1e-3) == doctest::Approx(0.25).epsilon(0.03));
  CHECK_THROWS_WITH_AS(Distribution::parse("exp(2ms)", 1e-3),
                       "expected a rate (exp(0.5) has a mean of 2ms) at column 5, not '2ms)'",
                       std::invalid_argument);
}

TEST_CASE("pace: a duration is never negative") {
  const Distribution distribution = Distribution::parse("normal(-1, 0.5)");
  RandomStream stream(3, Purpose::test);
  for (int i = 0; i < 1000; ++i) CHECK(distribution.draw(stream) >= 0);
}

TEST_CASE("pace: a mistake in a distribution is told with its column") {
  const std::vector<std::pair<std::string, std::string>> mistakes{
      {"",
       "expected a number, exp(rate), uniform(low, high) or normal(mean, deviation) at column "
       "1, not the end"},
      {"1+", "expected a number at column 3, not the end"},
      {"1+expo(2)",
       "expected a number, exp(rate), uniform(low, high) or normal(mean, deviation) "
       "at column 3, not 'expo(2)'"},
      {"exp(0)", "expected a rate > 0 at column 5, not '0)'"},
      {"exp(1ms)", "expected a rate (exp(1000) has a mean of 1ms) at column 5, not '1ms)'"},
      {"1+exp( 2 s )", "expected a rate (exp(0.5) has a mean of 2 s) at column 8, not '2 s )'"},
      {"exp(-1ms)", "expected a rate > 0 at column 5, not '-1ms)'"},
      {"exp(a)", "expected a rate > 0 at column 5, not 'a)'"},
      {"exp 3", "expected '(' at column 5, not '3'"},
      {"exp(3", "expected ')' at column 6, not the end"},
      {"uniform(2)", "expected ',' at column 10, not ')'"},
      {"uniform(2, 1)", "expected a high that is no less than the low at column 12, not '1)'"},
      {"normal(1, -1)", "expected a deviation >= 0 at column 11, not '-1)'"},
      {"-1", "expected a number >= 0 at column 1, not '-1'"},
      {"3min", "expected a unit (ns, us, ms or s) at column 2, not 'min'"},
      {"1 2", "expected '+' or the end at column 3, not '2'"},
      {"inf",
       "expected a number, exp(rate), uniform(low, high) or normal(mean, deviation) at "
       "column 1, not 'inf'"},
  };
  for (const auto& [text, line] : mistakes)
    CHECK_THROWS_WITH_AS(Distribution::parse(text), line.c_str(), std::invalid_argument);
}

TEST_CASE("pace: a computation is a function of seed, worker and count") {
  Pace pace;
  pace.real = false;
  pace.step = Distribution::parse("1+exp(0.5)");
  CHECK(pace.computation(1, 7, 16) == pace.computation(1, 7, 16));
  CHECK(pace.computation(1, 7, 16) != pace.computation(1, 8, 16));
  CHECK(pace.computation(1, 7, 16) != pace.computation(2, 7, 16));
  Pace other = pace;
  other.seed = 2;
  CHECK(pace.computation(1, 7, 16) != other.computation(1, 7, 16));
}

TEST_CASE("pace: a worker's factor and the unit stretch a drawn step") {
  Pace pace;
  pace.real = false;
  pace.step = Distribution::parse("2");
  pace.unit_seconds = 1e-3;
  pace.factors = {1.0, 3.0};
  CHECK(pace.computation(0, 0, 16) == doctest::Approx(2e-3));
  CHECK(pace.computation(1, 0, 16) == doctest::Approx(6e-3));
  CHECK(pace.computation(2, 0, 16) == doctest::Approx(2e-3));
}

TEST_CASE("pace: a real step costs its rows, and no step costs nothing") {
  Pace pace;
  CHECK(pace.computation(0, 0, 16) == doctest::Approx(1e-6 + 16 * 60e-9));
  pace.real = false;
  pace.step = Distribution::parse("0");
  CHECK(pace.computation(0, 0, 16) > 0);
}

TEST_CASE("pace: messages are delayed edge by edge") {
  Pace pace;
  CHECK(pace.message(1, 2, 0) == 0);
  pace.delay = Distribution::parse("exp(1000)");
  CHECK(pace.message(1, 2, 0) != pace.message(2, 1, 0));
  CHECK(pace.message(1, 2, 0) == pace.message(1, 2, 0));
}

TEST_CASE("pace: a worker may have a distribution of its own") {
  Pace pace;
  pace.of_worker.emplace(1, Distribution::parse("3"));
  CHECK(pace.computation(1, 0, 16) == doctest::Approx(3));
  CHECK(pace.computation(0, 0, 16) == doctest::Approx(1e-6 + 16 * 60e-9));
  CHECK(pace.sleeps(1));
  CHECK_FALSE(pace.sleeps(0));
}

TEST_CASE("pace: work goes on behind what stands still in between") {
  Pace pace;
  pace.faults = {{.worker = 1, .at = 2, .seconds = 3},
                 {.worker = 1, .what = Mishap::freeze, .at = 6, .seconds = 1},
                 {.worker = 1, .what = Mishap::cut, .at = 0, .seconds = 9}};
  CHECK(pace.done(1, 0, 1) == 1);
  CHECK(pace.done(1, 1, 1.5) == 5.5);
  CHECK(pace.done(1, 3, 0) == 5);
  CHECK(pace.done(1, 1, 3) == 8);
  CHECK(pace.done(0, 1, 3) == 4);
}

TEST_CASE("pace: real hosts play pauses and padded steps, the twin alone all else") {
  Pace pace;
  pace.links = {{.loss = 0.1}};
  pace.faults = {{.worker = 1, .at = 2, .seconds = 3},
                 {.worker = 1, .what = Mishap::crash, .at = 6}};
  const Pace real = pace.for_real_hosts();
  CHECK(real.links.empty());
  REQUIRE(real.faults.size() == 1);
  CHECK(real.faults[0].what == Mishap::pause);
  CHECK(left_to_the_twin(pace) ==
        "[[pace.link]], crash of [pace] happen in 'troupe twin' alone; this run has real "
        "processes and a real network");
  CHECK(left_to_the_twin(real).empty());
}
