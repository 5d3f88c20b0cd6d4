/// Every model of the table keeps the contract, and labels that a model cannot
/// use are refused before anything starts.
#include <doctest/doctest.h>

#include "base/user_error.hpp"
#include "datasets/memory.hpp"
#include "runtime/assemble.hpp"
#include "tests/models/contract.hpp"

namespace troupe::testing {
namespace {

const Tables& all() {
  static const Tables filled = tables();
  return filled;
}

TEST_CASE("models: every kind of the table keeps the contract") {
  check_models(all().models, {}, {});
}

/// A set of dense rows (1, 1, 1) with these labels, in turn.
std::shared_ptr<const Dataset> labelled(const std::vector<float>& labels) {
  std::vector<DenseRow> rows;
  for (std::size_t i = 0; i < 200; ++i)
    rows.push_back({.value = {1, 1, 1}, .label = labels[i % labels.size()]});
  return memory_dataset(rows);
}

std::string refusal(const std::vector<std::string>& overrides, const DataSets& data,
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
    CHECK(refusal({model}, {labelled({0, 1, 2, 3, 4}), nullptr}) ==
          "memory: 5 different labels (0, 1, 2, 3, ...)" + fix);
    CHECK(refusal({model}, {labelled(numbers), nullptr}) ==
          "memory: more than 64 different labels" + fix);
    CHECK(refusal({model}, {labelled({1, 2}), nullptr}) ==
          "memory: the labels 1, 2 are one class to this model, which tells labels > 0 from all "
          "others; write them as -1 and 1");
    CHECK(refusal({model}, {labelled({0, 1}), nullptr}).empty());
    CHECK(refusal({model}, {labelled({0, 1}), labelled({0, 1, 2})}) ==
          "memory: 3 different labels (0, 1, 2)" + fix);
  }
}

TEST_CASE("models: a model of numbers takes all labels, and has no accuracy to stop at") {
  const DataSets data{labelled({0.25F, -3, 8, 17}), nullptr};
  for (const char* kind : {"linear", "lms"}) {
    const std::string model = std::string("model.kind=") + kind;
    CHECK(refusal({model}, data).empty());
    CHECK(refusal({model, "target=0.9"}, data, ExitCode::usage) ==
          "-s target=0.9: training.stop.target = 0.9 is an accuracy, and model.kind = \"" +
              std::string(kind) +
              "\" tells no classes apart; training.stop.no_better_for watches its loss");
    CHECK(refusal({model, "phi=0.5"}, data, ExitCode::usage)
              .starts_with("-s phi=0.5: training.stop.tolerance.phi = 0.5 needs "

                           "training.stop.tolerance.gradient_norm and lipschitz"));
  }
}

}  // namespace
}  // namespace troupe::testing
