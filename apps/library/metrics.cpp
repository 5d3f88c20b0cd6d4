#include "apps/library/metrics.hpp"

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "datasets/model_file.hpp"

namespace troupe {
namespace {

using Json = nlohmann::ordered_json;

std::string line(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string value_text(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (!value.is_object()) return line(value);
  std::string text;
  for (const auto& [name, inner] : value.items())
    text += (text.empty() ? "" : ", ") + name + " " + value_text(inner);
  return text.empty() ? "none" : text;
}

/// Of runs that have them; no other line changes.
void add_counts(Json& json, std::uint64_t gradients, const WriteCounts& writes) {
  if (gradients > 0) json["gradients"] = gradients;
  if (writes.checked > 0) json["writes"] = {{"checked", writes.checked}, {"lost", writes.lost}};
}

// The least and the most that a worker computed, beside an equal part of all.
Json shares_of(const EndReport& report) {
  const auto [least, most] = std::ranges::minmax(report.shares, {}, &WorkerCount::rows);
  const double equal =
      static_cast<double>(report.computed) / static_cast<double>(report.shares.size());
  return {{"least", static_cast<double>(least.rows) / equal},
          {"most", static_cast<double>(most.rows) / equal}};
}

}  // namespace

std::string start_line(const std::string& run, const Config& config, const Plan& plan) {
  const Settings& settings = config.settings();
  Json json = {{"type", "start"}, {"run", run}, {"seed", plan.seed}};
  for (const char* axis : {"topology", "exchange", "gate", "update", "merge", "codec"})
    json[axis] = settings.text(std::string("training.") + axis);
  json["workers"] = plan.workers;
  json["partitions"] = plan.partitions;
  json["parameters"] = plan.parameters;
  json["samples"] = plan.training.size();
  return line(json);
}

std::string metrics_line(const StepReport& report) {
  Json json = {{"type", "step"},
               {"t", report.t},
               {"epoch", report.epoch},
               {"updates", report.updates},
               {"samples", report.samples},
               {"loss", report.loss},
               {"samples_per_second", report.samples_per_second},
               {"bytes_sent", report.bytes_sent},
               {"bytes_received", report.bytes_received},
               {"bytes_moved", report.bytes_moved},
               {"staleness",
                {{"p50", report.staleness_p50},
                 {"p99", report.staleness_p99},
                 {"max", report.staleness_max}}}};
  const GossipCounts& gossip = report.gossip;
  if (gossip.accepted + gossip.refused + gossip.overwritten > 0)
    json["gossip"] = {{"accepted", gossip.accepted},
                      {"refused", gossip.refused},
                      {"overwritten", gossip.overwritten},
                      {"distance", gossip.distance}};
  add_counts(json, report.gradients, report.writes);
  return line(json);
}

std::string metrics_line(const EvalReport& report) {
  return line({{"type", "eval"},
               {"t", report.t},
               {"epoch", report.epoch},
               {"split", report.score.split},
               {"loss", report.score.loss},
               {"accuracy", report.score.accuracy}});
}

std::string metrics_line(const EventReport& report) {
  Json json = {{"type", "event"},
               {"t", report.t},
               {"what", report.what},
               {"who", report.who},
               {"detail", report.detail}};
  for (const auto& [name, value] : report.facts) json[name] = value;
  return line(json);
}

std::string metrics_line(const EndReport& report) {
  Json json = {{"type", "end"},
               {"t", report.t},
               {"status", report.status},
               {"reason", report.reason},
               {"epochs", report.epochs},
               {"updates", report.updates},
               {"samples", report.samples},
               {"computed", report.computed},
               {"delivered", report.delivered},
               {"bytes_moved", report.bytes_moved}};
  if (report.computed > 0 && !report.shares.empty()) json["shares"] = shares_of(report);
  json["discarded"] = Json::object();
  for (const Count& count : report.discarded) json["discarded"][count.reason] = count.rows;
  for (const Score& score : report.scores)
    json[score.split] = {{"loss", score.loss}, {"accuracy", score.accuracy}};
  const std::string weights = weights_text(report.model);
  add_counts(json, report.gradients, report.writes);
  json["weights_crc32c"] = weights.empty() ? Json(nullptr) : Json(weights);
  return line(json);
}

std::string weights_text(const SharedBlock& model) {
  if (model.size() == 0) return {};
  char text[9];
  std::snprintf(text, sizeof text, "%08x", weights_crc32c(model.values()));
  return text;
}

std::string score_json(const Score& score) {
  return line({{"rows", score.rows}, {"loss", score.loss}, {"accuracy", score.accuracy}});
}

std::string event_text(const std::string& text) {
  const Json event = Json::parse(text, nullptr, false);
  if (!event.is_object()) return text;
  char t[32];
  std::snprintf(t, sizeof t, "%8.1f s  ", event.value("t", 0.0));
  const std::string who = event.value("who", "");
  const std::string detail = event.value("detail", "");
  return t + event.value("what", "") + (who.empty() ? "" : " " + who) +
         (detail.empty() ? "" : ": " + detail);
}

std::string human_text(const std::string& json) {
  const Json parsed = Json::parse(json, nullptr, false);
  if (!parsed.is_object()) return json + "\n";
  std::string text;
  for (const auto& [name, value] : parsed.items()) {
    if (name == "type") continue;
    text +=
        name + std::string(name.size() < 20 ? 20 - name.size() : 1, ' ') + value_text(value) + "\n";
  }
  return text;
}

}  // namespace troupe
