/// `troupe predict`: what a trained model says of each row, a line a row with tabs
/// between columns: its class, or all scores, or probabilities. It asks for no labels.
#include <fmt/core.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <optional>
#include <ostream>

#include "apps/library/commands.hpp"
#include "apps/library/trained.hpp"
#include "base/user_error.hpp"
#include "datasets/output_file.hpp"

namespace troupe {
namespace {

constexpr std::size_t block_scores = std::size_t{1} << 20;

enum class Wanted { answers, scores, probabilities };

/// One row's scores as the columns of its line.
class Columns {
 public:
  Columns(const Trained& trained, Wanted wanted)
      : wanted_(wanted), traits_(trained.model->traits()) {
    for (const ClassLabel& one : trained.file.classes)
      names_.push_back(one.name.empty() ? fmt::format("{}", one.label) : one.name);
    scores_ = trained.model->scores_per_row();
  }

  std::string header() const {
    if (wanted_ == Wanted::answers && traits_.clusters) return "cluster\tdistance";
    if (wanted_ == Wanted::answers && traits_.classifies) return "label";
    if (scores_ == 1 && wanted_ != Wanted::probabilities)
      return traits_.classifies ? "score" : "value";
    std::string text;
    for (std::size_t i = 0; i < std::max(scores_, names_.size()); ++i)
      text += (i == 0 ? "" : "\t") + (i < names_.size() ? names_[i] : std::to_string(i));
    return text;
  }

  void add(std::span<const float> scores, std::string& text) const {
    if (wanted_ == Wanted::answers && traits_.classifies) {
      text += names_[answer(scores)];
    } else if (wanted_ == Wanted::answers && traits_.clusters) {
      const auto nearest = std::ranges::min_element(scores);
      fmt::format_to(std::back_inserter(text), "{}\t{}", nearest - scores.begin(), *nearest);
    } else {
      // Of two classes a model has one score: the positive one's.
      if (wanted_ == Wanted::probabilities && scores.size() == 1)
        fmt::format_to(std::back_inserter(text), "{}\t", 1 - scores.front());
      for (std::size_t i = 0; i < scores.size(); ++i)
        fmt::format_to(std::back_inserter(text), "{}{}", i == 0 ? "" : "\t", scores[i]);
    }
    text += '\n';
  }

 private:
  // A score of exactly 0 is the negative class, as evaluate counts it.
  std::size_t answer(std::span<const float> scores) const {
    if (scores.size() == 1) return scores.front() > 0 ? 1 : 0;
    return static_cast<std::size_t>(std::ranges::max_element(scores) - scores.begin());
  }

  Wanted wanted_;
  Traits traits_;
  std::size_t scores_ = 1;
  std::vector<std::string> names_;
};

/// Standard output, or a file that is there whole or not at all.
class Answers {
 public:
  Answers(const std::string& path, std::ostream& standard) : standard_(standard) {
    if (path.empty()) return;
    file_.emplace(path);
    stream_.open(file_->path(), std::ios::binary | std::ios::trunc);
  }
  /// False when nobody reads standard output any more.
  bool write(const std::string& text) {
    errno = 0;
    if (!file_) return static_cast<bool>(standard_ << text);
    if (!(stream_ << text)) file_->fail(errno);
    return true;
  }
  void finish() {
    if (!file_) return;
    errno = 0;
    stream_.close();
    if (!stream_) file_->fail(errno);
    file_->commit();
  }

 private:
  std::ostream& standard_;
  std::optional<OutputFile> file_;
  std::ofstream stream_;
};

Wanted wanted_of(const Arguments& arguments, const Trained& trained) {
  const bool probabilities = arguments.has("--probabilities");
  if (probabilities && arguments.has("--scores"))
    arguments.refuse("--scores and --probabilities exclude each other");
  if (probabilities && !trained.model->traits().probabilities)
    arguments.refuse(trained.path + " holds a model of the kind '" + trained.file.kind +
                     "', whose scores are no probabilities; logistic, softmax and mlp know them");
  return probabilities               ? Wanted::probabilities
         : arguments.has("--scores") ? Wanted::scores
                                     : Wanted::answers;
}

int predict(const Arguments& arguments, Invocation& invocation) {
  const Trained trained = load_trained(arguments.text("--model"), invocation.tables);
  const Wanted wanted = wanted_of(arguments, trained);
  const std::size_t width = trained.model->scores_per_row();
  InputRequest input = input_request(arguments, "predict");
  input.options.unlabelled = true;
  input.block_rows = std::clamp<std::uint64_t>(block_scores / width, 1, input.block_rows);
  const Columns columns(trained, wanted);
  keep_apart(arguments.text("--out"), {input.path, trained.path});
  Answers lines(arguments.text("--out"), invocation.out);
  if (arguments.has("--header")) lines.write(columns.header() + "\n");
  std::vector<float> scores;
  for_each_block(input, trained.file, [&](const Batch& batch) {
    scores.assign(batch.size() * width, 0.0F);
    trained.model->scores(trained.file.parameters.values(), batch, wanted == Wanted::probabilities,
                          scores);
    std::string text;
    for (std::size_t i = 0; i < batch.size(); ++i)
      columns.add(std::span(scores).subspan(i * width, width), text);
    return lines.write(text);
  });
  lines.finish();
  return 0;
}

}  // namespace

Command predict_command() {
  std::vector<Argument> all = input_arguments(false);
  all.insert(
      all.begin(),
      {.name = "--model", .value = "FILE", .sentence = "model.h5 of a run", .required = true});
  all.push_back(
      {.name = "--scores", .sentence = "every score instead: margins, logits, distances"});
  all.push_back({.name = "--probabilities", .sentence = "the probability of each class instead"});
  all.push_back({.name = "--header", .sentence = "a first line with the names of the columns"});
  all.push_back({.name = "--out",
                 .value = "FILE",
                 .sentence = "the file to write; otherwise standard output"});
  return {.name = "predict",
          .sentence = "a line a row: its class, its cluster and the distance, or its value",
          .arguments = std::move(all),
          .act = predict};
}

}  // namespace troupe
