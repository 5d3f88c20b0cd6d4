#include "apps/library/compare/recorded_run.hpp"

#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>

#include "apps/library/run_folder.hpp"
#include "base/user_error.hpp"
#include "config/config.hpp"
#include "config/document.hpp"

namespace troupe {
namespace {

using RecordJson = nlohmann::json;

[[noreturn]] void refuse(const std::string& path, const std::string& why) {
  throw UserError(ExitCode::data, path + ": " + why);
}

double number_in(const RecordJson& json, const char* name, double otherwise = 0) {
  const auto found = json.find(name);
  return found != json.end() && found->is_number() ? found->get<double>() : otherwise;
}

std::string text(const RecordJson& json, const char* name) {
  const auto found = json.find(name);
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::string written(const Node& node) {
  switch (node.form) {
    case Node::Form::flag:
      return node.flag ? "true" : "false";
    case Node::Form::integer:
      return std::to_string(node.integer);
    case Node::Form::number:
      return to_toml(node.number);
    case Node::Form::list: {
      std::string list;
      for (const Node& child : node.children) list += (list.empty() ? "" : ", ") + written(child);
      return "[" + list + "]";
    }
    default:
      return node.text;
  }
}

void flatten(const Node& node, const std::string& prefix,
             std::map<std::string, std::string>& settings) {
  for (const Node& child : node.children) {
    const std::string path = prefix.empty() ? child.key : prefix + "." + child.key;
    if (child.form == Node::Form::table)
      flatten(child, path, settings);
    else
      settings[path] = written(child);
  }
}

/// What the lines say, one after another.
class Reader {
 public:
  explicit Reader(RecordedRun& run) : run_(run) {}

  void take(const RecordJson& line) {
    const std::string type = text(line, "type");
    if (type == "start") start(line);
    if (type == "step") step(line);
    if (type == "eval") evaluations_.push_back(line);
    if (type == "end") end(line);
  }

  /// Evaluations are placed between the steps around them.
  void finish() {
    const std::string judged = judged_split();
    for (const RecordJson& line : evaluations_)
      if (text(line, "split") == judged) run_.validation.push_back(place(line));
    if (!run_.validation.empty()) {
      run_.end.loss = run_.validation.back().loss;
      run_.end.accuracy = run_.validation.back().accuracy;
    }
  }

 private:
  void start(const RecordJson& line) {
    rows_ = number_in(line, "samples");
    run_.workers = static_cast<std::uint32_t>(number_in(line, "workers", 1));
  }

  void step(const RecordJson& line) {
    const Moment moment{.t = number_in(line, "t"),
                        .epochs = epochs(number_in(line, "samples")),
                        .updates = number_in(line, "updates"),
                        .samples = number_in(line, "samples"),
                        .bytes = number_in(line, "bytes_sent")};
    steps_.push_back(moment);
    run_.end = moment;
    if (line.contains("computing")) run_.computing = number_in(line, "computing");
    if (const auto stale = line.find("staleness"); stale != line.end()) {
      run_.staleness_p50 = static_cast<std::uint64_t>(number_in(*stale, "p50"));
      run_.staleness_max = static_cast<std::uint64_t>(number_in(*stale, "max"));
    }
  }

  void end(const RecordJson& line) {
    run_.status = text(line, "status");
    run_.end.t = number_in(line, "t");
    run_.end.updates = number_in(line, "updates");
    run_.end.samples = number_in(line, "samples");
    run_.end.epochs = epochs(run_.end.samples);
  }

  double epochs(double samples) const { return rows_ > 0 ? samples / rows_ : 0; }

  std::string judged_split() const {
    for (const RecordJson& line : evaluations_)
      if (text(line, "split") == "validation") return "validation";
    return "training";
  }

  Moment place(const RecordJson& line) const {
    Moment before;
    Moment after;
    const double t = number_in(line, "t");
    for (const Moment& step : steps_) {
      after = step;
      if (step.t >= t) break;
      before = step;
    }
    const double width = after.t - before.t;
    const double part = width > 0 ? std::min(1.0, (t - before.t) / width) : 1;
    const auto between = [part](double a, double b) { return a + part * (b - a); };
    Moment moment{.t = t,
                  .updates = between(before.updates, after.updates),
                  .samples = between(before.samples, after.samples),
                  .bytes = between(before.bytes, after.bytes),
                  .loss = number_in(line, "loss")};
    // It belongs to the end of a whole epoch, however late it was scored.
    if (const double epoch = number_in(line, "epoch"); epoch > 0 && rows_ > 0)
      moment.samples = epoch * rows_;
    moment.epochs = epochs(moment.samples);
    if (line.contains("accuracy") && line["accuracy"].is_number())
      moment.accuracy = number_in(line, "accuracy");
    return moment;
  }

  RecordedRun& run_;
  double rows_ = 0;
  std::vector<Moment> steps_;
  std::vector<RecordJson> evaluations_;
};

void read_card(const std::string& folder, RecordedRun& run, std::string& clock) {
  const std::string path = folder + "/run.json";
  const RecordJson card = RecordJson::parse(read_text(path, ExitCode::data), nullptr, false);
  if (!card.is_object()) refuse(path, "is not the run.json of a run");
  run.name = text(card, "run");
  run.seed = static_cast<std::uint64_t>(number_in(card, "seed"));
  run.status = text(card, "status");
  clock = text(card, "clock");
  std::uint32_t nodes = 0;
  const RecordJson argv = card.value("argv", RecordJson::array());
  for (std::size_t i = 0; i + 1 < argv.size(); ++i)
    if (argv[i] == "--nodes" && argv[i + 1].is_string())
      nodes = static_cast<std::uint32_t>(std::stoul(argv[i + 1].get<std::string>()));
  if (const auto others = run.settings.find("cluster.nodes"); others != run.settings.end())
    nodes += static_cast<std::uint32_t>(std::stoul(others->second));
  run.nodes = std::max(1U, nodes);
}

}  // namespace

RecordedRun read_run(const std::string& folder) {
  if (!std::filesystem::is_directory(folder)) refuse(folder, "is no run folder");
  RecordedRun run;
  run.folder = folder;
  const std::string resolved = folder + "/config.resolved.toml";
  flatten(parse_document(resolved, read_text(resolved, ExitCode::data)), "", run.settings);
  std::string clock;
  read_card(folder, run, clock);
  const auto step = run.settings.find("pace.step");
  const bool paced = step != run.settings.end() && step->second != "real";
  run.proof = clock == "virtual" ? "twin" : paced ? "paced" : "real";
  const std::string metrics = folder + "/metrics.jsonl";
  std::istringstream lines(read_text(metrics, ExitCode::data));
  Reader reader(run);
  for (std::string line; std::getline(lines, line);) {
    const RecordJson json = RecordJson::parse(line, nullptr, false);
    if (json.is_discarded()) {
      if (lines.peek() == std::istringstream::traits_type::eof()) break;  // being written
      refuse(metrics, "line " + std::to_string(run.lines.size() + 1) + " is not JSON");
    }
    run.lines.push_back(line);
    reader.take(json);
  }
  if (run.lines.empty()) refuse(metrics, "is empty: nothing was recorded yet");
  reader.finish();
  return run;
}

}  // namespace troupe
