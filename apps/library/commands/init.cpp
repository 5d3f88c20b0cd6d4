/// `troupe init`: a commented configuration that fits a data set.
#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <ostream>
#include <thread>

#include "apps/library/commands.hpp"
#include "apps/library/progress.hpp"
#include "apps/library/run_folder.hpp"
#include "base/user_error.hpp"
#include "config/config.hpp"
#include "datasets/dataset.hpp"
#include "runtime/presets.hpp"

namespace troupe {
namespace {

/// A model for these labels: two of them, several classes 0, 1, ..., or numbers.
struct Suggestion {
  std::string labels;  ///< what was seen
  std::string line;    ///< of the [model] table
};

Suggestion suggestion_for(const DataFacts& facts) {
  const auto is_class = [](const LabelCount& label) {
    return label.value >= 0 && label.value == std::floor(label.value);
  };
  if (facts.labels.empty() ||
      (facts.labels.size() > 2 && !std::ranges::all_of(facts.labels, is_class)))
    return {"labels are numbers", "kind = \"linear\"           # squared loss"};
  if (facts.labels.size() > 2)
    return {fmt::format("{} classes", facts.labels.size()),
            "kind = \"softmax\"          # or \"mlp\", with hidden layers, for dense rows"};
  const double share =
      100.0 * static_cast<double>(facts.positive) / static_cast<double>(facts.rows);
  return {fmt::format("{:.0f} % of them positive", share),
          "kind = \"svm\"              # or \"logistic\", which knows probabilities"};
}

/// A step of 1/L for a loss whose curvature is at most R^2 / 4 a row, at most 0.5.
double careful_rate(const DataFacts& facts) {
  const double norm = std::max(1e-3, static_cast<double>(facts.row_norm_max));
  const double rate = std::min(0.5, 1.0 / (norm * norm));
  return std::stod(fmt::format("{:.1g}", rate));
}

std::string text_for(const DataFacts& facts, const std::string& path) {
  const unsigned cores = std::max(1U, std::thread::hardware_concurrency());
  const std::uint64_t workers =
      std::clamp<std::uint64_t>(facts.rows / 1000, 1, std::min(cores, 8U));
  const std::uint64_t batch = std::clamp<std::uint64_t>(facts.rows / 1000, 1, 16);
  const std::string name = std::filesystem::path(path).stem().string();
  const Suggestion suggestion = suggestion_for(facts);
  return fmt::format(
      R"(# {rows} {form} rows of {features} features, {labels}.
# 'troupe config schema' lists every key; 'troupe config show FILE --origin' says
# what a file comes to. Try it: troupe train FILE
name = {name}
seed = 1

[data]
path = {path}
validation = 0.1          # the last rows of the file, never trained on

[model]
{model}
l2 = {l2}               # weight of l2 / 2 ||w||^2; about 1 / rows

[training]
{algorithm}
workers = {workers}
batch = {batch}                # rows per partition and step
learning_rate = {rate}       # lower it when the loss does not fall
stop = {{ epochs = 10 }}    # or target = 0.93, time = "30s", no_better_for = 3
)",
      fmt::arg("algorithm", first_choice()), fmt::arg("rows", count_text(facts.rows)),
      fmt::arg("form", facts.sparse ? "sparse" : "dense"),
      fmt::arg("features", count_text(facts.features)), fmt::arg("labels", suggestion.labels),
      fmt::arg("model", suggestion.line), fmt::arg("name", to_toml(plain_name(name))),
      fmt::arg("path", to_toml(path)),
      fmt::arg("l2", fmt::format("{:.0e}", 1.0 / static_cast<double>(
                                                     std::max<std::uint64_t>(1, facts.rows)))),
      fmt::arg("workers", workers), fmt::arg("batch", batch),
      fmt::arg("rate", careful_rate(facts)));
}

void write_new(const std::string& path, const std::string& text) {
  if (std::filesystem::exists(path))
    throw UserError(ExitCode::usage, path + ": exists; init never writes over a file");
  std::ofstream file(path);
  file << text << std::flush;
  if (!file) throw UserError(ExitCode::data, path + ": cannot be written");
}

int init(const Arguments& arguments, Invocation& invocation) {
  const auto data = open_dataset(arguments.text("DATA"));
  if (data->facts().rows == 0)
    throw UserError(ExitCode::data, arguments.text("DATA") + ": has no rows to train on");
  const std::string text = text_for(data->facts(), arguments.text("DATA"));
  if (arguments.has("--out"))
    write_new(arguments.text("--out"), text);
  else
    invocation.out << text;
  return 0;
}

}  // namespace

Command init_command() {
  return {.name = "init",
          .sentence = "writes a commented configuration that fits a data set",
          .arguments =
              {{.name = "DATA", .value = "FILE", .sentence = "a data set (HDF5)", .required = true},
               {.name = "--out",
                .value = "FILE",
                .sentence = "the file to write; otherwise standard output"}},
          .act = init};
}

}  // namespace troupe
