/// Whole algorithms beside loops written out by hand, to the last bit: all numbers are small
/// multiples of powers of two, so that no order of adding rounds.
#include <doctest/doctest.h>

#include <numeric>

#include "runtime/twin/twin.hpp"
#include "tests/actors/toy_plan.hpp"

using namespace troupe;

namespace {

constexpr std::uint32_t features = 12;
constexpr float rate = 0.125F;
using Weights = std::vector<float>;

std::vector<SparseRow> exact_rows(std::uint64_t count) {
  static constexpr float values[] = {-1, -0.5F, 0.5F, 1};
  std::vector<SparseRow> rows(count);
  for (std::uint64_t i = 0; i < count; ++i) {
    RandomStream stream(21, Purpose::test, i);
    for (std::uint32_t u = 0; u < features; ++u) {
      if (stream.below(3) != 0) continue;
      rows[i].index.push_back(u);
      rows[i].value.push_back(values[stream.below(4)]);
    }
    rows[i].label = stream.below(2) == 0 ? 1.0F : -1.0F;
  }
  return rows;
}

std::shared_ptr<Plan> plan_of(Toy toy, const std::vector<SparseRow>& rows,
                              SamplerKind sampler = {Shuffle::none, false}) {
  toy.rows = rows.size();
  toy.validation = 0;
  const auto plan = toy_plan(toy);
  plan->data = memory_dataset(rows, features);
  plan->schedule.start = rate;
  Settings settings;
  settings.set("model.l2", 0.0);
  settings.set("model.regularise", std::string("auto"));
  plan->model = svm_kind().make({.settings = settings,
                                 .facts = plan->data->facts(),
                                 .rows = rows.size(),
                                 .descends = plan->descends});
  plan->supply = toy_supply(*plan, sampler);
  return plan;
}

Weights trained(const std::shared_ptr<Plan>& plan, const std::string& step = "1+exp(0.5)",
                const std::vector<double>& factors = {}) {
  Pace pace;
  pace.real = false;
  pace.step = Distribution::parse(step);
  pace.delay = Distribution::parse("0.01");
  pace.factors = factors;
  Weights w;
  run_twin({.plan = plan, .pace = pace, .report = [&](const Report& report) {
              if (const auto* end = std::get_if<EndReport>(&report))
                w.assign(end->model.values().begin(), end->model.values().end());
            }});
  return w;
}

/// g += the sub-gradient of max(0, 1 - y w x).
void add_hinge(const SparseRow& row, const Weights& w, Weights& g) {
  float score = 0;
  for (std::size_t k = 0; k < row.index.size(); ++k) score += row.value[k] * w[row.index[k]];
  if (row.label * score >= 1) return;
  for (std::size_t k = 0; k < row.index.size(); ++k) g[row.index[k]] -= row.label * row.value[k];
}

Weights gradient(const std::vector<SparseRow>& rows, std::vector<std::size_t> which,
                 const Weights& w) {
  Weights g(features);
  for (const std::size_t i : which) add_hinge(rows[i], w, g);
  return g;
}

void step(Weights& w, const Weights& g, float by) {
  for (std::size_t i = 0; i < w.size(); ++i) w[i] -= by * g[i];
}

std::vector<std::size_t> range(std::size_t first, std::size_t count) {
  std::vector<std::size_t> all(count);
  std::iota(all.begin(), all.end(), first);
  return all;
}

}  // namespace

TEST_CASE("batch gradient descent is the hand's, for any number of workers; mini-batches are not") {
  const auto rows = exact_rows(64);
  Weights w(features);
  for (int epoch = 0; epoch < 3; ++epoch) step(w, gradient(rows, range(0, 64), w), rate / 64);
  const auto on = [&](std::uint32_t workers, std::uint64_t batch) {
    return trained(
        plan_of({.workers = workers, .partitions = workers, .batch = batch, .epochs = 3}, rows));
  };
  for (const std::uint32_t workers : {1U, 2U, 4U}) CHECK(on(workers, 64 / workers) == w);
  CHECK(on(1, 8) != on(2, 8));
}

TEST_CASE("serial sgd draws uniformly and steps row by row, as a scalar loop does") {
  const auto rows = exact_rows(64);
  const auto plan = plan_of({.workers = 1,
                             .partitions = 1,
                             .batch = 1,
                             .local_steps = 64,
                             .epochs = 2,
                             .exchange = state_exchange()},
                            rows, {Shuffle::local, true});
  Weights w(features);
  const auto feed = toy_supply(*plan, {Shuffle::local, true})->feed(0);
  for (std::uint64_t epoch = 0; epoch < 2; ++epoch)
    for (std::uint64_t at = 0; at < 64; ++at) {
      const RowView drawn = feed->draw(epoch, at, at + 1)[0];
      SparseRow row{.index = {drawn.index, drawn.index + drawn.size},
                    .value = {drawn.value, drawn.value + drawn.size},
                    .label = drawn.label};
      Weights g(features);
      add_hinge(row, w, g);
      step(w, g, rate);
    }
  CHECK(trained(plan) == w);
}

TEST_CASE("ssgd is the mean over workers of their mini-batches' gradients at one w") {
  const auto rows = exact_rows(64);
  Weights w(features);
  for (std::size_t first = 0; first < 16; first += 4) {
    Weights sum(features);
    for (std::size_t p = 0; p < 4; ++p)
      step(sum, gradient(rows, range(16 * p + first, 4), w), -1);  // adds
    step(w, sum, rate / 16);
  }
  CHECK(trained(plan_of({.workers = 4, .partitions = 4, .epochs = 1}, rows)) == w);
}

TEST_CASE("asgd applies a gradient of the model before: w' = w - rate g(w one update ago)") {
  const auto rows = exact_rows(64);
  Weights w(features);
  Weights before = w;
  for (std::size_t t = 0; t < 16; ++t) {
    const Weights g = gradient(rows, range(4 * t, 4), before);
    before = w;
    step(w, g, rate / 4);
  }
  // One worker with two turns under way: each is one update late.
  CHECK(trained(plan_of({.workers = 1,
                         .partitions = 1,
                         .epochs = 1,
                         .gate = open_gate(),
                         .pull = PullKind::dense,
                         .ahead = 2},
                        rows),
                "1") == w);
}

TEST_CASE("k gradients at one w are one mini-batch: parallel updates, or one parallel update") {
  const auto rows = exact_rows(64);
  std::vector<SparseRow> together;
  for (std::size_t first = 0; first < 16; first += 4)
    for (std::size_t p = 0; p < 4; ++p)
      for (std::size_t i = 0; i < 4; ++i) together.push_back(rows[16 * p + first + i]);
  CHECK(trained(plan_of({.workers = 4, .partitions = 4, .epochs = 1}, rows)) ==
        trained(plan_of({.workers = 1, .partitions = 1, .batch = 16, .epochs = 1}, together)));
}

TEST_CASE("workers whose rows share no feature end where a serial loop does, in any order") {
  auto rows = exact_rows(64);
  for (std::size_t i = 0; i < 64; ++i) {
    SparseRow apart;
    apart.label = rows[i].label;
    for (std::size_t k = 0; k < rows[i].index.size(); ++k)
      if ((rows[i].index[k] < features / 2) == (i < 32)) {
        apart.index.push_back(rows[i].index[k]);
        apart.value.push_back(rows[i].value[k]);
      }
    rows[i] = apart;
  }
  Weights w(features);
  for (std::size_t t = 0; t < 16; ++t) step(w, gradient(rows, range(4 * t, 4), w), rate / 4);
  // Eight turns each, whoever is a little faster.
  for (const auto& factors : {std::vector<double>{1, 1}, {1, 1.1}, {1.1, 1}})
    CHECK(trained(plan_of({.epochs = 1, .gate = open_gate()}, rows), "1", factors) == w);
  // With features in common an open gate is something else.
  const auto shared = exact_rows(64);
  Weights serial(features);
  for (std::size_t t = 0; t < 64; ++t)
    step(serial, gradient(shared, range(4 * (t % 16), 4), serial), rate / 4);
  CHECK(trained(plan_of({.epochs = 4, .gate = open_gate()}, shared), "1") != serial);
}
