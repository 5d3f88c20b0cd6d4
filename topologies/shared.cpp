/// Workers read and write one memory; an aggregator beside it counts, evaluates and
/// ends the run. No parameters travel, so it never leaves one process.
#include "topologies/drawing.hpp"

namespace troupe {
namespace {

constexpr const char* access_key = "training.shared.access";

Drawing draw_shared(const Settings& /*settings*/, std::uint32_t workers) {
  Drawing drawing{.nodes = {{.role = Role::aggregator, .index = 0}}, .edges = {}};
  for (std::uint32_t w = 0; w < workers; ++w) {
    drawing.nodes.push_back({.role = Role::worker, .index = w});
    drawing.edges.push_back({.from = 0, .to = w + 1, .models = 0});
    drawing.edges.push_back({.from = w + 1, .to = 0, .models = 0});
  }
  return drawing;
}

Sharing share(const Settings& settings) {
  const std::string access = settings.text(access_key);
  Sharing sharing{.writes = access == "store" ? Sharing::Writes::store
                            : access == "add" ? Sharing::Writes::add
                                              : Sharing::Writes::lock,
                  .snapshots = settings.text("training.shared.reads") == "snapshot"};
  if (sharing.writes == Sharing::Writes::store)
    sharing.check_every =
        static_cast<std::uint64_t>(settings.integer("training.shared.check_every"));
  return sharing;
}

std::vector<Key> keys() {
  return {{.path = "access",
           .type = KeyType::choice,
           .choices = {"store", "add", "lock"},
           .standard = std::string("store"),
           .sentence = "how a worker writes: store may lose what another one "
                       "adds meanwhile, add loses nothing, lock lets one in at "
                       "a time"},
          {.path = "reads",
           .type = KeyType::choice,
           .choices = {"live", "snapshot"},
           .standard = std::string("live"),
           .sentence = "what a step reads: the memory while others write it, or a copy that is "
                       "made while nobody does (in the twin every read is one)"},
          {.path = "check_every",
           .type = KeyType::integer,
           .unit = "rows",
           .minimum = 0,
           .maximum = 1e9,
           .standard = std::int64_t{64},
           .sentence = "access store: of so many rows the writes of one are looked at, to count "
                       "what is lost; 0: of none"}};
}

}  // namespace

TopologyKind shared_topology() {
  return {.kind = {.name = "shared",
                   .sentence = "workers on one memory, in one process",
                   .keys = keys()},
          .fills = {{"training.exchange", std::string("gradient")},
                    {"training.gate", std::string("open")},
                    {"training.merge", std::string("mean")}},
          .shares = share,
          .draw = draw_shared};
}

}  // namespace troupe
