#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "algorithms/exchange.hpp"

namespace troupe {
UpdateKind sgd_update();
UpdateKind momentum_update();
UpdateKind nesterov_update();
UpdateKind delay_compensated_update();
MergeKind mean_merge();
MergeKind sum_merge();
MergeKind newest_merge();
MergeKind elastic_merge();
ExchangeKind gradient_exchange();
ExchangeKind state_exchange();
ExchangeKind delta_exchange();
}  // namespace troupe

using namespace troupe;

namespace {

Accumulator gradient(float first, float second) {
  Accumulator sum(2);
  sum.add(0, first);
  sum.add(1, second);
  return sum;
}

std::unique_ptr<Update> momentum(const std::string& form) {
  Settings settings;
  settings.set("training.momentum.beta", 0.5);
  settings.set("training.momentum.form", form);
  return momentum_update().make(settings, 2);
}

}  // namespace

TEST_CASE("sgd: w - rate x factor x g, sparse or dense") {
  std::vector<float> w{1.0F, 1.0F};
  Accumulator g(2);
  g.add(1, 4.0F);
  const auto update = sgd_update().make(Settings(), 2);
  update->apply(w, g, 0.5F, 0.1F);
  CHECK(w == std::vector<float>{1.0F, 0.8F});
  g.make_dense();
  update->apply(w, g, 0.5F, 0.1F);
  CHECK(w[0] == 1.0F);
  CHECK(w[1] == doctest::Approx(0.6));
}

TEST_CASE("momentum polyak: z = beta z + g, by hand over two steps") {
  std::vector<float> w{0.0F, 0.0F};
  const auto update = momentum("polyak");
  update->apply(w, gradient(1, 2), 1.0F, 0.1F);
  update->apply(w, gradient(1, 0), 1.0F, 0.1F);
  CHECK(w[0] == doctest::Approx(-0.1 - 0.15));
  CHECK(w[1] == doctest::Approx(-0.2 - 0.1));  // goes on where the gradient is zero
  CHECK(update->dense());
}

TEST_CASE("momentum averaged: z = beta z + (1 - beta) g") {
  std::vector<float> w{0.0F, 0.0F};
  const auto update = momentum("averaged");
  update->apply(w, gradient(1, 2), 1.0F, 0.1F);
  CHECK(w[0] == doctest::Approx(-0.05));
}

TEST_CASE("momentum polyak on a quadratic agrees with its closed form") {
  // f = w^2 / 2: w_{k+1} = (1 + beta - rate) w_k - beta w_{k-1}.
  std::vector<float> w{1.0F, 0.0F};
  const auto update = momentum("polyak");
  double now = 1.0;
  double before = 1.0;
  for (int k = 0; k < 20; ++k) {
    update->apply(w, gradient(w[0], 0), 1.0F, 0.1F);
    const double next = (1 + 0.5 - 0.1) * now - 0.5 * before;
    before = now;
    now = next;
  }
  CHECK(w[0] == doctest::Approx(now).epsilon(1e-4));
}

TEST_CASE("merge: the mean counts rows, the sum counts partitions' means") {
  const Arrived arrived{.rows = 32, .partitions = 2};
  CHECK(mean_merge().make(Settings())->gradient_factor(arrived) == doctest::Approx(1.0 / 32));
  CHECK(sum_merge().make(Settings())->gradient_factor(arrived) == doctest::Approx(1.0 / 16));
  CHECK(mean_merge().make(Settings())->state_factor(arrived) == doctest::Approx(0.5));
  CHECK_FALSE(sum_merge().states);
}

TEST_CASE("newest: of entries that collide the newer counts, the rest of the older stays") {
  const auto merge = newest_merge().make(Settings());
  Accumulator older(4);
  older.add(0, 1.0F);
  older.add(2, 2.0F);
  Accumulator newer(4);
  newer.add(2, 8.0F);
  newer.add(3, 9.0F);
  CHECK(merge->fold(older, newer));
  CHECK(std::ranges::equal(older.values(), std::vector<float>{1, 0, 8, 9}));
  CHECK(older.entries() == 3);
  CHECK_FALSE(merge->fold(newer, older));  // covers it
  Accumulator dense(4);
  dense.make_dense();
  CHECK_FALSE(merge->fold(older, dense));
  CHECK(std::ranges::equal(older.values(), std::vector<float>(4)));
  CHECK(merge->gradient_factor({.rows = 32, .partitions = 2}) == doctest::Approx(1.0 / 16));
}

TEST_CASE("state exchange: a round becomes the merge, one that comes alone weighs its share") {
  std::vector<float> model{1.0F};
  const std::vector<float> sum{6.0F};
  const auto exchange = state_exchange().make(Settings());
  const auto merge = mean_merge().make(Settings());
  const auto update = sgd_update().make(Settings(), 1);
  exchange->absorb(
      {.model = model, .states = sum, .arrived = {.rows = 8, .partitions = 2}, .round = true},
      *merge, *update);
  CHECK(model[0] == 3.0F);
  exchange->absorb({.model = model,
                    .states = sum,
                    .arrived = {.rows = 8, .partitions = 1},
                    .partitions = 4,
                    .round = false},
                   *merge, *update);
  CHECK(model[0] == doctest::Approx(3.75));  // a quarter of the way from 3 to 6
}

TEST_CASE("gradient exchange: the update rule makes the step") {
  std::vector<float> model{0.0F, 0.0F};
  const Accumulator sum = gradient(4, 8);
  const auto merge = mean_merge().make(Settings());
  const auto update = sgd_update().make(Settings(), 2);
  gradient_exchange()
      .make(Settings())
      ->absorb({.model = model,
                .gradients = &sum,
                .arrived = {.rows = 4, .partitions = 1},
                .rate = 0.5F},
               *merge, *update);
  CHECK(model == std::vector<float>{-0.5F, -1.0F});
}

TEST_CASE("nesterov: the same path as Sutskever's two lines, seen from the point ahead") {
  // f = w^2 / 2: v <- beta v - rate (w + beta v), w <- w + v; the rule holds w + beta v.
  Settings settings;
  settings.set("training.nesterov.beta", 0.5);
  const auto update = nesterov_update().make(settings, 2);
  std::vector<float> ahead{1.0F, 0.0F};
  double w = 1.0;
  double v = 0.0;
  for (int k = 0; k < 20; ++k) {
    update->apply(ahead, gradient(ahead[0], 0), 1.0F, 0.1F);
    v = 0.5 * v - 0.1 * (w + 0.5 * v);
    w += v;
    CHECK(ahead[0] == doctest::Approx(w + 0.5 * v).epsilon(1e-5));
  }
}

namespace {

std::unique_ptr<Update> delay_compensated(double lambda, bool adaptive) {
  Settings settings;
  settings.set("training.delay_compensated.lambda", lambda);
  settings.set("training.delay_compensated.adaptive", adaptive);
  settings.set("training.delay_compensated.smoothing", 0.95);
  return delay_compensated_update().make(settings, 2);
}

/// A gradient applied at `w` that was computed at `pulled`.
std::vector<float> applied(Update& update, std::vector<float> w, const std::vector<float>& pulled,
                           const Accumulator& g) {
  update.about({.pulled = pulled});
  update.apply(w, g, 1.0F, 0.1F);
  return w;
}

}  // namespace

TEST_CASE("delay compensated: without delay it is plain descent") {
  const std::vector<float> w{1.0F, 2.0F};
  for (const bool adaptive : {false, true})
    CHECK(applied(*delay_compensated(2, adaptive), w, w, gradient(3, 4)) ==
          std::vector<float>{1.0F - 0.1F * 3, 2.0F - 0.1F * 4});
}

TEST_CASE("delay compensated: w - rate (g + lambda g g (w - b)), by hand") {
  const auto w = applied(*delay_compensated(0.5, false), {1, 2}, {0, 2.5F}, gradient(3, 4));
  CHECK(w[0] == doctest::Approx(1 - 0.1 * (3 + 0.5 * 9 * 1)));
  CHECK(w[1] == doctest::Approx(2 - 0.1 * (4 + 0.5 * 16 * -0.5)));
}

TEST_CASE("delay compensated: on a quadratic a late gradient comes nearer to the one of now") {
  // f = w^2 / 2, so g(w) = w; lambda g g (w - b) makes up for w - b where g is near 1.
  const double b = 1.0;
  const double w = 0.8;
  const auto error = [&](double lambda) {
    const auto g = static_cast<float>(b);
    const auto moved = applied(*delay_compensated(lambda, false), {static_cast<float>(w), 0},
                               {static_cast<float>(b), 0}, gradient(g, 0));
    return std::abs(moved[0] - (w - 0.1 * w));
  };
  CHECK(error(0.5) < 0.6 * error(0));
  CHECK(error(1) < 1e-6);
}

TEST_CASE("delay compensated: adaptive divides lambda by the root of a decaying mean square") {
  const auto update = delay_compensated(2, true);
  double square = 0;
  for (int k = 0; k < 5; ++k) {
    Accumulator g(2);
    if (k != 2) g.add(0, 3.0F);  // an entry that is missing decays all the same
    g.add(1, 1.0F);
    const auto w = applied(*update, {1, 0}, {0, 0}, g);
    square = 0.95 * square + 0.05 * (k != 2 ? 9 : 0);
    if (k == 2) continue;
    const double lambda = 2 / std::sqrt(square + 1e-7);
    CHECK(w[0] == doctest::Approx(1 - 0.1 * (3 + lambda * 9)).epsilon(1e-5));
  }
}

TEST_CASE("elastic: replica and model pull at each other, both with the old model") {
  Settings settings;
  settings.set("training.elastic.alpha", 0.25);
  const auto merge = elastic_merge().make(settings);
  const auto update = sgd_update().make(Settings(), 1);
  std::vector<float> centre{2.0F};
  std::vector<float> replica{6.0F};
  state_exchange()
      .make(Settings())
      ->absorb({.model = centre,
                .states = replica,
                .arrived = {.rows = 8, .partitions = 1},
                .partitions = 4,
                .round = false},
               *merge, *update);
  CHECK(centre[0] == doctest::Approx(2 + 0.25 * (6 - 2)));
  merge->meet(replica, centre);
  CHECK(replica[0] == doctest::Approx(6 - 0.25 * (6 - 2)));
}

TEST_CASE("delta exchange: what arrives is added; the mean of a round, or the sum of it") {
  const auto absorbed = [](const MergeKind& kind) {
    std::vector<float> model{1.0F};
    const std::vector<float> sum{6.0F};
    const auto update = sgd_update().make(Settings(), 1);
    delta_exchange()
        .make(Settings())
        ->absorb({.model = model, .states = sum, .arrived = {.rows = 8, .partitions = 2}},
                 *kind.make(Settings()), *update);
    return model[0];
  };
  CHECK(absorbed(mean_merge()) == 4.0F);
  CHECK(absorbed(sum_merge()) == 7.0F);
}
