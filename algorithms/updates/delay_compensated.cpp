/// Delay compensation (DC-ASGD; Zheng et al. 2017): w <- w - rate (g + lambda g g (w - b)),
/// b being the model at which g was computed and w the model at the moment of the update:
/// with one w for both the term would be zero. Adaptive: lambda / sqrt(s + 1e-7) an entry,
/// s <- m s + (1 - m) g g. Without b it refuses to pretend and is plain descent.
#include <cmath>
#include <optional>
#include <vector>

#include "algorithms/update.hpp"

namespace troupe {
namespace {

constexpr float little = 1e-7F;

class DelayCompensated : public Update {
 public:
  DelayCompensated(float lambda, std::optional<float> decay, std::size_t size)
      : lambda_(lambda), decay_(decay), square_(decay ? size : 0), seen_(decay ? size : 0) {}

  void about(const Provenance& provenance) override { pulled_ = provenance.pulled; }

  void apply(std::span<float> parameters, const Accumulator& gradient, float factor,
             float rate) override {
    ++updates_;
    const std::span<const float> g = gradient.values();
    const auto step = [&](std::size_t i) {
      const float here = factor * g[i];
      const float moved = pulled_.empty() ? 0.0F : parameters[i] - pulled_[i];
      parameters[i] -= rate * (here + lambda_of(i, here) * here * here * moved);
    };
    if (gradient.dense())
      for (std::size_t i = 0; i < parameters.size(); ++i) step(i);
    else
      for (const std::uint32_t index : gradient.touched()) step(index);
    pulled_ = {};
  }
  bool dense() const override { return false; }

 private:
  float lambda_of(std::size_t i, float g) {
    if (!decay_) return lambda_;
    // An entry that no gradient touched has decayed all the while.
    const auto missed = static_cast<float>(updates_ - seen_[i] - 1);
    seen_[i] = updates_;
    square_[i] = *decay_ * std::pow(*decay_, missed) * square_[i] + (1.0F - *decay_) * g * g;
    return lambda_ / std::sqrt(square_[i] + little);
  }

  float lambda_;
  std::optional<float> decay_;  ///< none: lambda is constant
  std::vector<float> square_;
  std::vector<std::uint64_t> seen_;  ///< by updates_, when square_ was brought up to date
  std::uint64_t updates_ = 0;
  std::span<const float> pulled_;
};

std::unique_ptr<Update> make(const Settings& settings, std::size_t parameters) {
  const auto number = [&](const char* key) {
    return static_cast<float>(settings.number(std::string("training.delay_compensated.") + key));
  };
  const bool adaptive = settings.flag("training.delay_compensated.adaptive");
  return std::make_unique<DelayCompensated>(
      number("lambda"), adaptive ? std::optional(number("smoothing")) : std::nullopt, parameters);
}

}  // namespace

UpdateKind delay_compensated_update() {
  return {.kind = {.name = "delay_compensated",
                   .sentence = "corrects a late gradient by what the model did meanwhile",
                   .keys = {{.path = "lambda",
                             .type = KeyType::number,
                             .minimum = 0,
                             .standard = 0.04,
                             .sentence = "weight of the correction g g (w now - w pulled)"},
                            {.path = "adaptive",
                             .type = KeyType::flag,
                             .standard = false,
                             .sentence = "divides lambda by the root of each entry's mean square"},
                            {.path = "smoothing",
                             .type = KeyType::share,
                             .minimum = 0,
                             .maximum = 0.9999,
                             .standard = 0.95,
                             .sentence = "adaptive: how much of the old mean square stays"}}},
          .remembers = true,
          .make = make};
}

}  // namespace troupe
