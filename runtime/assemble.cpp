#include "runtime/assemble.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>

#include "base/cpu_level.hpp"
#include "base/user_error.hpp"
#include "datasets/dataset.hpp"
#include "datasets/relabelled.hpp"

namespace troupe {
namespace {

/// Rows between two exchanges of replicas below which the exchange costs more
/// than the descent (DESIGN: two dense passes over the parameters each).
constexpr std::uint64_t rows_worth_an_exchange = 1000;
/// Adding entries up first pays once a parameter comes more often than this.
constexpr double entries_worth_a_sum = 2;
/// "epoch" means at most so many rows, so that a stop never waits long.
constexpr std::uint64_t rows_of_an_epoch_max = 1'000'000;

/// What is being put together.
struct Draft {
  const Tables& tables;
  Config config;  ///< becomes Assembled::resolved
  std::shared_ptr<Plan> plan = std::make_shared<Plan>();
  std::vector<std::string> notes = {};

  const Settings& settings() const { return config.settings(); }
  const ExchangeKind& exchange() const {
    return tables.exchanges.at(settings().text("training.exchange"));
  }
  const GateKind& gate() const { return tables.gates.at(settings().text("training.gate")); }
  const UpdateKind& update() const { return tables.updates.at(settings().text("training.update")); }
};

[[noreturn]] void refuse_data(const std::string& path, const std::string& why) {
  throw UserError(ExitCode::data, fmt::format("{}: {}", path, why));
}

std::uint64_t count(const Settings& settings, std::string_view path) {
  return static_cast<std::uint64_t>(settings.integer(path));
}

void use_kernels(const Settings& settings) {
  if (const auto level = cpu_level_named(settings.text("cluster.kernels"))) use_cpu_level(*level);
}

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
  plan.local_steps = count(draft.settings(), "training.local_steps");
}

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

void make_model(Draft& draft) {
  Plan& plan = *draft.plan;
  plan.rounds = draft.gate().rounds;
  plan.descends = draft.exchange().descends;
  plan.plain = draft.update().plain;
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
  say("training.pull", sparse, how);
  say("training.codec", sparse && !dense_penalty, how);
  const std::string pull = draft.settings().text("training.pull");
  if (pull == "sparse" && !sparse)
    draft.config.refuse(
        "training.pull",
        fmt::format("{} needs a model that reads only its rows' features, and "
                    "model.kind = {} on {} reads all",
                    draft.config.describe("training.pull"),
                    to_toml(draft.settings().text("model.kind")), draft.plan->data->facts().path));
  draft.plan->pull = pull == "sparse"    ? PullKind::sparse
                     : pull == "changed" ? PullKind::changed
                                         : PullKind::dense;
}

void work_ahead(Draft& draft) {
  Plan& plan = *draft.plan;
  plan.ahead = count(draft.settings(), "training.ahead");
  if (plan.ahead == 1 || (!plan.rounds && !plan.descends)) return;
  draft.config.refuse(
      "training.ahead",
      fmt::format("{} needs an open gate and gradients: {}",
                  draft.config.describe("training.ahead"),
                  plan.rounds ? "in a round nobody may be ahead of the others"
                              : "a replica goes on from where the last exchange left it"));
}

// By entries while a turn has far fewer of them than the model has parameters. It is
// decided by data and batch alone: sums then round alike, however the model is pulled.
void choose_form(Draft& draft) {
  Plan& plan = *draft.plan;
  const DataFacts& facts = plan.data->facts();
  const double mean = static_cast<double>(facts.entries) / static_cast<double>(facts.rows);
  const double entries = mean * static_cast<double>(plan.batch * plan.local_steps);
  plan.entrywise = !plan.descends && plan.model->traits().entrywise &&
                   entries * entries_worth_a_sum < static_cast<double>(plan.parameters);
  plan.unsummed = plan.entrywise && !plan.rounds && plan.plain &&
                  draft.tables.codecs.at(draft.settings().text("training.codec")).entrywise;
}

void make_policies(Draft& draft) {
  Plan& plan = *draft.plan;
  const auto settings = std::make_shared<const Settings>(draft.settings());
  const std::size_t size = plan.parameters;
  plan.exchange = [make = draft.exchange().make, settings] { return make(*settings); };
  plan.gate = [make = draft.gate().make, settings] { return make(*settings); };
  plan.merge = [make = draft.tables.merges.at(settings->text("training.merge")).make, settings] {
    return make(*settings);
  };
  plan.update = [make = draft.update().make, settings, size] { return make(*settings, size); };
  plan.codec = [make = draft.tables.codecs.at(settings->text("training.codec")).make, settings,
                size] { return make(*settings, size); };
  plan.drawing =
      draft.tables.topologies.at(settings->text("training.topology")).draw(*settings, plan.workers);
}

void make_schedule(Draft& draft) {
  const Plan& plan = *draft.plan;
  const Settings& settings = draft.settings();
  Schedule& schedule = draft.plan->schedule;
  const std::string kind = settings.text("training.learning_rate.kind");
  schedule.form = kind == "step"      ? Schedule::Form::step
                  : kind == "cosine"  ? Schedule::Form::cosine
                  : kind == "inverse" ? Schedule::Form::inverse
                                      : Schedule::Form::constant;
  schedule.start = settings.number("training.learning_rate.start");
  schedule.warmup_epochs = settings.number("training.learning_rate.warmup");
  if (settings.has("training.learning_rate.at"))
    schedule.at_epochs = settings.numbers("training.learning_rate.at");
  if (settings.has("training.learning_rate.factor"))
    schedule.factor = settings.number("training.learning_rate.factor");
  schedule.decay = settings.has("training.learning_rate.decay")
                       ? settings.number("training.learning_rate.decay")
                       : settings.number("model.l2");
  if (settings.has("training.stop.epochs"))
    schedule.epochs = settings.number("training.stop.epochs");
  schedule.rows_per_epoch = static_cast<double>(plan.training.size());
  const std::uint64_t steps = plan.descends ? 1 : plan.local_steps;
  schedule.rows_per_update =
      static_cast<double>(plan.batch * steps * (plan.rounds ? plan.partitions : 1));
}

/// eps = 2 L M^2 Omega rate / (phi c), ROWS E3.
double tolerance_of(Draft& draft, double phi) {
  const Settings& settings = draft.settings();
  const DataFacts& facts = draft.plan->data->facts();
  const Model::Bounds bounds = draft.plan->model->bounds(static_cast<double>(facts.row_norm_max));
  const auto given = [&](const char* path, double computed) {
    return settings.has(path) ? settings.number(path) : computed;
  };
  const double m = given("training.stop.tolerance.gradient_norm", bounds.gradient_norm);
  const double l = given("training.stop.tolerance.lipschitz", bounds.lipschitz);
  if (!std::isfinite(m) || !std::isfinite(l))
    draft.config.refuse("training.stop.tolerance.phi",
                        fmt::format("{} needs training.stop.tolerance.gradient_norm and lipschitz: "
                                    "model.kind = {} has no bounds for them",
                                    draft.config.describe("training.stop.tolerance.phi"),
                                    to_toml(settings.text("model.kind"))));
  const double omega = facts.row_entries_max;
  const double rate = settings.number("training.learning_rate.start");
  const double c = settings.number("model.l2");
  const double tolerance = 2 * l * m * m * omega * rate / (phi * c);
  draft.notes.push_back(
      fmt::format("training.stop.tolerance.phi = {} comes to a tolerance of {:.3g} (L = {:.3g}, "
                  "M = {:.3g}, Omega = {}, rate = {}, c = {})",
                  phi, tolerance, l, m, omega, rate, c));
  return tolerance;
}

void make_stop(Draft& draft) {
  const Settings& settings = draft.settings();
  StopRule& stop = draft.plan->stop;
  const auto number = [&](const char* path) {
    return settings.has(path) ? std::optional(settings.number(path)) : std::nullopt;
  };
  const auto whole = [&](const char* path) {
    return settings.has(path) ? std::optional(count(settings, path)) : std::nullopt;
  };
  stop.epochs = number("training.stop.epochs");
  const double rows = static_cast<double>(draft.plan->training.size());
  if (stop.epochs && std::llround(*stop.epochs * rows) == 0)
    draft.config.refuse("training.stop.epochs",
                        fmt::format("training.stop.epochs = {} of {} rows is not one row",
                                    *stop.epochs, draft.plan->training.size()));
  stop.steps = whole("training.stop.steps");
  stop.seconds = number("training.stop.time");
  stop.target = number("training.stop.target");
  stop.no_better_for = whole("training.stop.no_better_for");
  stop.tolerance = number("training.stop.tolerance.value");
  if (const auto phi = number("training.stop.tolerance.phi"))
    stop.tolerance = tolerance_of(draft, *phi);
}

Pace make_pace(const Settings& settings) {
  Pace pace;
  const std::string step = settings.text("pace.step");
  pace.real = step == "real";
  if (!pace.real) pace.step = Distribution::parse(step);
  pace.unit_seconds = settings.number("pace.unit");
  pace.factors = settings.numbers("pace.factors");
  pace.delay = Distribution::parse(settings.text("pace.delay"));
  pace.row_seconds = settings.number("pace.row");
  pace.seed = count(settings, "seed");
  return pace;
}

void note_costs(Draft& draft) {
  const Plan& plan = *draft.plan;
  const std::uint64_t rows = plan.batch * plan.local_steps;
  if (plan.descends && plan.workers > 1 && rows < rows_worth_an_exchange)
    draft.notes.push_back(fmt::format(
        "{} rows per partition between two exchanges (batch {} x local_steps {}): below about {} "
        "an exchange of replicas costs more than the descent",
        rows, plan.batch, plan.local_steps, rows_worth_an_exchange));
  for (const auto& [path, why] : draft.config.unused())
    draft.notes.push_back(fmt::format("{} is not used, as {}", draft.config.describe(path), why));
}

}  // namespace

Assembled assemble(const Config& config, const Tables& tables) {
  return assemble(config, tables, open_data(config.settings()));
}

Assembled assemble(const Config& config, const Tables& tables, DataSets data) {
  Draft draft{.tables = tables, .config = config};
  use_kernels(draft.settings());
  draft.plan->seed = count(draft.settings(), "seed");
  draft.plan->report_seconds = draft.settings().number("monitor.interval");
  draft.plan->evaluate_every = count(draft.settings(), "training.evaluate_every");
  draft.plan->stop_seconds = draft.settings().number("cluster.stop_timeout");
  auto served = std::move(data.served);
  split_data(draft, std::move(data));
  check_test(*draft.plan);
  normalise(draft);
  cut_partitions(draft);
  size_steps(draft);
  make_model(draft);
  settle_model(draft);
  resolve_words(draft);
  work_ahead(draft);
  choose_form(draft);
  make_policies(draft);
  make_supply(draft);
  make_schedule(draft);
  make_stop(draft);
  note_costs(draft);
  Pace pace = make_pace(draft.settings());
  return {.plan = std::move(draft.plan),
          .pace = std::move(pace),
          .resolved = std::move(draft.config),
          .served = std::move(served),
          .notes = std::move(draft.notes)};
}

}  // namespace troupe
