/// Loss compensation (LC-ASGD; Li, He, Ren, Mao 2020): before its backward phase a worker
/// reports its loss l, and hears how many updates k others will have made when its gradient
/// arrives, and the losses l_delay that these k are expected to have, summed.
///   literal: the gradient of l + lambda l_delay. l_delay is no function of w, so this is g.
///   scaled:  g (1 + lambda clamp(l_delay / max(l, 1e-12), 0, c)); g where k = 0. Our reading.
/// The step is w <- w - rate x that. It does not touch the gradient where the model is.
#include <algorithm>
#include <cmath>

#include "algorithms/loss_predictor.hpp"
#include "algorithms/step_predictor.hpp"
#include "algorithms/update.hpp"

namespace troupe {
namespace {

constexpr double least_loss = 1e-12;

struct Compensation {
  bool literal = false;
  double lambda = 0;
  double most = 0;
};

class LossCompensated : public Update {
 public:
  LossCompensated(Compensation compensation, double memory)
      : compensation_(compensation), steps_(memory), losses_(memory) {}

  Advice advise(const Outlook& outlook) override {
    const double said = steps_.next(
        outlook.partition,
        {.pull_seconds = outlook.pull_seconds, .compute_seconds = outlook.compute_seconds});
    const double most = static_cast<double>(LossPredictor::updates_max);
    const auto updates = static_cast<std::uint64_t>(std::llround(std::min(said, most)));
    losses_.learn(outlook.loss);
    return {.partition = outlook.partition,
            .step = outlook.step,
            .updates = updates,
            .loss = losses_.sum_of_next(outlook.loss, updates)};
  }

  float compensation(double loss, const Advice& advice) const override {
    if (compensation_.literal || advice.updates == 0 || !std::isfinite(loss)) return 1.0F;
    const double share = advice.loss / std::max(loss, least_loss);
    return static_cast<float>(1 +
                              compensation_.lambda * std::clamp(share, 0.0, compensation_.most));
  }

  void apply(std::span<float> parameters, const Accumulator& gradient, float factor,
             float rate) override {
    const float step = rate * factor;
    const std::span<const float> g = gradient.values();
    if (gradient.dense())
      for (std::size_t i = 0; i < parameters.size(); ++i) parameters[i] -= step * g[i];
    else
      for (const std::uint32_t index : gradient.touched()) parameters[index] -= step * g[index];
  }
  bool dense() const override { return false; }

 private:
  Compensation compensation_;
  StepPredictor steps_;
  LossPredictor losses_;
};

std::vector<Key> keys() {
  return {{.path = "form",
           .type = KeyType::choice,
           .choices = {"scaled", "literal"},
           .standard = std::string("scaled"),
           .sentence = "scaled makes a late gradient larger by the losses to come; literal adds "
                       "them to the loss, which leaves its gradient as it is"},
          {.path = "lambda",
           .type = KeyType::number,
           .minimum = 0,
           .maximum = 100,
           .standard = 0.1,
           .sentence = "weight of the losses to come"},
          {.path = "limit",
           .type = KeyType::number,
           .minimum = 0,
           .maximum = 1e6,
           .standard = 10.0,
           .sentence = "the most that the losses to come may be, in losses of the batch at hand"},
          {.path = "lookback",
           .type = KeyType::number,
           .unit = "reports",
           .minimum = 2,
           .maximum = 1e6,
           .standard = 100.0,
           .sentence = "about how many reports the predictors of losses and of steps look back"}};
}

}  // namespace

UpdateKind loss_compensated_update() {
  return {
      .kind = {.name = "loss_compensated",
               .sentence = "scales a gradient by the losses that others are expected to have "
                           "before it arrives",
               .keys = keys()},
      .advises = true,
      .make = [](const Settings& settings, std::size_t) {
        const auto number = [&](const char* key) {
          return settings.number(std::string("training.loss_compensated.") + key);
        };
        const bool literal = settings.text("training.loss_compensated.form") == "literal";
        return std::make_unique<LossCompensated>(
            Compensation{.literal = literal, .lambda = number("lambda"), .most = number("limit")},
            number("lookback"));
      }};
}

}  // namespace troupe
