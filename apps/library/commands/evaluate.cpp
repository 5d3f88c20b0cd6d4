/// `troupe evaluate`: loss and accuracy of a trained model on a data set.
#include <fmt/core.h>

#include <cmath>
#include <ostream>

#include "apps/library/commands.hpp"
#include "apps/library/metrics.hpp"
#include "apps/library/progress.hpp"
#include "apps/library/trained.hpp"

namespace troupe {
namespace {

/// "mean hinge loss and penalty": what the number printed as the loss is.
std::string meaning_of(const Model& model) {
  const Traits traits = model.traits();
  return "mean " + traits.loss + (traits.penalised ? " and penalty" : "");
}

int evaluate(const Arguments& arguments, Invocation& invocation) {
  const Trained trained = load_trained(arguments.text("--model"), invocation.tables);
  InputRequest input = input_request(arguments, "evaluate");
  input.options.unlabelled = !trained.model->traits().labelled;
  if (!input.options.unlabelled && input.options.label_column == "none" &&
      input.options.labels.empty())
    arguments.refuse("without labels there is no loss; troupe predict needs none");
  const Score score = score_of(trained, input);
  if (arguments.has("--json")) {
    invocation.out << score_json(score) << "\n";
    return 0;
  }
  invocation.out << fmt::format("rows        {}\nloss        {:.6f} ({})\n", count_text(score.rows),
                                score.loss, meaning_of(*trained.model));
  if (!std::isnan(score.accuracy))
    invocation.out << fmt::format("accuracy    {:.6f}\n", score.accuracy);
  return 0;
}

}  // namespace

Command evaluate_command() {
  std::vector<Argument> all = input_arguments(true);
  all.insert(
      all.begin(),
      {.name = "--model", .value = "FILE", .sentence = "model.h5 of a run", .required = true});
  all.push_back({.name = "--json", .sentence = "as one line of JSON"});
  return {.name = "evaluate",
          .sentence = "loss and accuracy of a trained model on a file of rows",
          .arguments = std::move(all),
          .act = evaluate};
}

}  // namespace troupe
