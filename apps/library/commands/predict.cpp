/// `troupe predict`: one line a row, the model's score or its probability.
#include <fmt/core.h>

#include <ostream>

#include "apps/library/commands.hpp"
#include "apps/library/trained.hpp"

namespace troupe {
namespace {

int predict(const Arguments& arguments, Invocation& invocation) {
  const Trained trained =
      load_trained(arguments.text("--model"), arguments.text("--data"), invocation.tables);
  const bool probabilities = arguments.has("--probabilities");
  std::vector<float> scores;
  for_each_part(trained, [&](const Batch& batch) {
    scores.assign(batch.size(), 0.0F);
    trained.model->predict(trained.file.parameters.values(), batch, probabilities, scores);
    std::string text;
    for (const float score : scores) text += fmt::format("{}\n", score);
    invocation.out << text;
    return static_cast<bool>(invocation.out);
  });
  return 0;
}

}  // namespace

Command predict_command() {
  return {
      .name = "predict",
      .sentence =
          "one line a row: the score of a model of two classes, the class or cluster of others",
      .arguments =
          {{.name = "--model", .value = "FILE", .sentence = "model.h5 of a run", .required = true},
           {.name = "--data", .value = "FILE", .sentence = "a data set (HDF5)", .required = true},
           {.name = "--probabilities",
            .sentence = "the probability of the positive class instead, or of the class told"}},
      .act = predict};
}

}  // namespace troupe
