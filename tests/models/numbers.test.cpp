/// SGD under its older names: what the classic models are known to reach.
#include <doctest/doctest.h>

#include "models/linear.hpp"
#include "tests/models/contract.hpp"

namespace troupe {
ModelKind linear_kind();
ModelKind lms_kind();
ModelKind perceptron_kind();
}  // namespace troupe

namespace troupe::testing {
namespace {

/// Rows one at a time, at a rate that falls as 1 / (1 + decay n).
std::vector<float> descended(const ModelKind& kind, const Sample& sample, double rate,
                             double decay) {
  const DataFacts facts = sample.facts();
  const Settings settings = settings_for(kind, "auto", 0);
  const auto model = kind.make({settings, facts, facts.rows, true});
  std::vector<float> rates(facts.rows);
  for (std::size_t n = 0; n < rates.size(); ++n)
    rates[n] = static_cast<float>(rate / (1 + decay * static_cast<double>(n)));
  std::vector<float> w(model->layout().size(), 0.0F);
  Replica replica{w};
  const auto picks = every_row(sample);
  const Rows rows = sample.rows();
  model->descend(replica, {rows, picks}, 1, rates);
  replica.settle();
  return w;
}

TEST_CASE("linear: squared error, its mean and scores of known weights") {
  Sample sample;
  sample.features = 2;
  sample.add_row({0, 1}, {1, 2}, 3.5F);
  sample.add_row({1}, {-1}, 2);
  const DataFacts facts = sample.facts();
  const Settings settings = settings_for(linear_kind(), "auto", 0);
  const auto model = linear_kind().make({settings, facts, 2, false});
  const Rows rows = sample.rows();
  const auto picks = every_row(sample);
  const std::vector<float> w = {0.5F, 1};  // scores 2.5 and -1
  const Evaluation sum = model->evaluate(w, {rows, picks});
  CHECK(sum.loss_sum == 0.5 + 4.5);
  CHECK(std::isnan(accuracy_of(*model, sum)));
  CHECK(model->traits().loss == "half squared error");
}

// A channel of three taps is to be found from its noisy output; the input is
// coloured, so that the taps disturb each other.
TEST_CASE("lms: the filter goes to the Wiener solution") {
  const std::vector<double> channel = {0.9, -0.4, 0.2};
  RandomStream random(3, Purpose::test);
  Sample sample;
  sample.sparse = false;
  sample.features = 3;
  std::vector<double> line(3, 0.0);
  for (int n = 0; n < 40000; ++n) {
    line = {0.5 * line[0] + random.normal(), line[0], line[1]};
    double output = 0.1 * random.normal();
    for (std::size_t i = 0; i < 3; ++i) output += channel[i] * line[i];
    sample.add_row({0, 1, 2}, std::vector<float>(line.begin(), line.end()),
                   static_cast<float>(output));
  }
  sample.index.clear();
  const std::vector<float> wiener(channel.begin(), channel.end());
  check_near(descended(lms_kind(), sample, 0.05, 1e-3), wiener, 0.01);
}

TEST_CASE("perceptron: separable rows are separated, and then it rests") {
  const Sample drawn = random_sample(false, 300, 10);
  const std::vector<float> truth = normal_values(10, 1, 21);
  Sample sample = drawn;
  sample.label.clear();
  sample.value.clear();
  for (std::size_t i = 0; i < 300; ++i) {
    const float* x = drawn.value.data() + 10 * i;
    double score = 0;
    for (std::size_t u = 0; u < 10; ++u) score += static_cast<double>(truth[u]) * x[u];
    if (std::abs(score) < 0.1) continue;  // a margin: so many mistakes and no more
    sample.value.insert(sample.value.end(), x, x + 10);
    sample.label.push_back(score > 0 ? 1.0F : -1.0F);
  }
  const DataFacts facts = sample.facts();
  const Settings settings = settings_for(perceptron_kind(), "auto", 0);
  const auto model = perceptron_kind().make({settings, facts, facts.rows, true});
  const Rows rows = sample.rows();
  const auto picks = every_row(sample);
  const Batch batch{rows, picks};
  std::vector<float> w(10, 0.0F);
  Replica replica{w};
  const std::vector<float> rates(batch.size(), 1.0F);
  for (int epoch = 0; epoch < 100; ++epoch) model->descend(replica, batch, 1, rates);
  CHECK(model->evaluate(w, batch).correct == sample.label.size());
  const std::vector<float> before = w;
  model->descend(replica, batch, 1, rates);
  CHECK(w == before);
}

}  // namespace
}  // namespace troupe::testing
