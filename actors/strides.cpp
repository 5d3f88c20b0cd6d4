#include "actors/strides.hpp"

#include <algorithm>
#include <cmath>

namespace troupe {
namespace {

// Two ways to add up the same seconds may differ in the last digit.
constexpr double rounding = 1e-9;

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

}  // namespace

std::vector<double> Strides::known(const Steps& steps) {
  const auto count = std::min<std::uint64_t>(steps.count, steps.lengths.size());
  return {steps.lengths.begin(), steps.lengths.begin() + static_cast<std::ptrdiff_t>(count)};
}

void Strides::begun(std::size_t worker, std::size_t turns, double now) {
  if (worker >= steps_.size() || turns == 0) return;
  Steps& steps = steps_[worker];
  if (steps.under_way == 0) steps.since = now;
  steps.under_way += turns;
}

std::optional<Strides::Stride> Strides::done(std::size_t worker, std::size_t turns, double now) {
  if (worker >= steps_.size() || turns == 0) return {};
  Steps& steps = steps_[worker];
  if (steps.under_way == 0) return {};
  std::optional<Stride> news;
  const double seconds = now - steps.since;
  if (steps.named) news = Stride{worker, seconds, median(known(steps))};
  steps.lengths[steps.count++ % steps.lengths.size()] = seconds;
  steps.under_way -= std::min<std::uint64_t>(turns, steps.under_way);
  steps.since = now;
  steps.named = false;
  return news;
}

double Strides::deadline(std::size_t worker) const {
  const std::vector<double> lengths = known(steps_.at(worker));
  const double usual = median(lengths);
  std::vector<double> apart;
  for (const double length : lengths) apart.push_back(std::abs(length - usual));
  // Steps of one length to the digit are not late at that length.
  const double spread = std::max(median(std::move(apart)), usual * least_spread);
  return std::max(least_seconds, usual + deviations * spread);
}

std::vector<Strides::Stride> Strides::late(double now) {
  std::vector<Stride> found;
  for (std::size_t worker = 0; worker < steps_.size(); ++worker) {
    Steps& steps = steps_[worker];
    const double seconds = now - steps.since;
    if (steps.under_way == 0 || steps.named || seconds < least_seconds - rounding ||
        seconds < deadline(worker) - rounding)
      continue;
    steps.named = true;
    found.push_back({worker, seconds, median(known(steps))});
  }
  return found;
}

std::optional<double> Strides::next() const {
  std::optional<double> first;
  for (std::size_t worker = 0; worker < steps_.size(); ++worker) {
    const Steps& steps = steps_[worker];
    if (steps.under_way == 0 || steps.named) continue;
    const double at = steps.since + deadline(worker);
    first = std::min(first.value_or(at), at);
  }
  return first;
}

}  // namespace troupe
