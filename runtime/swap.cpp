#include "runtime/swap.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "config/config.hpp"

namespace troupe {
namespace {

/// The kinds that settings choose.
struct Cast {
  Cast(const Tables& tables, const Settings& from)
      : settings(from),
        topology(tables.topologies.at(from.text("training.topology"))),
        exchange(tables.exchanges.at(from.text("training.exchange"))),
        gate(tables.gates.at(from.text("training.gate"))),
        update(tables.updates.at(from.text("training.update"))),
        merge(tables.merges.at(from.text("training.merge"))) {}

  /// One actor applies all updates, and its rule's memory is one for all.
  bool one_updates() const { return !exchange.descends && !topology.peers && !topology.shares; }

  const Settings& settings;
  const TopologyKind& topology;
  const ExchangeKind& exchange;
  const GateKind& gate;
  const UpdateKind& update;
  const MergeKind& merge;
};

Carried refusal(const std::string& what, const Cast& to, const std::string& why) {
  return {what, Fate::refused,
          fmt::format("training.topology = {} {}", to_toml(to.topology.kind.name), why)};
}

std::optional<Carried> refused(const Cast& to, const SwapScene& scene) {
  if (scene.troubled)
    return Carried{"hosts", Fate::refused,
                   "[[pace.link]] and [[pace.fault]] are of the actors that play now; take them "
                   "out to play a change of actors in the twin"};
  if (to.topology.workers_max < scene.workers)
    return refusal("workers", to,
                   fmt::format("has {} worker{}, and this run has {}", to.topology.workers_max,
                               to.topology.workers_max == 1 ? "" : "s", scene.workers));
  const bool one_process = to.topology.workers_max == 1 || to.topology.shares;
  if (scene.nodes && one_process)
    return refusal("nodes", to, "is for one process, and this run has nodes");
  if (scene.server && (to.topology.peers || to.topology.shares))
    return refusal("model", to, "has nobody who holds the model, which cluster.server gave a node");
  return std::nullopt;
}

Carried model(const Cast& from) {
  if (from.topology.peers && !from.topology.reduces) {
    const bool first = from.topology.first_counts && from.topology.first_counts(from.settings);
    return {"model", Fate::merged, first ? "the first worker's state" : "the mean of all states"};
  }
  return {"model", Fate::kept};
}

/// All keys of the rule's own.
bool same_rule(const Cast& from, const Cast& to) {
  if (from.update.kind.name != to.update.kind.name) return false;
  const std::string table = "training." + from.update.kind.name + ".";
  return std::ranges::all_of(from.update.kind.keys, [&](const Key& key) {
    const auto value = [&](const Cast& cast) {
      const auto& values = cast.settings.values();
      const auto found = values.find(table + key.path);
      return found == values.end() ? std::string() : to_toml(found->second);
    };
    return value(from) == value(to);
  });
}

std::optional<Carried> update(const Cast& from, const Cast& to) {
  if (from.update.plain && to.update.plain) return std::nullopt;
  if (from.update.plain) return Carried{"update", Fate::reset, "its memory begins at nothing"};
  if (to.update.plain) return Carried{"update", Fate::reset, "plain descent has no memory"};
  if (!same_rule(from, to)) return Carried{"update", Fate::reset, "another rule or other keys"};
  if (!from.one_updates() || !to.one_updates())
    return Carried{"update", Fate::reset, "its memory lives with each worker"};
  if (!from.update.carries) return Carried{"update", Fate::reset, "its memory cannot be moved"};
  return Carried{"update", Fate::kept};
}

}  // namespace

std::vector<Carried> what_becomes(const Tables& tables, const Settings& from_settings,
                                  const Settings& to_settings, const SwapScene& scene) {
  const Cast from(tables, from_settings);
  const Cast to(tables, to_settings);
  if (auto why = refused(to, scene)) return {std::move(*why)};
  std::vector<Carried> all{{"draws", Fate::kept}, model(from)};
  if (auto rule = update(from, to)) all.push_back(std::move(*rule));
  if (from.gate.holds) all.push_back({"held back", Fate::merged, "applied before"});
  if (from.merge.keeps)
    all.push_back({"replicas", Fate::reset, "the model that they are tied to is what stays"});
  if (from.merge.stands)
    all.push_back({"gradients", Fate::reset, "those that stood are taken anew"});
  return all;
}

std::string carried_text(const std::vector<Carried>& all) {
  std::string text;
  for (const Carried& one : all)
    text += fmt::format("{}{} {}{}", text.empty() ? "" : ", ", one.what, to_text(one.fate),
                        one.why.empty() ? "" : fmt::format(" ({})", one.why));
  return text;
}

std::vector<std::pair<std::string, std::string>> choices_of(const Config& config) {
  std::vector<std::pair<std::string, std::string>> axes;
  for (const char* axis : {"topology", "exchange", "gate", "update", "merge", "codec", "pull"})
    axes.emplace_back(axis, config.settings().text(std::string("training.") + axis));
  return axes;
}

bool swappable(const std::string& path) {
  static constexpr std::array<std::string_view, 3> fixed{"training.workers", "training.batch",
                                                         "training.evaluate_every"};
  if (path == "model.regularise") return true;  // the actors' form of one penalty
  return path.starts_with("training.") && !path.starts_with("training.stop.") &&
         !path.starts_with("training.swap") && std::ranges::find(fixed, path) == fixed.end();
}

std::vector<std::pair<std::string, std::vector<std::string>>> swappable_choices(
    const Schema& schema) {
  std::vector<std::pair<std::string, std::vector<std::string>>> all;
  for (const Axis& axis : schema.axes) {
    if (!swappable(axis.path)) continue;
    all.emplace_back(axis.path, std::vector<std::string>{});
    for (const Kind& kind : axis.kinds) all.back().second.push_back(kind.name);
  }
  return all;
}

}  // namespace troupe
