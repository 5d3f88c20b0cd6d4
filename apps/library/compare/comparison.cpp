#include "apps/library/compare/comparison.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <nlohmann/json.hpp>

namespace troupe {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t lines_of_a_run_max = 3000;
constexpr const char* nothing = "-";

std::string scaled(double value) {
  const double size = std::abs(value);
  if (size >= 1e9) return fmt::format("{:.3g} G", value / 1e9);
  if (size >= 1e6) return fmt::format("{:.3g} M", value / 1e6);
  if (size >= 1e4) return fmt::format("{:.3g} k", value / 1e3);
  return size >= 100 ? fmt::format("{:.0f}", value) : fmt::format("{:.3g}", value);
}

std::string seconds(double value) { return fmt::format("{:.3g} s", value); }
std::string percent(double value) { return fmt::format("{:.2f} %", 100 * value); }
std::string plain(double value) { return fmt::format("{:.4g}", value); }
std::string bytes(double value) {
  return value < 1e4 ? fmt::format("{:.0f} B", value) : scaled(value) + "B";
}
std::string money(double value) { return fmt::format("{:.4g}", value); }

using Writer = std::string (*)(double);

std::string text_of(const Estimate& estimate, Writer write) {
  if (estimate.half_width.value_or(0) == 0) return write(estimate.mean);
  return write(estimate.mean) + " ± " + write(*estimate.half_width);
}

/// One figure of all runs of a group, those that have it.
std::string figure(const RunGroup& group, Writer write,
                   const std::function<std::optional<double>(const RecordedRun&)>& of) {
  std::vector<double> values;
  for (const RecordedRun& run : group.runs)
    if (const auto value = of(run)) values.push_back(*value);
  return values.empty() ? nothing : text_of(estimate(values), write);
}

std::string statuses(const RunGroup& group) {
  std::string text;
  for (const RecordedRun& run : group.runs)
    if (text.find(run.status) == std::string::npos) text += (text.empty() ? "" : ", ") + run.status;
  return text;
}

double price(const RecordedRun& run) {
  const auto found = run.settings.find("monitor.cost_per_node_hour");
  return found == run.settings.end() ? 0 : std::strtod(found->second.c_str(), nullptr);
}

/// Virtual hours cost nothing.
std::optional<double> cost(const RecordedRun& run, double t) {
  if (price(run) == 0 || run.proof == "twin") return std::nullopt;
  return price(run) * run.nodes * t / 3600;
}

ComparisonTable ends(const std::vector<RunGroup>& groups) {
  ComparisonTable table{
      .title = "At the end",
      .note =
          "Means over seeds with 95 % confidence intervals (Student's t). Time is wall clock "
          "for real and paced runs and virtual for the twin; computing is the share of the "
          "workers' time that is not spent waiting or talking.",
      .head = {"run", "proof", "seeds", "workers", "status", "loss", "accuracy", "time", "updates",
               "rows", "rows/s", "bytes sent", "staleness p50", "most", "computing"},
      .body = {}};
  for (const RunGroup& group : groups) {
    const RecordedRun& first = group.runs.front();
    const auto scored = [](const RecordedRun& run) { return !run.validation.empty(); };
    table.body.push_back(
        {group.label, first.proof, std::to_string(group.runs.size()), std::to_string(first.workers),
         statuses(group),
         figure(group, plain,
                [&](const RecordedRun& run) {
                  return scored(run) ? std::optional(run.end.loss) : std::nullopt;
                }),
         figure(group, percent, [](const RecordedRun& run) { return run.end.accuracy; }),
         figure(group, seconds, [](const RecordedRun& run) { return std::optional(run.end.t); }),
         figure(group, scaled,
                [](const RecordedRun& run) { return std::optional(run.end.updates); }),
         figure(group, scaled,
                [](const RecordedRun& run) { return std::optional(run.end.samples); }),
         figure(group, scaled,
                [](const RecordedRun& run) {
                  return run.end.t > 0 ? std::optional(run.end.samples / run.end.t) : std::nullopt;
                }),
         figure(group, bytes, [](const RecordedRun& run) { return std::optional(run.end.bytes); }),
         figure(group, scaled,
                [](const RecordedRun& run) {
                  return std::optional(static_cast<double>(run.staleness_p50));
                }),
         figure(group, scaled,
                [](const RecordedRun& run) {
                  return std::optional(static_cast<double>(run.staleness_max));
                }),
         figure(group, percent, [](const RecordedRun& run) { return run.computing; })});
  }
  return table;
}

/// Of those runs of a group that got there.
std::optional<double> mean_at(const RunGroup& group, const Target& target,
                              const std::function<double(const RecordedRun&, const Moment&)>& of) {
  std::vector<double> values;
  for (const RecordedRun& run : group.runs)
    if (const auto moment = reached(run, target)) values.push_back(of(run, *moment));
  if (values.empty()) return std::nullopt;
  return estimate(values).mean;
}

std::string ratio(std::optional<double> base, std::optional<double> mine) {
  if (!base || !mine || *mine == 0) return nothing;
  return fmt::format("{:.2f}", *base / *mine);
}

double rows_of_a_worker(const RecordedRun& run, const Moment& moment) {
  return moment.samples / run.workers;
}

std::string target_text(const Target& target) {
  return target.accuracy ? fmt::format("validation accuracy of {}", percent(target.value))
                         : fmt::format("validation loss of {:.4g}", target.value);
}

ComparisonTable ways(const std::vector<RunGroup>& groups, const Target& target) {
  ComparisonTable table{
      .title = "To a " + target_text(target),
      .note =
          "At the first evaluation that reached it. The speed-up in time is the first line's "
          "time over this one's; by iterations it is the rows that one worker of the first "
          "line computed over those of one worker here, so it says what parallel work is "
          "worth where talking is free. Times of different proofs are not compared.",
      .head = {"run", "reached", "time", "epochs", "updates", "rows", "bytes sent",
               "speed-up in time", "speed-up by iterations", "cost"},
      .body = {}};
  const RunGroup& base = groups.front();
  for (const RunGroup& group : groups) {
    const auto at = [&](double Moment::*field) {
      return [&target, field](const RecordedRun& run) -> std::optional<double> {
        const auto moment = reached(run, target);
        if (!moment) return std::nullopt;
        return (*moment).*field;
      };
    };
    const auto time = [](const RecordedRun&, const Moment& moment) { return moment.t; };
    const bool comparable = group.runs.front().proof == base.runs.front().proof;
    const auto got_there = std::ranges::count_if(
        group.runs, [&](const RecordedRun& run) { return reached(run, target).has_value(); });
    table.body.push_back(
        {group.label, fmt::format("{} of {}", got_there, group.runs.size()),
         figure(group, seconds, at(&Moment::t)), figure(group, plain, at(&Moment::epochs)),
         figure(group, scaled, at(&Moment::updates)), figure(group, scaled, at(&Moment::samples)),
         figure(group, bytes, at(&Moment::bytes)),
         comparable ? ratio(mean_at(base, target, time), mean_at(group, target, time)) : nothing,
         ratio(mean_at(base, target, rows_of_a_worker), mean_at(group, target, rows_of_a_worker)),
         figure(group, money, [&](const RecordedRun& run) -> std::optional<double> {
           const auto moment = reached(run, target);
           return moment ? cost(run, moment->t) : std::nullopt;
         })});
  }
  return table;
}

ComparisonTable what_differed(const std::vector<RunGroup>& groups) {
  ComparisonTable table{.title = "What differed in the configuration",
                        .note = "Every key whose resolved value is not the same in all of them.",
                        .head = {"key"},
                        .body = {}};
  for (const RunGroup& group : groups) table.head.push_back(group.label);
  for (const Difference& one : differences(groups)) {
    std::vector<std::string> line = {one.key};
    line.insert(line.end(), one.values.begin(), one.values.end());
    table.body.push_back(std::move(line));
  }
  return table;
}

/// Steps are thinned; everything else is kept.
Json curve_of(const RecordedRun& run) {
  std::size_t steps = 0;
  for (const std::string& line : run.lines) steps += line.starts_with(R"({"type":"step")") ? 1 : 0;
  const std::size_t every = 1 + steps / lines_of_a_run_max;
  Json lines = Json::array();
  std::size_t k = 0;
  for (const std::string& line : run.lines)
    if (!line.starts_with(R"({"type":"step")") || k++ % every == 0)
      lines.push_back(Json::parse(line));
  return lines;
}

std::size_t letters(const std::string& text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (c & 0xC0) != 0x80; }));
}

Json as_json(const std::vector<ComparisonTable>& tables) {
  Json all = Json::array();
  for (const ComparisonTable& table : tables)
    all.push_back(
        {{"title", table.title}, {"note", table.note}, {"head", table.head}, {"body", table.body}});
  return all;
}

std::string dumped(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

std::vector<ComparisonTable> comparison(const ComparisonRequest& request) {
  std::vector<ComparisonTable> tables = {ends(request.groups)};
  std::vector<RecordedRun> all;
  for (const RunGroup& group : request.groups)
    all.insert(all.end(), group.runs.begin(), group.runs.end());
  const std::optional<Target> target = request.target ? request.target : common_goal(all);
  if (target) tables.push_back(ways(request.groups, *target));
  if (request.groups.size() > 1) tables.push_back(what_differed(request.groups));
  return tables;
}

std::string to_text(const std::vector<ComparisonTable>& tables) {
  std::string text;
  for (const ComparisonTable& table : tables) {
    std::vector<std::size_t> widths(table.head.size());
    const auto measure = [&](const std::vector<std::string>& line) {
      for (std::size_t i = 0; i < line.size(); ++i)
        widths[i] = std::max(widths[i], letters(line[i]));
    };
    measure(table.head);
    for (const auto& line : table.body) measure(line);
    const auto write = [&](const std::vector<std::string>& line) {
      std::string row;
      for (std::size_t i = 0; i < line.size(); ++i) {
        const std::string gap(widths[i] - letters(line[i]), ' ');
        row += (i == 0 ? line[i] + gap : "  " + gap + line[i]);
      }
      text += row.substr(0, row.find_last_not_of(' ') + 1) + "\n";
    };
    text += (text.empty() ? "" : "\n") + table.title + "\n";
    write(table.head);
    for (const auto& line : table.body) write(line);
  }
  return text;
}

std::string to_page_data(const std::vector<RunGroup>& groups,
                         const std::vector<ComparisonTable>& tables) {
  Json json = {{"runs", Json::array()}, {"tables", as_json(tables)}};
  for (std::size_t i = 0; i < groups.size(); ++i)
    for (const RunGroup& group = groups[i]; const RecordedRun& run : group.runs)
      json["runs"].push_back(
          {{"group", i},
           {"name", group.runs.size() == 1 ? group.label
                                           : group.label + ", seed " + std::to_string(run.seed)},
           {"proof", run.proof},
           {"lines", curve_of(run)}});
  return dumped(json);
}

std::string to_json(const std::vector<RunGroup>& groups,
                    const std::vector<ComparisonTable>& tables) {
  Json json = {{"groups", Json::array()}, {"tables", as_json(tables)}};
  for (const RunGroup& group : groups) {
    Json folders = Json::array();
    for (const RecordedRun& run : group.runs) folders.push_back(run.folder);
    json["groups"].push_back({{"label", group.label}, {"folders", folders}});
  }
  return dumped(json) + "\n";
}

}  // namespace troupe
