#include <fmt/format.h>

#include <cmath>
#include <cstdint>
#include <optional>

#include "runtime/draft.hpp"

namespace troupe {

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
      static_cast<double>(plan.batch * steps * (plan.together() ? plan.partitions : 1));
}

namespace {

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

}  // namespace

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

}  // namespace troupe
