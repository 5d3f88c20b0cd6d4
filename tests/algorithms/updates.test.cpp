#include <doctest/doctest.h>

#include "algorithms/exchange.hpp"

namespace troupe {
UpdateKind sgd_update();
UpdateKind momentum_update();
MergeKind mean_merge();
MergeKind sum_merge();
ExchangeKind gradient_exchange();
ExchangeKind state_exchange();
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
