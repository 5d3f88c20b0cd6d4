#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <utility>

#include "datasets/dataset.hpp"
#include "runtime/draft.hpp"

namespace troupe {

void split_data(Draft& draft, DataSets data) {
  Plan& plan = *draft.plan;
  const Settings& settings = draft.settings();
  plan.data = std::move(data.training);
  plan.test = std::move(data.test);
  const DataFacts& facts = plan.data->facts();
  const Split split = split_rows(facts.rows, settings.number("data.validation"));
  plan.training = split.training;
  plan.validation = split.validation;
  if (plan.training.size() == 0)
    refuse_data(facts.path, fmt::format("no rows to train on: {} rows in all", facts.rows));
  if ((settings.has("training.stop.target") || settings.has("training.stop.no_better_for")) &&
      plan.validation.size() == 0)
    refuse_data(
        facts.path,
        fmt::format("no validation rows, which the stop rule needs: {} rows in all", facts.rows));
}

void check_test(const Plan& plan) {
  if (plan.test == nullptr) return;
  const DataFacts& training = plan.data->facts();
  const DataFacts& test = plan.test->facts();
  if (test.rows == 0) refuse_data(test.path, "no rows to test on");
  // Sparse rows may miss the last features; dense rows are all of one length.
  const bool fits =
      test.sparse ? test.features <= training.features : test.features == training.features;
  if (!fits)
    refuse_data(test.path, fmt::format("{} features, but the training set {} has {}", test.features,
                                       training.path, training.features));
}

void normalise(Draft& draft) {
  Plan& plan = *draft.plan;
  const std::string kind = draft.settings().text("data.normalise");
  const DataFacts facts = plan.data->facts();
  if (kind == "standardise" && facts.sparse)
    draft.config.refuse("data.normalise",
                        fmt::format("{} would turn the zeros of {}, whose rows are sparse, into "
                                    "other numbers; \"max_abs\" and \"unit_rows\" keep them",
                                    draft.config.describe("data.normalise"), facts.path));
  plan.normalisation =
      std::make_shared<const Normalisation>(measure(kind, *plan.data, plan.training));
  plan.data = normalised(plan.data, plan.normalisation);
  if (plan.test != nullptr) plan.test = normalised(plan.test, plan.normalisation);
  if (plan.normalisation->constant > 0)
    draft.notes.push_back(fmt::format(
        "{} of {} features are {} in all training rows and keep their scale",
        plan.normalisation->constant, facts.features, kind == "max_abs" ? "0" : "the same"));
}

namespace {

/// Takes fewer than the user said where the topology has no place for more.
std::uint32_t limited(Draft& draft, const std::string& path, std::uint64_t wanted) {
  const TopologyKind& topology =
      draft.tables.topologies.at(draft.settings().text("training.topology"));
  if (wanted <= topology.workers_max) return static_cast<std::uint32_t>(wanted);
  const std::string most = topology.workers_max == 1
                               ? "one worker"
                               : fmt::format("at most {} workers", topology.workers_max);
  draft.notes.push_back(fmt::format("topology '{}' uses {}; {} is not used", topology.kind.name,
                                    most, draft.config.describe(path)));
  draft.config.resolve(path, std::int64_t{topology.workers_max},
                       fmt::format("topology {}", topology.kind.name));
  return topology.workers_max;
}

}  // namespace

void cut_partitions(Draft& draft) {
  Plan& plan = *draft.plan;
  plan.workers = limited(draft, "training.workers", count(draft.settings(), "training.workers"));
  if (draft.settings().is_text("data.partitions"))
    draft.config.resolve("data.partitions", std::int64_t{plan.workers}, "as many as workers");
  const std::uint64_t wanted = count(draft.settings(), "data.partitions");
  plan.partitions = plan.workers == 1 ? limited(draft, "data.partitions", wanted)
                                      : static_cast<std::uint32_t>(wanted);
  if (plan.partitions > plan.training.size())
    draft.config.refuse("data.partitions",
                        fmt::format("{} are more than the {} training rows of {}",
                                    draft.config.describe("data.partitions"), plan.training.size(),
                                    draft.plan->data->facts().path));
}

namespace {

std::string size_text(std::uint64_t bytes) {
  constexpr std::uint64_t mib = std::uint64_t{1} << 20U;
  return fmt::format("{} MiB", (bytes + mib - 1) / mib);
}

/// What one partition may have of the bound on rows in memory; 0 where they may all
/// be. The evaluator has a segment of its own.
std::uint64_t share_of_memory(Draft& draft) {
  if (draft.settings().is_text("data.memory")) return 0;
  Plan& plan = *draft.plan;
  plan.bounded = true;
  const DataFacts& facts = plan.data->facts();
  const WindowNeeds needs = window_needs(*plan.data, plan.training, plan.batch);
  std::uint64_t scored = window_needs(*plan.data, {0, facts.rows}, 1).segment;
  if (plan.test != nullptr)
    scored = std::max(scored, window_needs(*plan.test, {0, plan.test->facts().rows}, 1).segment);
  std::uint64_t whole = scored;
  for (std::uint32_t p = 0; p < plan.partitions; ++p)
    whole += bytes_whole(*plan.data, plan.partition(p));
  const std::uint64_t memory = count(draft.settings(), "data.memory");
  if (whole <= memory) return 0;
  const std::uint64_t least = plan.partitions * needs.least() + scored;
  if (memory < least)
    draft.config.refuse(
        "data.memory",
        fmt::format(
            "{} is too small for {} of {}: two windows for each and a segment under way, "
            "of segments of {} and batches of {} rows; \"{}\" would do, or fewer partitions "
            "or a smaller training.batch",
            draft.config.describe("data.memory"), draft.config.describe("data.partitions"),
            facts.path, size_text(needs.segment), plan.batch, size_text(std::min(least, whole))));
  return (memory - scored) / plan.partitions;
}

}  // namespace

void make_supply(Draft& draft) {
  Plan& plan = *draft.plan;
  const std::string shuffle = draft.settings().text("data.shuffle");
  plan.supply = std::make_shared<Supply>(
      Supply::Request{.data = plan.data,
                      .training = plan.training,
                      .partitions = plan.partitions,
                      .sampler = {.shuffle = shuffle == "none"    ? Shuffle::none
                                             : shuffle == "local" ? Shuffle::local
                                                                  : Shuffle::global,
                                  .replacement = draft.settings().flag("data.replacement")},
                      .seed = plan.seed,
                      .batch = plan.batch,
                      .share = share_of_memory(draft)});
}

}  // namespace troupe
