/// What can be said of a configuration without its data: missing keys,
/// contradictions, and what "auto" means where the axes decide it.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "base/user_error.hpp"
#include "runtime/answers.hpp"
#include "runtime/assemble.hpp"
#include "runtime/cluster_keys.hpp"
#include "runtime/combinations.hpp"
#include "runtime/pace_keys.hpp"

namespace troupe {
namespace {

constexpr const char* rate = "training.learning_rate";

void refuse_missing(const Config& config, const Tables& tables) {
  if (!config.has("data.path") || config.settings().text("data.path").empty())
    config.refuse("data.path", "data.path is missing: the training set, an HDF5 file");
  if (config.has("model.kind")) return;
  std::string kinds;
  for (const ModelKind& model : tables.models)
    kinds.append(kinds.empty() ? "" : ", ").append(to_toml(model.kind.name));
  config.refuse("model.kind", fmt::format("model.kind is missing: one of {}", kinds));
}

void refuse_bad_words(const Config& config) {
  const std::string name = config.settings().text("name");
  const bool plain = !name.empty() && name[0] != '.' && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  });
  if (!plain)
    config.refuse("name", fmt::format("name = {} is no folder's name: use letters, digits, '-', "
                                      "'_' and '.'",
                                      to_toml(name)));
}

/// A key that only one kind of schedule reads, while another kind is in force.
void check_rate_key(Config& config, const std::string& name, const std::string& kind) {
  const std::string path = fmt::format("{}.{}", rate, name);
  const std::string kind_path = fmt::format("{}.kind", rate);
  if (!config.set_by_user(path) || config.settings().text(kind_path) == kind) return;
  const std::string why = config.describe(kind_path);
  // The same as for a kind's table: only an override may leave a key unused.
  if (config.origin(kind_path).from >= From::environment ||
      config.origin(path).from >= From::environment)
    return config.mark_unused(path, why);
  config.refuse(path, fmt::format("{} is for {} = {}, but there stands {}", path, kind_path,
                                  to_toml(kind), why));
}

void check_rate(Config& config) {
  check_rate_key(config, "at", "step");
  check_rate_key(config, "factor", "step");
  check_rate_key(config, "decay", "inverse");
  const std::string path = fmt::format("{}.kind", rate);
  const std::string kind = config.settings().text(path);
  if (kind == "step") {
    const std::string at = fmt::format("{}.at", rate);
    if (!config.has(at) || config.settings().numbers(at).empty())
      config.refuse(path, fmt::format("{} needs {}, the epochs at which it falls",
                                      config.describe(path), at));
    const std::vector<double> epochs = config.settings().numbers(at);
    if (!std::ranges::is_sorted(epochs, std::less_equal<>()))
      config.refuse(at,
                    fmt::format("{} must rise from one epoch to the next", config.describe(at)));
  }
  if (kind == "cosine" && !config.has("training.stop.epochs"))
    config.refuse(path, fmt::format("{} needs training.stop.epochs: the rate falls to 0 over them",
                                    config.describe(path)));
  if (kind == "inverse" && !config.has(fmt::format("{}.decay", rate)) &&
      config.settings().number("model.l2") <= 0)
    config.refuse(path, fmt::format("{} needs {}.decay, as {}", config.describe(path), rate,
                                    config.describe("model.l2")));
}

void check_tolerance(const Config& config) {
  const std::string phi = "training.stop.tolerance.phi";
  const std::string value = "training.stop.tolerance.value";
  if (config.has(phi) && config.has(value))
    config.refuse(phi, fmt::format("{} and {} contradict each other: give one",
                                   config.describe(phi), config.describe(value)));
  for (const char* name : {"gradient_norm", "lipschitz"}) {
    const std::string path = fmt::format("training.stop.tolerance.{}", name);
    if (config.has(path) && !config.has(phi))
      config.refuse(path, fmt::format("{} is of use only with {}", path, phi));
  }
  if (config.has(phi) && config.settings().number("model.l2") <= 0)
    config.refuse(phi, fmt::format("{} needs model.l2 > 0 (it is c of the formula), but there "
                                   "stands {}",
                                   config.describe(phi), config.describe("model.l2")));
}

void check_stop(Config& config) {
  const bool any = std::ranges::any_of(
      std::vector<const char*>{"epochs", "steps", "time", "target", "no_better_for",
                               "tolerance.value", "tolerance.phi"},
      [&](const char* key) { return config.has(fmt::format("training.stop.{}", key)); });
  if (!any) config.fill("training.stop.epochs", 10.0, {From::standard, "default"});
  check_tolerance(config);
  for (const char* key : {"target", "no_better_for"}) {
    const std::string path = fmt::format("training.stop.{}", key);
    if (config.has(path) && config.settings().number("data.validation") <= 0)
      config.refuse(path, fmt::format("{} needs validation rows, but there stands {}",
                                      config.describe(path), config.describe("data.validation")));
  }
}

void check_cast(const Config& config, const Tables& tables) {
  const Settings& settings = config.settings();
  const TopologyKind& topology = tables.topologies.at(settings.text("training.topology"));
  if (settings.is_text("data.partitions") || topology.workers_max == 1) return;
  if (((topology.peers && !topology.reduces) || topology.shares) &&
      settings.integer("data.partitions") != settings.integer("training.workers"))
    config.refuse(
        "data.partitions",
        fmt::format("{} must be as many as {}: {}", config.describe("data.partitions"),
                    config.describe("training.workers"),
                    topology.peers ? "each peer has rows and a state of its own"
                                   : "nobody gives turns, and each worker has rows of its own"));
  if (settings.integer("data.partitions") < settings.integer("training.workers"))
    config.refuse("data.partitions", fmt::format("{} leaves workers without a partition: {}",
                                                 config.describe("data.partitions"),
                                                 config.describe("training.workers")));
}

void check_sharing(const Config& config, const Tables& tables) {
  const Settings& settings = config.settings();
  const auto& share = tables.topologies.at(settings.text("training.topology")).shares;
  if (!share) return;
  if (settings.integer("cluster.nodes") > 0)
    refuse_apart(config, tables, config.describe("cluster.nodes"));
  const bool stands = tables.merges.at(settings.text("training.merge")).stands;
  if (!stands && !tables.updates.at(settings.text("training.update")).plain)
    config.refuse("training.update",
                  fmt::format("{} has a state, which on one memory would have to be everybody's: "
                              "take \"sgd\", or gate = \"free\", where one steps for all",
                              config.describe("training.update")));
  if (stands && share(settings).writes == Sharing::Writes::store)
    config.refuse(
        "training.shared.access",
        fmt::format("{} does not go with {}: a write that is lost would stay in the sum "
                    "for ever; take \"add\" or \"lock\"",
                    config.describe("training.shared.access"), config.describe("training.merge")));
}

void check_sampling(const Config& config) {
  if (config.settings().flag("data.replacement") &&
      config.settings().text("data.shuffle") == "none")
    config.refuse(
        "data.shuffle",
        fmt::format("{} says an order, but with {} rows are drawn in none",
                    config.describe("data.shuffle"), config.describe("data.replacement")));
  if (config.settings().text("data.shuffle") == "global" &&
      !config.settings().is_text("data.memory"))
    config.refuse("data.memory",
                  fmt::format("{} does not go with {}: that draws from all rows at once, so all of "
                              "them must be in memory; \"local\" keeps within a bound",
                              config.describe("data.memory"), config.describe("data.shuffle")));
}

void check_turns(const Config& config, const Tables& tables) {
  const Settings& settings = config.settings();
  const bool moves = tables.exchanges.at(settings.text("training.exchange")).moves;
  for (const char* path : {"training.push_every", "training.pull_every"})
    if (settings.integer(path) > 1 && !moves)
      config.refuse(path,
                    fmt::format("{} is for training.exchange = \"delta\", but there stands {}",
                                config.describe(path), config.describe("training.exchange")));
  if (settings.integer("training.pull_every") % settings.integer("training.push_every") != 0)
    config.refuse("training.pull_every",
                  fmt::format("{} must be a multiple of {}: what a replica moved by would be lost "
                              "between the two",
                              config.describe("training.pull_every"),
                              config.describe("training.push_every")));
}

/// What "auto" comes to where neither data nor model has a say.
void resolve_words(Config& config, const Tables& tables) {
  const Settings& settings = config.settings();
  const bool descends = tables.exchanges.at(settings.text("training.exchange")).descends;
  const bool plain = tables.updates.at(settings.text("training.update")).plain;
  const auto say = [&](const char* path, const char* word, const char* how) {
    if (settings.text(path) == "auto") config.resolve(path, std::string(word), how);
  };
  if (descends && plain)
    say("model.regularise", "lazy", "auto: replicas descend in place");
  else
    say("model.regularise", "per_feature", "auto: gradients are applied");
  if (descends) {
    say("training.pull", "dense", "auto: replicas travel");
    say("training.codec", "dense", "auto: replicas travel");
  } else if (!plain || settings.text("model.regularise") == "dense") {
    say("training.pull", "dense", "auto: every weight moves at every step");
  }
}

void make_absolute(Config& config) {
  for (const char* path : {"data.path", "data.test", "training.gossip.edges", "cluster.tls.ca",
                           "cluster.tls.certificate", "cluster.tls.key"}) {
    if (!config.has(path)) continue;
    const auto absolute = std::filesystem::absolute(config.settings().text(path));
    config.resolve(path, absolute.lexically_normal().string());
  }
}

}  // namespace

Config load_config(const Tables& tables, const ConfigSources& sources) {
  Config config = Config::load(schema_of(tables), sources);
  refuse_missing(config, tables);
  refuse_bad_words(config);
  check_pace(config);
  check_stop(config);
  check_rate(config);
  check_cast(config, tables);
  check_sampling(config);
  check_turns(config, tables);
  check_cluster(config);
  refuse_combinations(config, tables);
  check_sharing(config, tables);
  settle_answers(config, tables);
  resolve_words(config, tables);
  make_absolute(config);
  return config;
}

}  // namespace troupe
