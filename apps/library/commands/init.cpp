/// `troupe init`: a commented configuration that fits a data set.
#include <fmt/core.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <ostream>
#include <set>
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

/// Labels of the first rows: two values of which one is positive make two classes.
bool has_two_classes(const Dataset& data) {
  const std::uint64_t rows = std::min<std::uint64_t>(data.facts().rows, 4096);
  const Shard shard = data.load({0, rows});
  std::set<float> labels;
  for (std::size_t i = 0; i < rows && labels.size() <= 2; ++i) labels.insert(shard.rows()[i].label);
  return labels.size() <= 2;
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
  return fmt::format(
      R"(# {rows} {form} rows of {features} features, {positive:.0f} % of them positive.
# 'troupe config schema' lists every key; 'troupe config show FILE --origin' says
# what a file comes to. Try it: troupe train FILE
name = {name}
seed = 1

[data]
path = {path}
validation = 0.1          # the last rows of the file, never trained on

[model]
kind = "svm"              # or "logistic", which knows probabilities
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
      fmt::arg("features", count_text(facts.features)),
      fmt::arg("positive", 100.0 * static_cast<double>(facts.positive) /
                               static_cast<double>(std::max<std::uint64_t>(1, facts.rows))),
      fmt::arg("name", to_toml(plain_name(name))), fmt::arg("path", to_toml(path)),
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
  if (!has_two_classes(*data))
    throw UserError(ExitCode::data, arguments.text("DATA") +
                                        ": its labels are not two classes; models for that come "
                                        "with a later version");
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
