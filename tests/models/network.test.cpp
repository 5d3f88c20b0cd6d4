/// Softmax regression and the multilayer perceptron at numbers known beforehand.
#include <doctest/doctest.h>

#include "models/network.hpp"
#include "tests/models/contract.hpp"

namespace troupe {
ModelKind softmax_kind();
ModelKind mlp_kind();
}  // namespace troupe

namespace troupe::testing {
namespace {

std::unique_ptr<Model> make_network(const ModelKind& kind, const Sample& sample,
                                    const std::vector<double>& hidden = {}, double l2 = 0,
                                    const std::string& regularise = "auto") {
  Settings settings = settings_for(kind, regularise, l2);
  settings.set("model.mlp.hidden", hidden);
  // Not all samples here have a row of every class.
  settings.set("model." + kind.kind.name + ".classes", std::int64_t{3});
  const DataFacts facts = sample.facts();
  return kind.make({settings, facts, facts.rows, true});
}

/// Two rows of one feature, classes 0 and 2: three classes.
Sample two_rows(bool sparse) {
  Sample sample;
  sample.sparse = sparse;
  sample.features = 1;
  sample.add_row({0}, {2}, 0);
  sample.add_row({0}, {-1}, 2);
  if (!sparse) sample.index.clear();
  return sample;
}

TEST_CASE("softmax: cross-entropy, hits and probabilities of known weights") {
  const Sample sample = two_rows(true);
  const auto softmax = make_network(softmax_kind(), sample);
  const std::vector<float> w = {1, 0, -1, 0, 0, 0.5F};  // logits (2, 0, -1.5) and (-1, 0, 1.5)
  const Rows rows = sample.rows();
  const auto picks = every_row(sample);
  const Evaluation sum = softmax->evaluate(w, {rows, picks});
  CHECK(sum.correct == 2);
  CHECK(sum.loss_sum == doctest::Approx(0.1531783 + 0.2663680));
  std::vector<float> out(2);
  softmax->predict(w, {rows, picks}, false, out);
  CHECK(out == std::vector<float>{0, 2});
  softmax->predict(w, {rows, picks}, true, out);
  CHECK(out[0] == doctest::Approx(0.8579767));
}

TEST_CASE("softmax: a row has a score and a probability for each class") {
  const Sample sample = two_rows(true);
  const auto softmax = make_network(softmax_kind(), sample);
  const std::vector<float> w = {1, 0, -1, 0, 0, 0.5F};
  const Rows rows = sample.rows();
  std::vector<float> out(6);
  REQUIRE(softmax->scores_per_row() == 3);
  softmax->scores(w, {rows, every_row(sample)}, false, out);
  CHECK(out == std::vector<float>{2, 0, -1.5F, -1, 0, 1.5F});
  softmax->scores(w, {rows, every_row(sample)}, true, out);
  CHECK(out[0] == doctest::Approx(0.8579767));
  CHECK(out[3] + out[4] + out[5] == doctest::Approx(1));
}

TEST_CASE("softmax: labels of any numbers are classes in their order, to the bit") {
  Sample counted = random_sample(false, 24, 40, 3);
  Sample named = counted;
  for (float& label : named.label)
    label = std::vector<float>{-1, 4, 9}[static_cast<std::size_t>(label)];
  const auto make_auto = [](const Sample& sample) {
    const DataFacts facts = sample.facts();
    return softmax_kind().make({settings_for(softmax_kind(), "auto", 0), facts, facts.rows, true});
  };
  const auto one = make_auto(counted);
  const auto other = make_auto(named);
  CHECK(one->class_labels({}) == std::vector<float>{0, 1, 2});
  CHECK(other->class_labels({}) == std::vector<float>{-1, 4, 9});
  const std::vector<float> w = normal_values(one->layout().size(), 0.4, 5);
  const ModelCase first{*one, counted, w};
  const ModelCase second{*other, named, w};
  check_near(first.gradient(every_row(counted)).values(),
             second.gradient(every_row(named)).values(), 0);
}

TEST_CASE("softmax: scores far out neither overflow nor lose their loss") {
  const Sample sample = two_rows(false);
  const auto softmax = make_network(softmax_kind(), sample);
  const Rows rows = sample.rows();
  const std::vector<std::uint32_t> first = {0};
  const std::vector<float> far = {-1e6F, 0, 1e6F, 0, 0, 0};
  CHECK(softmax->evaluate(far, {rows, first}).loss_sum == 4e6);
}

TEST_CASE("softmax: a sparse row touches its features and the biases alone") {
  const Sample sample = random_sample(true, 24, 40, 3);
  const auto softmax = make_network(softmax_kind(), sample, {}, 0.1);
  CHECK(softmax->traits().sparse);
  CHECK(softmax->regularise() == "per_feature");
  CHECK(make_network(softmax_kind(), sample, {}, 0.1, "dense")->traits().sparse == false);
  const std::vector<std::uint32_t> first = {0};
  const std::vector<float> w = normal_values(softmax->layout().size(), 1, 3);
  const ModelCase given{*softmax, sample, w};
  CHECK(given.gradient(first).entries() == 3 * sample.offsets[1] + 3);
}

TEST_CASE("network: dense and sparse rows of the same numbers give the same bits") {
  const Sample dense = random_sample(false, 200, 9, 3);
  Sample sparse = dense;
  sparse.sparse = true;
  for (std::size_t i = 0; i < 200; ++i)
    for (std::uint32_t u = 0; u < 9; ++u) sparse.index.push_back(u);
  const auto on_dense = make_network(mlp_kind(), dense, {7, 5});
  const auto on_sparse = make_network(mlp_kind(), sparse, {7, 5});
  const std::vector<float> w = normal_values(on_dense->layout().size(), 0.5, 3);
  const auto picks = every_row(dense);
  const Accumulator one = ModelCase{*on_dense, dense, w}.gradient(picks);
  const Accumulator two = ModelCase{*on_sparse, sparse, w}.gradient(picks);
  CHECK(std::ranges::equal(one.values(), two.values()));
}

TEST_CASE("mlp: its layout names each layer, and it starts where the seed says") {
  const Sample sample = random_sample(false, 30, 10, 3);
  const auto mlp = make_network(mlp_kind(), sample, {6, 4});
  const Layout layout = mlp->layout();
  REQUIRE(layout.segments.size() == 6);
  CHECK(layout.segments[2].name == "layer2.weights");
  CHECK(layout.segments[2].shape == std::vector<std::size_t>{6, 4});
  CHECK(layout.size() == 60 + 6 + 24 + 4 + 12 + 3);
  std::vector<float> one(layout.size());
  std::vector<float> two = one;
  std::vector<float> other = one;
  mlp->initialise(one, 1, {});
  mlp->initialise(two, 1, {});
  mlp->initialise(other, 2, {});
  CHECK(one == two);
  CHECK(one != other);
  CHECK(one[60] == 0);  // a bias
}

TEST_CASE("mlp: a hidden layer learns what no line can part") {
  Sample sample;
  sample.sparse = false;
  sample.features = 2;
  for (const float x : {0.0F, 1.0F})
    for (const float y : {0.0F, 1.0F}) sample.add_row({0, 1}, {x, y}, x == y ? 0.0F : 1.0F);
  sample.index.clear();
  const auto mlp = make_network(mlp_kind(), sample, {8});
  std::vector<float> w(mlp->layout().size());
  mlp->initialise(w, 1, {});
  const Rows rows = sample.rows();
  const auto picks = every_row(sample);
  Replica replica{w};
  for (int step = 0; step < 500; ++step)
    mlp->descend(replica, {rows, picks}, 4, std::vector<float>{0.5F});
  const Evaluation end = mlp->evaluate(w, {rows, picks});
  CHECK(end.correct == 4);
  CHECK(end.loss_sum < 0.1);
}

}  // namespace
}  // namespace troupe::testing
