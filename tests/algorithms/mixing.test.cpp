/// What peers make of each other's states: merges that have no aggregator.
#include <doctest/doctest.h>

#include "algorithms/merge.hpp"

namespace troupe {
MergeKind mean_merge();
MergeKind parzen_merge();
MergeKind push_sum_merge();
}  // namespace troupe

using namespace troupe;
using Vector = std::vector<float>;

namespace {

std::unique_ptr<Merge> parzen(bool window, const char* strength) {
  Settings settings;
  settings.set("training.parzen.window", window);
  settings.set("training.parzen.strength", std::string(strength));
  return parzen_merge().make(settings);
}

struct Mixed {
  Vector state;
  std::vector<bool> let_in;
};

/// A step from `before` by `step`, and states that were heard.
Mixed mixed(const Merge& merge, const Vector& before, const Vector& step,
            const std::vector<Vector>& others, float rate) {
  Mixed result{.state = before, .let_in = {}};
  for (std::size_t i = 0; i < step.size(); ++i) result.state[i] += step[i];
  std::vector<Opinion> heard;
  for (const Vector& other : others) heard.push_back({.state = other});
  result.let_in =
      merge.mix({.replica = result.state, .before = before, .heard = heard, .rate = rate});
  return result;
}

}  // namespace

TEST_CASE("parzen: the pull towards one state is inside the step, eps / 2 of the way") {
  // w - eps [w - (w + w_j) / 2 + g] with eps = 0.2 and eps g = (-1, 0, 0).
  const Mixed one = mixed(*parzen(true, "literal"), {0, 2, 4}, {1, 0, 0}, {{10, 4, 0}}, 0.2F);
  CHECK(one.let_in == std::vector<bool>{true});
  CHECK(one.state[0] == doctest::Approx(0 + 1 - 0.2 / 2 * (0 - 10)));
  CHECK(one.state[1] == doctest::Approx(2 - 0.2 / 2 * (2 - 4)));
  CHECK(one.state[2] == doctest::Approx(4 - 0.2 / 2 * (4 - 0)));
}

TEST_CASE("parzen: the alternative goes half of the way, whatever the rate is") {
  const Mixed half = mixed(*parzen(true, "half"), {0, 2, 4}, {1, 0, 0}, {{10, 4, 0}}, 0.2F);
  CHECK(half.state == Vector{6, 3, 2});
}

TEST_CASE("parzen: only states that the step comes nearer to are let in") {
  const auto let_in = [](const Vector& step, const Vector& other, bool window) -> bool {
    return mixed(*parzen(window, "literal"), {0, 0, 0}, step, {other}, 1).let_in.front();
  };
  CHECK(let_in({1, 0, 0}, {3, 0, 0}, true));         // ahead
  CHECK_FALSE(let_in({1, 0, 0}, {-3, 0, 0}, true));  // behind
  CHECK_FALSE(let_in({1, 0, 0}, {0, 3, 0}, true));   // abreast
  CHECK_FALSE(let_in({0, 0, 0}, {3, 0, 0}, true));   // no step, no nearer
  CHECK_FALSE(let_in({2, 0, 0}, {1, 0, 0}, true));   // beyond it: as far as before
  CHECK(let_in({1, 0, 0}, {-3, 0, 0}, false));       // the window is off
}

TEST_CASE("parzen: of several only those let in count, and together they pull to their mean") {
  const Mixed some =
      mixed(*parzen(true, "half"), {0, 0, 0}, {3, 0, 0}, {{9, 0, 0}, {-9, 0, 0}, {9, 9, 0}}, 1);
  CHECK(some.let_in == std::vector<bool>{true, false, true});
  CHECK(some.state == Vector{3 + 6, 3, 0});  // mean of (0 0 0), (9 0 0), (9 9 0) is (6 3 0)
}

TEST_CASE("mean among peers: by the weights of the edges") {
  Vector state{4};
  const Vector other{8};
  const std::vector<Opinion> heard{{.state = other, .weight = 0.25}};
  const auto merge = mean_merge().make(Settings());
  const Encounter encounter{.replica = state, .before = state, .heard = heard, .own = 0.75};
  CHECK(merge->weight(encounter) == 1);
  merge->mix(encounter);
  CHECK(state == Vector{5});
}

TEST_CASE(
    "push sum: on a lopsided graph the weighted mean is the mean of all, a plain one is not") {
  // 0 tells 1 and 2, 1 tells 0, 2 tells 0: shares of a half or a third, columns sum to 1.
  const double m[3][3] = {{1.0 / 3, 0.5, 0.5}, {1.0 / 3, 0.5, 0}, {1.0 / 3, 0, 0.5}};
  const auto spread = [&](const Merge& merge, bool weighted) {
    std::vector<Vector> states{{0}, {3}, {9}};
    std::vector<double> weights{1, 1, 1};
    for (int round = 0; round < 60; ++round) {
      std::vector<Vector> next = states;
      std::vector<double> heavier = weights;
      for (std::size_t i = 0; i < 3; ++i) {
        std::vector<Opinion> heard;
        for (std::size_t j = 0; j < 3; ++j)
          if (j != i && m[i][j] > 0)
            heard.push_back({.state = states[j], .weight = m[i][j] * weights[j]});
        const Encounter encounter{
            .replica = next[i], .before = states[i], .heard = heard, .own = m[i][i] * weights[i]};
        heavier[i] = merge.weight(encounter);
        merge.mix(encounter);
      }
      states = next;
      if (weighted) weights = heavier;
    }
    CHECK(weights[0] + weights[1] + weights[2] == doctest::Approx(3));
    CHECK(states[0][0] == doctest::Approx(states[2][0]).epsilon(1e-4));
    return states[1][0];
  };
  CHECK(spread(*push_sum_merge().make(Settings()), true) == doctest::Approx(4).epsilon(1e-4));
  CHECK(spread(*mean_merge().make(Settings()), false) != doctest::Approx(4).epsilon(1e-2));
}
