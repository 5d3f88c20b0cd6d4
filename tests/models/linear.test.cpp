#include <doctest/doctest.h>

#include <algorithm>
#include <limits>

#include "base/user_error.hpp"
#include "models/linear.hpp"
#include "models/logistic.hpp"
#include "models/svm.hpp"
#include "tests/models/contract.hpp"

namespace troupe::testing {
namespace {

struct Made {
  Settings settings;
  DataFacts facts;
  std::unique_ptr<Model> model;
};

Made make(const ModelKind& kind, const Sample& sample, const std::string& regularise, double l2,
          bool descends = true) {
  Made made{settings_for(kind, regularise, l2), sample.facts(), nullptr};
  made.model = kind.make({made.settings, made.facts, made.facts.rows, descends});
  return made;
}

// w = (1, -2, 0.5) scores these rows 1, -2, 0 and 3.
Sample four_rows() {
  Sample sample;
  sample.features = 3;
  sample.add_row({0}, {1}, 1);
  sample.add_row({1}, {1}, 1);
  sample.add_row({0, 1}, {2, 1}, 0);
  sample.add_row({0, 2}, {2.5F, 1}, 1);
  return sample;
}
const std::vector<float> known = {1, -2, 0.5F};

TEST_CASE("svm: hinge loss and hits of known weights, a score of 0 counts as -1") {
  const Sample sample = four_rows();
  const Made svm = make(svm_kind(), sample, "auto", 0);
  const Rows rows = sample.rows();
  const auto picks = every_row(sample);
  const Evaluation all = svm.model->evaluate(known, {rows, picks});
  CHECK(all.loss_sum == 0 + 3 + 1 + 0);
  CHECK(all.correct == 3);
  CHECK(all.rows == 4);
}

TEST_CASE("svm: a row on the margin or outside it moves nothing") {
  const Sample sample = four_rows();
  const Made svm = make(svm_kind(), sample, "auto", 0);
  const ModelCase given{*svm.model, sample, known};
  const std::vector<std::uint32_t> outside = {0, 3};
  CHECK(given.gradient(outside).entries() == 0);
  const std::vector<std::uint32_t> inside = {2};
  const Accumulator sum = given.gradient(inside);
  CHECK(sum.at(0) == 2);
  CHECK(sum.at(1) == 1);
}

TEST_CASE("svm: a score that is no number gives a loss that is none") {
  const Sample sample = four_rows();
  const Made svm = make(svm_kind(), sample, "auto", 0);
  const Rows rows = sample.rows();
  const auto picks = every_row(sample);
  const std::vector<float> broken(3, std::numeric_limits<float>::quiet_NaN());
  CHECK(std::isnan(svm.model->evaluate(broken, {rows, picks}).loss_sum));
}

TEST_CASE("logistic: log loss and probabilities of known weights") {
  const Sample sample = four_rows();
  const Made logistic = make(logistic_kind(), sample, "auto", 0);
  const Rows rows = sample.rows();
  const auto picks = every_row(sample);
  std::vector<float> out(4);
  logistic.model->predict(known, {rows, picks}, true, out);
  CHECK(out[0] == doctest::Approx(0.7310586));
  CHECK(out[2] == doctest::Approx(0.5));
  const double loss = logistic.model->evaluate(known, {rows, picks}).loss_sum;
  CHECK(loss == doctest::Approx(0.3132617 + 2.1269280 + 0.6931472 + 0.0485874));
}

TEST_CASE("logistic: scores far out neither overflow nor lose their loss") {
  Sample sample = four_rows();
  const Made logistic = make(logistic_kind(), sample, "auto", 0);
  const Rows rows = sample.rows();
  const std::vector<std::uint32_t> second = {1};
  const std::vector<float> far = {0, -1e6F, 0};
  CHECK(logistic.model->evaluate(far, {rows, second}).loss_sum == 1e6);
}

TEST_CASE("linear: bounds for the largest row norm") {
  const Sample sample = four_rows();
  CHECK(make(svm_kind(), sample, "auto", 0).model->bounds(2).gradient_norm == 2);
  CHECK(make(svm_kind(), sample, "auto", 0).model->bounds(2).lipschitz == 4);
  CHECK(make(logistic_kind(), sample, "auto", 0).model->bounds(2).lipschitz == 1);
}

TEST_CASE("linear: more features than the kernels can address are refused") {
  DataFacts facts;
  facts.path = "wide.h5";
  facts.sparse = true;
  facts.features = 3'000'000'000U;
  const Settings settings = settings_for(svm_kind(), "lazy", 0);
  CHECK_THROWS_WITH_AS(
      svm_kind().make({settings, facts, 1, true}),
      "wide.h5: 3000000000 features, but a linear model can have at most 2147483647", UserError);
}

TEST_CASE("regularise: auto is lazy in place, per_feature or dense for gradients") {
  const Sample sparse = random_sample(true, 5, 10);
  const Sample dense = random_sample(false, 5, 10);
  CHECK(make(svm_kind(), sparse, "auto", 0.1, true).model->regularise() == "lazy");
  CHECK(make(svm_kind(), sparse, "auto", 0.1, false).model->regularise() == "per_feature");
  CHECK(make(svm_kind(), dense, "auto", 0.1, true).model->regularise() == "lazy");
  CHECK(make(svm_kind(), dense, "auto", 0.1, false).model->regularise() == "dense");
  CHECK(make(svm_kind(), dense, "per_feature", 0.1, false).model->regularise() == "dense");
}

TEST_CASE("regularise: only sparse gradients are promised as sparse") {
  const Sample sample = random_sample(true, 5, 10);
  CHECK(make(svm_kind(), sample, "per_feature", 0.1).model->traits().sparse);
  CHECK(make(svm_kind(), sample, "dense", 0).model->traits().sparse);
  CHECK_FALSE(make(svm_kind(), sample, "dense", 0.1).model->traits().sparse);
  CHECK_FALSE(make(svm_kind(), sample, "lazy", 0.1).model->traits().sparse);
}

TEST_CASE("regularise: per_feature over all rows is the penalty's whole gradient") {
  const Sample sample = random_sample(true, 40, 30);
  const std::vector<float> w = normal_values(30, 1, 3);
  const Made with = make(svm_kind(), sample, "per_feature", 0.5);
  const Made without = make(svm_kind(), sample, "per_feature", 0);
  const auto picks = every_row(sample);
  const Accumulator full = ModelCase{*with.model, sample, w}.gradient(picks);
  const Accumulator bare = ModelCase{*without.model, sample, w}.gradient(picks);
  std::vector<float> pull(30);
  std::vector<float> expected(30);
  for (std::uint32_t u = 0; u < 30; ++u) {
    pull[u] = full.at(u) - bare.at(u);
    expected[u] = 40 * 0.5F * w[u];
  }
  check_near(pull, expected, 1e-4);
}

TEST_CASE("regularise: no pull carries a weight past zero, however long the step") {
  Sample sample = four_rows();
  const Made svm = make(svm_kind(), sample, "per_feature", 100);
  const Rows rows = sample.rows();
  const std::vector<std::uint32_t> outside = {3};
  std::vector<float> fused = known;
  std::vector<float> stepped = known;
  Replica ours{fused};
  Replica theirs{stepped};
  svm.model->descend(ours, {rows, outside}, 1, std::vector<float>{0.3F});
  svm.model->Model::descend(theirs, {rows, outside}, 1, std::vector<float>{0.3F});
  CHECK(fused == std::vector<float>{0, -2, 0});
  check_near(stepped, fused, 1e-6);
}

// Several epochs of single rows at a falling rate; the replica is settled once.
std::vector<float> descended(const std::string& regularise, double l2, float rate,
                             const ModelKind& kind = svm_kind()) {
  const Sample sample = random_sample(true, 150, 80);
  const Made svm = make(kind, sample, regularise, l2);
  const Rows rows = sample.rows();
  const auto picks = every_row(sample);
  std::vector<float> w = normal_values(80, 0.3, 9);
  Replica replica{w};
  for (int epoch = 0; epoch < 4; ++epoch) {
    const std::vector<float> rates(picks.size(), rate / static_cast<float>(1 + epoch));
    svm.model->descend(replica, {rows, picks}, 1, rates);
  }
  replica.settle();
  return w;
}

TEST_CASE("regularise: lazy equals the dense loop within 1e-6") {
  check_near(descended("lazy", 0.01, 0.1F), descended("dense", 0.01, 0.1F), 1e-6);
}

TEST_CASE("regularise: lazy goes on where its scale would underflow") {
  check_near(descended("lazy", 4, 0.2F), descended("dense", 4, 0.2F), 1e-6);
}

TEST_CASE("regularise: lazy survives a step that shrinks everything to nothing") {
  check_near(descended("lazy", 2, 0.5F), descended("dense", 2, 0.5F), 1e-6);
}

// The hinge loss as any other one: no loop knows it.
ModelKind plain_hinge() {
  ModelKind kind = svm_kind();
  kind.make = [](const ModelRequest& request) {
    return make_linear(
        {.at =
             [](double score, float label) {
               const double short_of = 1.0 - class_of(label) * score;
               return short_of <= 0 ? RowLoss{0.0, 0.0} : RowLoss{short_of, -class_of(label)};
             }},
        request);
  };
  return kind;
}

TEST_CASE("svm: the loop that has the hinge loss built in does the same to the bit") {
  for (const auto& [l2, rate] : {std::pair{1e-3, 0.1F}, {4.0, 0.2F}, {2.0, 0.5F}, {3.0, 0.5F}}) {
    CAPTURE(l2);
    CHECK(descended("lazy", l2, rate) == descended("lazy", l2, rate, plain_hinge()));
  }
}

TEST_CASE("svm: descent separates separable rows") {
  Sample sample;
  sample.features = 2;
  sample.add_row({0, 1}, {1, 0.2F}, 1);
  sample.add_row({0, 1}, {-1, 0.3F}, -1);
  const Made svm = make(svm_kind(), sample, "auto", 1e-3);
  const Rows rows = sample.rows();
  const auto picks = every_row(sample);
  std::vector<float> w(2, 0.0F);
  Replica replica{w};
  for (int epoch = 0; epoch < 50; ++epoch)
    svm.model->descend(replica, {rows, picks}, 1, std::vector<float>{0.1F, 0.1F});
  replica.settle();
  CHECK(svm.model->evaluate(w, {rows, picks}).correct == 2);
}

TEST_CASE("model: the scratch of one model does not leak into the next one's") {
  const Sample small = random_sample(true, 6, 5);
  const Sample large = random_sample(true, 6, 50);
  const Made first = make(svm_kind(), small, "per_feature", 0.1);
  const Made second = make(svm_kind(), large, "per_feature", 0.1);
  const auto stepped = [](const Made& made, const Sample& sample) {
    const Rows rows = sample.rows();
    const auto picks = every_row(sample);
    std::vector<float> w = normal_values(sample.features, 1, 4);
    Replica replica{w};
    made.model->descend(replica, {rows, picks}, 6, std::vector<float>{0.1F});
    return w;
  };
  const std::vector<float> alone = stepped(first, small);
  stepped(second, large);
  CHECK(stepped(first, small) == alone);
}

TEST_CASE("model: a layout's size is the sum of its segments' products") {
  const Layout layout{{{.name = "a", .shape = {3, 4}}, {.name = "b", .shape = {5}}}};
  CHECK(layout.size() == 17);
}

}  // namespace
}  // namespace troupe::testing
