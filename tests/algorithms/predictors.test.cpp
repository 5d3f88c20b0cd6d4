/// What LC-ASGD predicts: the losses to come, and how many steps of others.
#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "algorithms/loss_predictor.hpp"
#include "algorithms/step_predictor.hpp"
#include "base/random.hpp"

using namespace troupe;

namespace {

double decaying(int t) { return 0.2 + 0.8 * std::pow(0.9, t); }

}  // namespace

TEST_CASE("loss predictor: a loss that decays to a floor goes on doing so") {
  LossPredictor losses(50);
  for (int t = 0; t <= 40; ++t) losses.learn(decaying(t));
  double expected = 0;
  for (int k = 1; k <= 8; ++k) expected += decaying(40 + k);
  CHECK(losses.sum_of_next(decaying(40), 8) == doctest::Approx(expected).epsilon(1e-3));
}

TEST_CASE("loss predictor: no updates, no losses; without a past the last one goes on") {
  LossPredictor losses(50);
  CHECK(losses.sum_of_next(0.5, 0) == 0);
  CHECK(losses.sum_of_next(0.5, 3) == doctest::Approx(1.5));
  losses.learn(0.5);
  losses.learn(0.5);
  CHECK(losses.sum_of_next(0.5, 3) == doctest::Approx(1.5));
}

TEST_CASE("loss predictor: it expects neither less than nothing nor more than it ever saw") {
  LossPredictor rising(50);
  for (int t = 1; t <= 10; ++t) rising.learn(std::pow(1.5, t));
  CHECK(rising.sum_of_next(std::pow(1.5, 10), 100) <= 100 * std::pow(1.5, 10));
  LossPredictor falling(50);
  for (int t = 1; t <= 10; ++t) falling.learn(11.0 - t);
  CHECK(falling.sum_of_next(1, 100) >= 0);
  CHECK(falling.sum_of_next(1, UINT64_MAX) < 1e6);
}

TEST_CASE("loss predictor: what is not finite teaches nothing and is answered with nothing") {
  LossPredictor losses(50);
  losses.learn(1);
  losses.learn(std::numeric_limits<double>::quiet_NaN());
  losses.learn(1);
  CHECK(losses.sum_of_next(1, 2) == doctest::Approx(2));
  CHECK(losses.sum_of_next(std::numeric_limits<double>::infinity(), 2) == 0);
}

TEST_CASE("step predictor: in turn with three others it says three") {
  StepPredictor steps(20);
  double said = 0;
  for (int round = 0; round < 10; ++round)
    for (std::uint32_t worker = 0; worker < 4; ++worker)
      said = steps.next(worker, {.pull_seconds = 0.1, .compute_seconds = 1});
  CHECK(said == doctest::Approx(3).epsilon(0.03));
}

namespace {

struct Errors {
  double predicted = 0;
  double last = 0;
};

/// Worker 0 becomes slower from step to step, three others do not: by how much the
/// predictor and "as many as last time" are wrong about what comes between, on average.
Errors under_drift(double slower) {
  StepPredictor steps(30);
  RandomStream random(7, Purpose::test);
  double next_report[4] = {1, 1.1, 1.2, 1.3};
  double lasts = 1;
  double said = 0;
  double count = 0;
  int reports = 0;
  Errors errors;
  while (reports < 200) {
    std::uint32_t who = 0;
    for (std::uint32_t w = 1; w < 4; ++w)
      if (next_report[w] < next_report[who]) who = w;
    if (who > 0) {
      steps.next(who, {.pull_seconds = 0.01, .compute_seconds = 1});
      next_report[who] += 0.95 + 0.1 * random.uniform();
      ++count;
      continue;
    }
    if (reports > 20) {
      errors.predicted += std::abs(said - count) / 180;
      errors.last += std::abs(steps.last(0) - count) / 180;
    }
    said = steps.next(0, {.pull_seconds = 0.01, .compute_seconds = lasts});
    lasts = 1 + slower * ++reports;
    next_report[0] += lasts;
    count = 0;
  }
  return errors;
}

}  // namespace

TEST_CASE("step predictor: under drift it is nearer than the last count") {
  for (const double slower : {0.2, 0.5}) {
    const Errors errors = under_drift(slower);
    CAPTURE(slower);
    CHECK(errors.predicted < 0.8 * errors.last);
  }
  const Errors steady = under_drift(0);
  CHECK(steady.predicted < steady.last + 0.3);  // and without one hardly worse
}
