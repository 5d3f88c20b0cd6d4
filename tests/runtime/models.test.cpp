/// Every model of the table keeps the contract, and labels that a model cannot
/// use are refused before anything starts.
#include <doctest/doctest.h>

#include "base/user_error.hpp"
#include "datasets/memory.hpp"
#include "runtime/assemble.hpp"
#include "tests/models/contract.hpp"
#include "tests/runtime/all_tables.hpp"

namespace troupe::testing {
namespace {

using testing::all;

/// Oja's rule as it is written, in double: minus y (x - y w) for one component.
void check_oja(const ModelCase& given) {
  const Rows rows = given.sample.rows();
  for (std::uint32_t i = 0; i < rows.size(); ++i) {
    const RowView row = rows[i];
    std::vector<double> x(rows.features(), 0.0);
    for (std::uint32_t k = 0; k < row.size; ++k)
      x[row.index == nullptr ? k : row.index[k]] = row.value[k];
    double y = 0;
    for (std::size_t u = 0; u < x.size(); ++u) y += x[u] * given.parameters[u];
    std::vector<float> expected(x.size());
    for (std::size_t u = 0; u < x.size(); ++u)
      expected[u] = static_cast<float>(-y * (x[u] - y * given.parameters[u]));
    check_near(given.gradient({&i, 1}).values(), expected, 1e-5);
  }
}

TEST_CASE("models: every kind of the table keeps the contract") {
  check_models(all().models, {{"oja", check_oja}},
               {{"model.mlp.hidden", std::vector<double>{5, 4}}});
}

/// A set of dense rows (1, 1, 1) with these labels, in turn.
std::shared_ptr<const Dataset> labelled(const std::vector<float>& labels) {
  std::vector<DenseRow> rows;
  for (std::size_t i = 0; i < 200; ++i)
    rows.push_back({.value = {1, 1, 1}, .label = labels[i % labels.size()]});
  return memory_dataset(rows);
}

std::string model_refusal(const std::vector<std::string>& overrides, const DataSets& data,
                          ExitCode code = ExitCode::data) {
  try {
    const Config config =
        load_config(all(), {"run.toml", "data.path = \"a.h5\"\n[model]\n", {}, overrides});
    assemble(config, all(), data);
  } catch (const UserError& error) {
    CHECK(error.code() == code);
    return error.what();
  }
  return "";
}

TEST_CASE("models: a model of two classes refuses labels of several, and numbers") {
  std::vector<float> numbers(100);
  for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = 0.5F + static_cast<float>(i);
  const std::string fix =
      ", but this model tells labels > 0 from all others; for more classes there is model.kind = "
      "\"softmax\", for numbers model.kind = \"linear\"";
  for (const char* kind : {"svm", "logistic", "perceptron"}) {
    const std::string model = std::string("model.kind=") + kind;
    CHECK(model_refusal({model}, {labelled({0, 1, 2, 3, 4}), nullptr}) ==
          "memory: 5 different labels (0, 1, 2, 3, ...)" + fix);
    CHECK(model_refusal({model}, {labelled(numbers), nullptr}) ==
          "memory: more than 64 different labels" + fix);
    CHECK(model_refusal({model}, {labelled({1, 2}), nullptr}) ==
          "memory: the labels 1, 2 are one class to this model, which tells labels > 0 from all "
          "others; write them as -1 and 1");
    CHECK(model_refusal({model}, {labelled({0, 1}), nullptr}).empty());
    CHECK(model_refusal({model}, {labelled({0, 1}), labelled({0, 1, 2})}) ==
          "memory: 3 different labels (0, 1, 2)" + fix);
  }
}

TEST_CASE("models: a model of numbers takes all labels, and has no accuracy to stop at") {
  const DataSets data{labelled({0.25F, -3, 8, 17}), nullptr};
  for (const char* kind : {"linear", "lms", "kmeans", "oja"}) {
    const std::string model = std::string("model.kind=") + kind;
    CHECK(model_refusal({model}, data).empty());
    CHECK(model_refusal({model, "target=0.9"}, data, ExitCode::usage) ==
          "-s target=0.9: training.stop.target = 0.9 is an accuracy, and model.kind = \"" +
              std::string(kind) +
              "\" tells no classes apart; training.stop.no_better_for watches its loss");
    CHECK(model_refusal({model, "phi=0.5"}, data, ExitCode::usage)
              .starts_with("-s phi=0.5: training.stop.tolerance.phi = 0.5 needs "

                           "training.stop.tolerance.gradient_norm and lipschitz"));
  }
}

TEST_CASE("models: classes are whole numbers, and the test set has no other ones") {
  for (const char* kind : {"softmax", "mlp"}) {
    const std::string model = std::string("model.kind=") + kind;
    CHECK(model_refusal({model}, {labelled({-1, 1}), nullptr}).empty());
    CHECK(model_refusal({model}, {labelled({0, 1.5F}), nullptr}) ==
          "memory: the label 1.500000 is no class: classes are whole numbers");
    CHECK(model_refusal({model, "classes=3"}, {labelled({0, 3}), nullptr}) ==
          "memory: the label 3 is none of the model's 3 classes 0, 1, 2");
    CHECK(model_refusal({model}, {labelled({1, 2, 4}), labelled({1, 3})}) ==
          "memory: the label 3 is none of the model's 3 classes 1, 2, 4");
    const std::string own = "model." + std::string(kind);
    CHECK(model_refusal({model, "labels=[2, 1]"}, {labelled({1, 2}), nullptr}, ExitCode::usage) ==
          own +
              ".labels: the labels of classes are two or more whole numbers in ascending order, "
              "such as [1, 2, 3]");
    CHECK(model_refusal({model, "labels=[1, 2]", "classes=3"}, {labelled({1, 2}), nullptr},
                        ExitCode::usage) ==
          own + ".labels lists 2 labels, but " + own + ".classes = 3");
  }
}

TEST_CASE("models: the resolved configuration makes the same classes of other data") {
  const Config config =
      load_config(all(), {"run.toml", "data.path = \"a.h5\"\nmodel.kind = \"softmax\"\n", {}, {}});
  const Assembled made = assemble(config, all(), {labelled({1, 5, 3}), nullptr});
  CHECK(made.plan->parameters == 3 * 3 + 3);
  CHECK(made.plan->classes == std::vector<ClassLabel>{{1, ""}, {3, ""}, {5, ""}});
  CHECK(made.resolved.settings().integer("model.softmax.classes") == 3);
  CHECK(assemble(made.resolved, all(), {labelled({1, 5}), nullptr}).plan->parameters == 12);
}

TEST_CASE("models: two classes are called by the labels of their set") {
  const auto classes = [](const std::vector<float>& labels) {
    const Config config =
        load_config(all(), {"run.toml", "data.path = \"a.h5\"\nmodel.kind = \"svm\"\n", {}, {}});
    return assemble(config, all(), {labelled(labels), nullptr}).plan->classes;
  };
  CHECK(classes({0, 1}) == std::vector<ClassLabel>{{0, ""}, {1, ""}});
  CHECK(classes({2}) == std::vector<ClassLabel>{{-1, ""}, {2, ""}});
}

TEST_CASE("models: K-Means starts from as many rows as it has centres") {
  CHECK(model_refusal({"model.kind=kmeans", "clusters=181"}, {labelled({0}), nullptr}) ==
        "memory: 180 training rows, but model.kind = \"kmeans\" starts from 181");
  CHECK(model_refusal({"model.kind=kmeans", "clusters=180"}, {labelled({0}), nullptr}).empty());
}

TEST_CASE("models: a penalty that a model does not have is not used, and that is said") {
  const Config config = load_config(
      all(), {"run.toml", "data.path = \"a.h5\"\n[model]\nkind = \"oja\"\nl2 = 0.5\n", {}, {}});
  const Assembled made = assemble(config, all(), {labelled({0}), nullptr});
  CHECK(made.notes.front() ==
        "model.l2 = 0.5 (run.toml:4:1) is not used: model.kind = \"oja\" has no penalty");
}

TEST_CASE("models: a hidden layer has a whole number of units") {
  CHECK(model_refusal({"model.kind=mlp", "hidden=[8, 2.5]"}, {labelled({0, 1}), nullptr},
                      ExitCode::usage) ==
        "model.mlp.hidden: a layer cannot have 2.500000 units; it is a whole number, at most "
        "1000000");
}

}  // namespace
}  // namespace troupe::testing
