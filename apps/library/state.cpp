#include "apps/library/state.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace troupe {
namespace {

using Json = nlohmann::ordered_json;

std::string one_line(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json known(bool is, double value) { return is ? Json(value) : Json(nullptr); }

/// The oldest wait, and no wait that a step of a moment ago explains.
Json waiting_json(const ActorView& standing, const View& view) {
  constexpr double least_seconds = 0.2;
  if (standing.waits.empty() || standing.state == ActorState::done) return nullptr;
  const WaitingFor& wait = standing.waits.front();
  if (wait.seconds < least_seconds || wait.actor >= view.actors.size()) return nullptr;
  return {{"actor", wait.actor},
          {"name", view.actors[wait.actor].name},
          {"message", wait.message},
          {"seconds", wait.seconds}};
}

Json actor_json(const ActorView& standing, const View& view) {
  Json json = {{"id", standing.actor},
               {"name", standing.name},
               {"role", standing.role},
               {"host", standing.host},
               {"state", to_text(standing.state)},
               {"phase", standing.phase},
               {"step", standing.steps},
               {"steps_per_second", standing.steps_per_second},
               {"samples_per_second", standing.samples_per_second},
               {"bytes_in", standing.bytes_in},
               {"bytes_out", standing.bytes_out},
               {"queue", standing.queue}};
  json["credit"] = standing.credit < 0 ? Json(nullptr) : Json(standing.credit);
  json["staleness"] = standing.staleness;
  json["last_sign_seconds"] = standing.last_sign_seconds;
  json["waiting_for"] = waiting_json(standing, view);
  return json;
}

Json edge_json(const EdgeRate& edge) {
  return {{"from", edge.from},
          {"to", edge.to},
          {"messages_per_second", edge.messages_per_second},
          {"bytes_per_second", edge.bytes_per_second},
          {"delay_seconds", known(edge.delay_seconds >= 0, edge.delay_seconds)}};
}

Json culprit_json(const Culprit& culprit) {
  return {{"actor", culprit.actor},     {"name", culprit.name},
          {"host", culprit.host},       {"what", to_text(culprit.what)},
          {"message", culprit.message}, {"seconds", culprit.seconds},
          {"waiting", culprit.waiting}};
}

Json eta_json(const RunState& state) {
  const StepReport& step = state.step;
  if (step.t <= 0 || state.end) return nullptr;
  std::optional<double> left;
  if (state.goal.draws && step.samples > 0)
    left =
        step.t * (static_cast<double>(*state.goal.draws) / static_cast<double>(step.samples) - 1);
  if (state.goal.seconds)
    left = std::min(left.value_or(*state.goal.seconds), *state.goal.seconds - step.t);
  return left ? Json(std::max(0.0, *left)) : Json(nullptr);
}

std::uint64_t computed_rows(const RunState& state) {
  if (state.end) return state.end->computed;
  std::uint64_t rows = state.before.computed;
  for (const ActorView& standing : state.view.actors) rows += standing.rows;
  return rows;
}

Json progress_json(const RunState& state) {
  const StepReport& step = state.step;
  const GossipCounts& gossip = step.gossip;
  const std::uint64_t met = gossip.accepted + gossip.refused;
  std::uint64_t gradients = 0;
  for (const ActorView& standing : state.view.actors)
    if (standing.rows > 0) gradients += standing.steps;
  Json json = {{"epoch", step.epoch}};
  json["epochs"] = state.goal.epochs ? Json(*state.goal.epochs) : Json(nullptr);
  json["updates"] = step.updates;
  json["samples"] = step.samples;
  json["loss"] = known(step.updates > 0, step.loss);
  json["samples_per_second"] = step.samples_per_second;
  json["bytes_sent"] = step.bytes_sent;
  json["bytes_received"] = step.bytes_received;
  json["eta_seconds"] = eta_json(state);
  json["gradient_norm"] = nullptr;
  json["updates_per_gradient"] =
      known(gradients > 0,
            static_cast<double>(step.updates - std::min(step.updates, state.before.updates)) /
                static_cast<double>(std::max<std::uint64_t>(1, gradients)));
  json["consensus_distance"] = known(met > 0, gossip.distance);
  json["merge_accept_rate"] =
      known(met > 0, static_cast<double>(gossip.accepted) /
                         static_cast<double>(std::max<std::uint64_t>(1, met)));
  for (const Score& score : state.scores)
    json[score.split] = {{"loss", score.loss}, {"accuracy", score.accuracy}};
  return json;
}

Json accounting_json(const RunState& state) {
  Json discarded = Json::object();
  for (const Count& count : state.end ? state.end->discarded : state.before.discarded)
    discarded[count.reason] = count.rows;
  return {{"computed", computed_rows(state)},
          {"delivered", state.end ? state.end->delivered : state.step.samples},
          {"discarded", std::move(discarded)}};
}

std::string text_of(const Json& json) {
  return json.is_string()         ? json.get<std::string>()
         : json.is_number_float() ? fmt::format("{:.4g}", json.get<double>())
                                  : json.dump();
}

void add_line(std::string& text, const std::string& name, const std::string& value) {
  text += fmt::format("{:<20}{}\n", name, value);
}

/// "3 computing, 1 waiting"
std::string crowd(const Json& actors) {
  std::map<std::string, int> counts;
  for (const Json& actor : actors) ++counts[actor.value("state", "")];
  std::string text;
  for (const auto& [state, count] : counts)
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, state);
  return text;
}

}  // namespace

std::string state_json(const RunState& state) {
  Json json;
  json["run"] = {{"name", state.run},
                 {"folder", state.folder},
                 {"seed", state.seed},
                 {"clock", state.clock},
                 {"proof", state.proof},
                 {"version", state.version},
                 {"pid", state.pid},
                 {"t", state.end ? state.end->t : std::max(state.step.t, state.view.t)},
                 {"phase", state.phase},
                 {"reason", state.reason}};
  json["axes"] = state.axes;
  json["graph_epoch"] = state.graph_epoch;
  json["progress"] = progress_json(state);
  json["accounting"] = accounting_json(state);
  json["actors"] = Json::array();
  for (const ActorView& standing : state.view.actors)
    json["actors"].push_back(actor_json(standing, state.view));
  json["edges"] = Json::array();
  for (const EdgeRate& edge : state.view.edges) json["edges"].push_back(edge_json(edge));
  json["culprits"] = Json::array();
  if (!state.end)
    for (const Culprit& culprit : state.view.culprits)
      json["culprits"].push_back(culprit_json(culprit));
  json["events"] = Json::array();
  for (const std::string& event : state.events)
    json["events"].push_back(Json::parse(event, nullptr, false));
  return one_line(json);
}

std::string graph_json(const RunState& state, const RunGraph& graph) {
  Json json = {{"graph_epoch", state.graph_epoch}};
  json["nodes"] = Json::array();
  for (const RunGraph::Node& node : graph.nodes)
    json["nodes"].push_back({{"id", node.actor}, {"name", node.name}, {"role", node.role}});
  json["edges"] = Json::array();
  for (const auto& [from, to] : graph.edges) json["edges"].push_back({{"from", from}, {"to", to}});
  return one_line(json);
}

std::string config_json(const std::string& resolved, const Config& config,
                        const std::map<std::string, std::vector<std::string>>& swappable) {
  Json json = {{"toml", resolved}, {"keys", Json::array()}};
  for (const auto& [path, value] : config.settings().values()) {
    const auto origin = config.origins().find(path);
    const bool said = origin != config.origins().end() && !origin->second.where.empty();
    json["keys"].push_back({{"path", path},
                            {"value", to_toml(value)},
                            {"origin", said ? origin->second.where : "default"}});
  }
  json["swappable"] = swappable;
  return one_line(json);
}

std::string state_text(const std::string& text) {
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object() || !json.contains("run")) return text + "\n";
  std::string lines;
  const Json& run = json["run"];
  add_line(lines, "phase", text_of(run["phase"]));
  for (const char* name : {"name", "folder", "clock", "pid", "version", "t"})
    if (run.contains(name)) add_line(lines, name, text_of(run[name]));
  const Json progress = json.value("progress", Json::object());
  for (const auto& [name, value] : progress.items()) {
    if (value.is_null()) continue;
    std::string shown = text_of(value);
    if (value.is_object())
      shown = "loss " + text_of(value["loss"]) +
              (value["accuracy"].is_null() ? "" : ", accuracy " + text_of(value["accuracy"]));
    add_line(lines, name, shown);
  }
  const Json actors = json.value("actors", Json::array());
  if (!actors.empty()) add_line(lines, "actors", crowd(actors));
  for (const Json& culprit : json.value("culprits", Json::array()))
    add_line(lines, "waiting for", culprit_text(culprit.dump()));
  return lines;
}

std::string culprit_text(const std::string& json) {
  const Json culprit = Json::parse(json, nullptr, false);
  if (!culprit.is_object()) return {};
  const std::string message = culprit.value("message", "");
  std::string text =
      fmt::format("{} ({}): {} for {:.1f} s", culprit.value("name", ""), culprit.value("host", ""),
                  culprit.value("what", ""), culprit.value("seconds", 0.0));
  if (!message.empty()) text += "; awaited: " + message;
  const std::size_t waiting = culprit.value("waiting", Json::array()).size();
  if (waiting > 0) text += fmt::format("; {} wait for it", waiting);
  return text;
}

std::map<std::string, std::string> axes_of(const Config& config) {
  std::map<std::string, std::string> axes;
  for (const char* axis :
       {"topology", "exchange", "gate", "wait", "update", "merge", "codec", "pull"}) {
    const std::string path = std::string("training.") + axis;
    if (config.has(path)) axes[axis] = config.settings().text(path);
  }
  return axes;
}

}  // namespace troupe
