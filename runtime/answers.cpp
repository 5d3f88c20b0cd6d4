#include "runtime/answers.hpp"

#include <fmt/format.h>

namespace troupe {
namespace {

constexpr const char* reply = "training.reply";
constexpr const char* wait = "training.wait";
/// Turns of a worker that waits for nobody: enough that leave for the next one is there in time.
constexpr std::int64_t turns_unasked = 8;

void settle_peers(Config& config, bool barrier) {
  const std::string word = config.settings().text(wait);
  const std::string said = config.settings().text(reply);
  if (said == "model" || said == "gradient")
    config.refuse(reply, fmt::format("{} does not go with {}: peers answer nobody",
                                     config.describe(reply), config.describe("training.topology")));
  if (word == (barrier ? "never" : "reply"))
    config.refuse(wait, fmt::format("{} does not go with {}: {}", config.describe(wait),
                                    config.describe("training.gate"),
                                    barrier ? "behind a barrier a peer waits for those it hears"
                                            : "without a barrier a peer waits for nobody"));
  if (said == "auto") config.resolve(reply, std::string("none"), "auto: peers answer nobody");
  if (word == "auto")
    config.resolve(wait, std::string(barrier ? "reply" : "never"),
                   barrier ? "auto: peers behind a barrier" : "auto: peers without a barrier");
}

void refuse_never(const Config& config, const Tables& tables) {
  const Settings& settings = config.settings();
  const auto refuse = [&](const char* other, const char* why) {
    config.refuse(wait, fmt::format("{} does not go with {}: {}", config.describe(wait),
                                    config.describe(other), why));
  };
  if (tables.exchanges.at(settings.text("training.exchange")).descends)
    refuse("training.exchange", "a replica goes on from where the last exchange left it");
  if (tables.gates.at(settings.text("training.gate")).rounds &&
      !tables.merges.at(settings.text("training.merge")).folds)
    refuse("training.merge",
           "two gradients of one worker may meet at the gate, and this merge does not say which "
           "counts; \"newest\" does");
  if (config.set_by_user("training.ahead") && settings.integer("training.ahead") == 1)
    refuse("training.ahead", "with one turn at a time it waits for leave to take the next");
}

}  // namespace

void settle_answers(Config& config, const Tables& tables) {
  const Settings& settings = config.settings();
  const bool barrier = tables.gates.at(settings.text("training.gate")).rounds;
  const TopologyKind& topology = tables.topologies.at(settings.text("training.topology"));
  if (topology.peers && !topology.reduces) return settle_peers(config, barrier);
  if (settings.text(wait) == "never") {
    refuse_never(config, tables);
    if (!config.set_by_user("training.ahead"))
      config.resolve("training.ahead", turns_unasked, "wait = \"never\"");
    if (barrier && settings.text(reply) != "gradient" && settings.text("training.pull") == "auto")
      config.resolve("training.pull", std::string("changed"), "auto: workers do not wait");
  }
  if (settings.text(wait) == "auto")
    config.resolve(wait, std::string("reply"), "auto: workers of an aggregator");
  if (settings.text(reply) == "auto")
    config.resolve(reply, std::string("model"), "auto: workers of an aggregator");
}

void plan_answers(Draft& draft) {
  Plan& plan = *draft.plan;
  const std::string word = draft.settings().text(reply);
  plan.reply = word == "gradient" ? ReplyKind::gradient
               : word == "none"   ? ReplyKind::none
                                  : ReplyKind::model;
  plan.asks = draft.update().advises;
  // Peers have their own way not to wait.
  plan.waits = draft.settings().text(wait) != "never" ||
               draft.tables.topologies.at(draft.settings().text("training.topology")).peers;
  if (plan.waits) return;
  plan.holds = plan.holds || plan.rounds;
  plan.rounds = false;
}

}  // namespace troupe
