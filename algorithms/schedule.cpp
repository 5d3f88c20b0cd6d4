#include "algorithms/schedule.hpp"

#include <algorithm>
#include <cmath>

namespace troupe {
namespace {

constexpr double pi = 3.14159265358979323846;

double shape(const Schedule& schedule, double epoch, double updates) {
  switch (schedule.form) {
    case Schedule::Form::constant:
      return 1.0;
    case Schedule::Form::step: {
      const auto passed =
          std::ranges::count_if(schedule.at_epochs, [epoch](double at) { return epoch >= at; });
      return std::pow(schedule.factor, static_cast<double>(passed));
    }
    case Schedule::Form::cosine:
      return 0.5 * (1.0 + std::cos(pi * std::min(1.0, epoch / schedule.epochs)));
    case Schedule::Form::inverse:
      return 1.0 / (1.0 + schedule.start * schedule.decay * updates);
  }
  return 1.0;
}

}  // namespace

float Schedule::rate(std::uint64_t draws) const {
  if (form == Form::constant && warmup_epochs == 0) return static_cast<float>(start);
  const double epoch = static_cast<double>(draws) / rows_per_epoch;
  const double updates = static_cast<double>(draws) / rows_per_update;
  const double warm =
      warmup_epochs > 0
          ? std::min(1.0, (epoch + 1.0 / (rows_per_epoch / rows_per_update)) / warmup_epochs)
          : 1.0;
  return static_cast<float>(start * warm * shape(*this, epoch, updates));
}

}  // namespace troupe
