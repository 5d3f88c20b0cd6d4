/// Momentum, in two forms that differ by a factor on the rate:
///   polyak:   z <- beta z + g,              w <- w - rate z   (Polyak 1964)
///   averaged: z <- beta z + (1 - beta) g,   w <- w - rate z   (Lopez et al., Alg. 3)
#include "algorithms/update.hpp"
#include "base/block.hpp"

namespace troupe {
namespace {

class Momentum : public Update {
 public:
  Momentum(float beta, float gain, std::size_t size)
      : beta_(beta), gain_(gain), z_(Block::zeros(size)) {}

  void apply(std::span<float> parameters, const Accumulator& gradient, float factor,
             float rate) override {
    const std::span<float> z = z_.values();
    for (float& entry : z) entry *= beta_;
    const float gain = gain_ * factor;
    const std::span<const float> g = gradient.values();
    if (gradient.dense())
      for (std::size_t i = 0; i < z.size(); ++i) z[i] += gain * g[i];
    else
      for (const std::uint32_t index : gradient.touched()) z[index] += gain * g[index];
    for (std::size_t i = 0; i < z.size(); ++i) parameters[i] -= rate * z[i];
  }
  bool dense() const override { return true; }
  std::span<float> memory() override { return z_.values(); }

 private:
  float beta_;
  float gain_;
  Block z_;
};

}  // namespace

UpdateKind momentum_update() {
  return {.kind = {.name = "momentum",
                   .sentence = "steps along a decaying sum of gradients",
                   .keys = {{.path = "beta",
                             .type = KeyType::share,
                             .minimum = 0.0,
                             .maximum = 0.9999,
                             .standard = 0.9,
                             .sentence = "how much of the old direction stays at each step"},
                            {.path = "form",
                             .type = KeyType::choice,
                             .choices = {"polyak", "averaged"},
                             .standard = std::string("polyak"),
                             .sentence = "polyak adds g, averaged adds (1 - beta) g"}}},
          .plain = false,
          .carries = true,
          .make = [](const Settings& settings, std::size_t parameters) {
            const auto beta = static_cast<float>(settings.number("training.momentum.beta"));
            const bool averaged = settings.text("training.momentum.form") == "averaged";
            return std::make_unique<Momentum>(beta, averaged ? 1.0F - beta : 1.0F, parameters);
          }};
}

}  // namespace troupe
