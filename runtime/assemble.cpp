#include "runtime/assemble.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <string_view>
#include <utility>

#include "base/cpu_level.hpp"
#include "base/user_error.hpp"
#include "datasets/dataset.hpp"
#include "datasets/relabelled.hpp"
#include "runtime/answers.hpp"
#include "runtime/draft.hpp"
#include "runtime/pace_keys.hpp"

namespace troupe {
namespace {

/// The keys that say which algorithm it is; others say how it is tuned.
constexpr std::array<std::string_view, 7> axes{
    "training.topology", "training.exchange", "training.reply", "training.gate",
    "training.wait",     "training.update",   "training.merge"};
/// Rows between two exchanges of replicas below which the exchange costs more
/// than the descent (DESIGN: two dense passes over the parameters each).
constexpr std::uint64_t rows_worth_an_exchange = 1000;
/// Adding entries up first pays once a parameter comes more often than this.
constexpr double entries_worth_a_sum = 2;
/// "epoch" means at most so many rows, so that a stop never waits long.
constexpr std::uint64_t rows_of_an_epoch_max = 1'000'000;

void use_kernels(const Settings& settings) {
  if (const auto level = cpu_level_named(settings.text("cluster.kernels"))) use_cpu_level(*level);
}

void size_steps(Draft& draft) {
  Plan& plan = *draft.plan;
  const std::uint64_t rows = plan.partition(0).size();  // no partition has more
  if (draft.settings().is_text("training.batch"))
    draft.config.resolve("training.batch", static_cast<std::int64_t>(rows), "all rows");
  plan.batch = count(draft.settings(), "training.batch");
  if (plan.batch > rows) {
    draft.notes.push_back(fmt::format("{} is more than the {} rows of a partition; {} are used",
                                      draft.config.describe("training.batch"), rows, rows));
    draft.config.resolve("training.batch", static_cast<std::int64_t>(rows), "rows of a partition");
    plan.batch = rows;
  }
  if (draft.settings().is_text("training.local_steps")) {
    const std::uint64_t most = std::min(rows, rows_of_an_epoch_max);
    const std::uint64_t steps = (most + plan.batch - 1) / plan.batch;
    draft.config.resolve("training.local_steps", static_cast<std::int64_t>(steps),
                         rows > most ? "a million rows" : "an epoch");
  }
  const std::uint64_t push_every = count(draft.settings(), "training.push_every");
  plan.local_steps = count(draft.settings(), "training.local_steps") * push_every;
  plan.pull_turns = count(draft.settings(), "training.pull_every") / push_every;
}

void make_model(Draft& draft) {
  Plan& plan = *draft.plan;
  plan.rounds = draft.gate().rounds;
  plan.descends = draft.exchange().descends;
  plan.moves = draft.exchange().moves;
  plan.keeps = draft.merge().keeps;
  plan.stands = draft.merge().stands;
  if (const auto& every = draft.gate().steps_every) plan.steps_every = every(draft.settings());
  if (const auto& share = draft.topology().shares) plan.sharing = share(draft.settings());
  plan.holds = draft.gate().holds;
  plan.plain = draft.update().plain;
  plan.remembers = draft.update().remembers;
  plan_answers(draft);
  // A dense row's features are all features.
  if (draft.settings().text("model.regularise") == "per_feature" &&
      !draft.config.set_by_user("model.regularise") && !plan.data->facts().sparse)
    draft.config.resolve("model.regularise", std::string("dense"), "rows are dense");
  plan.model = draft.tables.models.at(draft.settings().text("model.kind"))
                   .make({.settings = draft.settings(),
                          .facts = plan.data->facts(),
                          .rows = plan.training.size(),
                          .descends = plan.descends && plan.plain});
  plan.parameters = plan.model->layout().size();
  const std::vector<std::string>& names = plan.data->facts().label_names;
  for (const float label : plan.model->class_labels(plan.data->facts())) {
    const bool named = label >= 0 && label < static_cast<float>(names.size());
    plan.classes.push_back({label, named ? names[static_cast<std::size_t>(label)] : ""});
  }
  if (plan.test != nullptr && plan.model->traits().classifies)
    plan.test = relabelled(plan.test, names, plan.data->facts().path);
  plan.model->check(plan.data->facts());
  if (plan.test != nullptr) plan.model->check(plan.test->facts());
  const StartRows start = plan.model->start_rows();
  if (plan.training.size() < start.least)
    refuse_data(
        plan.data->facts().path,
        fmt::format("{} training rows, but model.kind = {} starts from {}", plan.training.size(),
                    to_toml(draft.settings().text("model.kind")), start.least));
  if (start.most > 0) plan.start = RowSample(*plan.data, plan.training, start.most);
}

/// What the model itself decided, and what of the configuration means nothing to it.
void settle_model(Draft& draft) {
  const Model& model = *draft.plan->model;
  const Traits traits = model.traits();
  const std::string kind =
      fmt::format("model.kind = {}", to_toml(draft.settings().text("model.kind")));
  for (const auto& [path, value] : model.resolved())
    if (draft.settings().values().find(path)->second != value)
      draft.config.resolve(path, value,
                           fmt::format("labels of {}", draft.plan->data->facts().path));
  const std::string form = model.regularise();
  if (!form.empty() && draft.settings().text("model.regularise") != form)
    draft.config.resolve("model.regularise", form, kind);
  if (!traits.penalised)
    for (const char* path : {"model.l2", "model.regularise"})
      if (draft.config.set_by_user(path))
        draft.notes.push_back(
            fmt::format("{} is not used: {} has no penalty", draft.config.describe(path), kind));
  if (!traits.classifies && draft.settings().has("training.stop.target"))
    draft.config.refuse("training.stop.target",
                        fmt::format("{} is an accuracy, and {} tells no classes apart; "
                                    "training.stop.no_better_for watches its loss",
                                    draft.config.describe("training.stop.target"), kind));
}

/// What "auto" comes to where the model's traits decide it.
void resolve_words(Draft& draft) {
  const bool sparse = draft.plan->model->traits().sparse;
  const bool dense_penalty = draft.settings().text("model.regularise") == "dense";
  const auto say = [&](const char* path, bool can, const char* how) {
    if (draft.settings().text(path) == "auto")
      draft.config.resolve(path, std::string(can ? "sparse" : "dense"), how);
  };
  const char* how = sparse ? "auto: rows are sparse" : "auto: rows are dense";
  say("training.pull", sparse && draft.slices() == 1,
      draft.slices() == 1 ? how : "auto: slices are pulled as a whole");
  say("training.codec", sparse && !dense_penalty, how);
  const std::string pull = draft.settings().text("training.pull");
  if (pull == "sparse" && !sparse)
    draft.config.refuse(
        "training.pull",
        fmt::format("{} needs a model that reads only its rows' features, and "
                    "model.kind = {} on {} reads all",
                    draft.config.describe("training.pull"),
                    to_toml(draft.settings().text("model.kind")), draft.plan->data->facts().path));
  // Of merged gradients the word says how they are written.
  if (draft.plan->reply == ReplyKind::gradient) {
    draft.plan->pull = PullKind::dense;
    return;
  }
  if (draft.plan->reply == ReplyKind::none) draft.plan->pull_turns = UINT64_MAX;
  draft.plan->pull = pull == "sparse"     ? PullKind::sparse
                     : pull == "changed"  ? PullKind::changed
                     : pull == "snapshot" ? PullKind::snapshot
                                          : PullKind::dense;
  draft.plan->snapshot_every = count(draft.settings(), "training.snapshot_every");
}

void work_ahead(Draft& draft) {
  Plan& plan = *draft.plan;
  plan.ahead = count(draft.settings(), "training.ahead");
  if (plan.ahead == 1 || !plan.waits) return;
  if (draft.slices() > 1)
    draft.config.refuse("training.ahead",
                        fmt::format("{} does not go with {}: a turn begins when all slices of "
                                    "its model are there",
                                    draft.config.describe("training.ahead"),
                                    draft.config.describe("training.server.shards")));
  if (plan.asks)
    draft.config.refuse("training.ahead",
                        fmt::format("{} does not go with {}: a turn waits for its advice",
                                    draft.config.describe("training.ahead"),
                                    draft.config.describe("training.update")));
  if (draft.gate().overtakes && !plan.descends && !plan.sharing) return;
  draft.config.refuse(
      "training.ahead",
      fmt::format("{} needs an open gate and gradients: {}",
                  draft.config.describe("training.ahead"),
                  plan.rounds      ? "in a round nobody may be ahead of the others"
                  : plan.sharing   ? "on one memory nobody gives turns"
                  : !plan.descends ? "this gate counts the steps of each"
                                   : "a replica goes on from where the last exchange left it"));
}

// By entries while a turn has far fewer of them than the model has parameters. It is
// decided by data and batch alone: sums then round alike, however the model is pulled.
void choose_form(Draft& draft) {
  Plan& plan = *draft.plan;
  const DataFacts& facts = plan.data->facts();
  const double mean = static_cast<double>(facts.entries) / static_cast<double>(facts.rows);
  const double entries = mean * static_cast<double>(plan.batch * plan.local_steps);
  plan.entrywise = !plan.descends && !plan.asks && plan.model->traits().entrywise &&
                   entries * entries_worth_a_sum < static_cast<double>(plan.parameters);
  plan.unsummed = plan.entrywise && !plan.rounds && !plan.holds && !plan.stands && plan.plain &&
                  draft.slices() == 1 &&
                  draft.tables.codecs.at(draft.settings().text("training.codec")).entrywise;
}

void cut_model(Draft& draft) {
  const std::uint32_t slices = draft.slices();
  if (slices == 1) return;
  const Layout layout = draft.plan->model->layout();
  if (slices > layout.rows())
    draft.config.refuse(
        "training.server.shards",
        fmt::format("{} is more than the {} rows of the model, which are not "
                    "cut: take at most so many",
                    draft.config.describe("training.server.shards"), layout.rows()));
  draft.plan->cuts = layout.cuts(slices);
}

void make_policies(Draft& draft) {
  Plan& plan = *draft.plan;
  const auto settings = std::make_shared<const Settings>(draft.settings());
  const std::size_t size = plan.parameters;
  plan.exchange = [make = draft.exchange().make, settings] { return make(*settings); };
  plan.gate = [make = draft.gate().make, settings] { return make(*settings); };
  plan.merge = [make = draft.merge().make, settings] { return make(*settings); };
  plan.update_of = [make = draft.update().make, settings](std::size_t parameters) {
    return make(*settings, parameters);
  };
  plan.update = [make = plan.update_of, size] { return make(size); };
  plan.codec_of = [make = draft.tables.codecs.at(settings->text("training.codec")).make,
                   settings](std::size_t parameters) { return make(*settings, parameters); };
  plan.codec = [make = plan.codec_of, size] { return make(size); };
  if (plan.reply == ReplyKind::gradient)
    plan.reply_codec = [make = draft.tables.codecs.at(settings->text("training.pull")).make,
                        settings, size] { return make(*settings, size); };
  plan.drawing = draw_topology(draft.config, draft.tables);
  const TopologyKind& topology = draft.topology();
  plan.consensus = topology.peers && (!topology.first_counts || !topology.first_counts(*settings));
  plan.reduces = topology.reduces;
  plan.exact = settings->text("training.reduction") == "exact";
}

/// A choice that replaces one of the preset's makes another algorithm of it.
void note_preset(Draft& draft) {
  const std::string algorithm = "training.algorithm";
  if (!draft.config.has(algorithm)) return;
  std::string other;
  for (const auto& [path, value] :
       draft.tables.presets.at(draft.settings().text(algorithm)).fills) {
    const bool axis = std::ranges::find(axes, path) != axes.end();
    if (axis && draft.settings().values().find(path)->second != value)
      other += (other.empty() ? "" : ", ") + draft.config.describe(path);
  }
  if (!other.empty())
    draft.notes.push_back(fmt::format("{} is not itself any more: it runs with {}",
                                      draft.config.describe(algorithm), other));
}

void note_costs(Draft& draft) {
  const Plan& plan = *draft.plan;
  const std::uint64_t rows = plan.batch * plan.local_steps;
  if (plan.descends && plan.workers > 1 && rows < rows_worth_an_exchange)
    draft.notes.push_back(fmt::format(
        "{} rows per partition between two exchanges (batch {} x local_steps {}): below about {} "
        "an exchange of replicas costs more than the descent",
        rows, plan.batch, plan.local_steps, rows_worth_an_exchange));
  if (plan.sharing)
    for (const char* path : {"training.codec", "training.pull", "training.snapshot_every"})
      if (draft.config.set_by_user(path))
        draft.notes.push_back(fmt::format("{} is not used: on one memory nothing travels",
                                          draft.config.describe(path)));
  if (draft.settings().text("data.source") == "file")
    for (const char* path : {"data.cache", "data.cache_limit", "data.timeout"})
      if (draft.config.set_by_user(path))
        draft.notes.push_back(fmt::format("{} is not used: every process reads its own file",
                                          draft.config.describe(path)));
  for (const auto& [path, why] : draft.config.unused())
    draft.notes.push_back(fmt::format("{} is not used, as {}", draft.config.describe(path), why));
}

}  // namespace

Assembled assemble(const Config& config, const Tables& tables) {
  return assemble(config, tables, open_data(config.settings()));
}

namespace {

void begin(Draft& draft) {
  draft.plan->seed = count(draft.settings(), "seed");
  draft.plan->report_seconds = draft.settings().number("monitor.interval");
  draft.plan->evaluate_every = count(draft.settings(), "training.evaluate_every");
  draft.plan->stop_seconds = draft.settings().number("cluster.stop_timeout");
}

/// All that the rows do not decide alone.
Assembled complete(Draft draft) {
  cut_partitions(draft);
  size_steps(draft);
  make_model(draft);
  settle_model(draft);
  resolve_words(draft);
  work_ahead(draft);
  choose_form(draft);
  cut_model(draft);
  make_policies(draft);
  make_supply(draft);
  make_schedule(draft);
  make_stop(draft);
  note_preset(draft);
  note_costs(draft);
  Pace pace = make_pace(draft.config, *draft.plan);
  return {.plan = std::move(draft.plan),
          .pace = std::move(pace),
          .resolved = std::move(draft.config),
          .notes = std::move(draft.notes)};
}

}  // namespace

Assembled assemble(const Config& config, const Tables& tables, DataSets data) {
  Draft draft{.tables = tables, .config = config};
  use_kernels(draft.settings());
  begin(draft);
  auto served = std::move(data.served);
  split_data(draft, std::move(data));
  check_test(*draft.plan);
  normalise(draft);
  Assembled assembled = complete(std::move(draft));
  assembled.served = std::move(served);
  return assembled;
}

Assembled assemble_again(const Config& config, const Tables& tables, const Plan& before) {
  Draft draft{.tables = tables, .config = config};
  begin(draft);
  draft.plan->data = before.data;
  draft.plan->training = before.training;
  draft.plan->validation = before.validation;
  draft.plan->normalisation = before.normalisation;
  Assembled assembled = complete(std::move(draft));
  const auto plan = std::make_shared<Plan>(*assembled.plan);
  plan->test = before.test;
  assembled.plan = plan;
  return assembled;
}

}  // namespace troupe
