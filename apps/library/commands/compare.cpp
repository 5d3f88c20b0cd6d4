/// `troupe compare`: several runs beside each other, as tables, as one page and as plots. It
/// reads run folders and never changes one.
#include <array>
#include <filesystem>
#include <fstream>
#include <ostream>

#include "apps/library/commands.hpp"
#include "apps/library/compare/comparison.hpp"
#include "apps/library/compare/plot.hpp"
#include "base/user_error.hpp"
#include "web/page.hpp"

namespace troupe {
namespace {

struct Against {
  const char* file;
  const char* words;
  double Moment::*field;
};
constexpr std::array<Against, 5> axes = {{{"time", "time, seconds", &Moment::t},
                                          {"epochs", "epochs", &Moment::epochs},
                                          {"updates", "updates", &Moment::updates},
                                          {"samples", "samples", &Moment::samples},
                                          {"bytes", "bytes sent", &Moment::bytes}}};

void write(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.close();
  if (!file) throw UserError(ExitCode::data, path + ": cannot be written: is the disk full?");
}

std::string curve_name(const RunGroup& group, const RecordedRun& run) {
  std::string name = group.label;
  if (group.runs.size() > 1) name += ", seed " + std::to_string(run.seed);
  return run.proof == "real" ? name : name + " (" + run.proof + ")";
}

Plot plot_of(const std::vector<RunGroup>& groups, const Against& axis, bool accuracy) {
  Plot plot{.title = accuracy ? "Validation accuracy" : "Validation loss",
            .across = axis.words,
            .curves = {}};
  for (std::size_t i = 0; i < groups.size(); ++i)
    for (const RunGroup& group = groups[i]; const RecordedRun& run : group.runs) {
      PlotCurve curve{.name = curve_name(group, run), .style = i};
      for (const Moment& moment : run.validation)
        if (!accuracy || moment.accuracy)
          curve.points.emplace_back(moment.*axis.field, accuracy ? *moment.accuracy : moment.loss);
      if (!curve.points.empty()) plot.curves.push_back(std::move(curve));
    }
  return plot;
}

void write_plots(const std::string& folder, const std::vector<RunGroup>& groups) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) throw UserError(ExitCode::data, folder + ": cannot be made: " + error.message());
  for (const Against& axis : axes)
    for (const bool accuracy : {false, true}) {
      const Plot plot = plot_of(groups, axis, accuracy);
      if (plot.curves.empty()) continue;
      write(folder + "/" + (accuracy ? "accuracy" : "loss") + "-" + axis.file + ".svg",
            to_svg(plot));
    }
}

std::optional<Target> target_of(const Arguments& arguments) {
  const auto loss = arguments.number("--loss");
  const auto accuracy = arguments.number("--accuracy");
  if (loss && accuracy) arguments.refuse("--loss and --accuracy exclude each other");
  if (loss) return Target{.accuracy = false, .value = *loss};
  if (!accuracy) return std::nullopt;
  if (*accuracy <= 0 || *accuracy > 1)
    arguments.refuse("--accuracy is a share between 0 and 1, as in metrics.jsonl");
  return Target{.accuracy = true, .value = *accuracy};
}

int compare(const Arguments& arguments, Invocation& invocation) {
  const std::optional<Target> target = target_of(arguments);
  std::vector<RecordedRun> runs;
  for (const std::string& folder : arguments.all("RUN")) runs.push_back(read_run(folder));
  const std::vector<RunGroup> groups = grouped(std::move(runs));
  const std::vector<ComparisonTable> tables = comparison({.groups = groups, .target = target});
  if (arguments.has("--json"))
    invocation.out << to_json(groups, tables);
  else
    invocation.out << to_text(tables);
  if (arguments.has("--report")) {
    write(arguments.text("--report"), page_with_data(to_page_data(groups, tables)));
    invocation.err << "report      " << arguments.text("--report") << "\n";
  }
  if (arguments.has("--plots")) {
    write_plots(arguments.text("--plots"), groups);
    invocation.err << "plots       " << arguments.text("--plots") << "\n";
  }
  return 0;
}

}  // namespace

Command compare_command() {
  return {.name = "compare",
          .sentence = "sets runs beside each other: how well, how fast, at what cost",
          .arguments = {{.name = "RUN",
                         .value = "DIR",
                         .sentence = "run folders; those that differ in the seed alone are one "
                                     "line, and the first one is what others are measured by",
                         .required = true,
                         .repeated = true},
                        {.name = "--report",
                         .value = "FILE",
                         .sentence = "one HTML page with curves and tables"},
                        {.name = "--plots", .value = "DIR", .sentence = "every plot as SVG"},
                        {.name = "--loss",
                         .value = "X",
                         .sentence = "the validation loss to reach; without it, the lowest that "
                                     "all of them reached"},
                        {.name = "--accuracy",
                         .value = "X",
                         .sentence = "the validation accuracy to reach, between 0 and 1"},
                        {.name = "--json", .sentence = "the tables as JSON"}},
          .act = compare};
}

}  // namespace troupe
