/// Nesterov's momentum as Sutskever et al. (2013) have it,
///   v <- beta v - rate g(w + beta v),  w <- w + v,
/// written for the point w + beta v at which gradients are taken, z = -v / rate:
///   z <- beta z + g,  w <- w - rate (g + beta z).  It takes no other momentum beside.
#include "algorithms/update.hpp"
#include "base/block.hpp"

namespace troupe {
namespace {

class Nesterov : public Update {
 public:
  Nesterov(float beta, std::size_t size) : beta_(beta), z_(Block::zeros(size)) {}

  void apply(std::span<float> parameters, const Accumulator& gradient, float factor,
             float rate) override {
    const std::span<float> z = z_.values();
    const std::span<const float> g = gradient.values();  // zero where nothing was touched
    for (std::size_t i = 0; i < z.size(); ++i) {
      const float here = factor * g[i];
      z[i] = beta_ * z[i] + here;
      parameters[i] -= rate * (here + beta_ * z[i]);
    }
  }
  bool dense() const override { return true; }
  std::span<float> memory() override { return z_.values(); }

 private:
  float beta_;
  Block z_;
};

}  // namespace

UpdateKind nesterov_update() {
  return {.kind = {.name = "nesterov",
                   .sentence = "momentum whose gradient is taken a step ahead",
                   .keys = {{.path = "beta",
                             .type = KeyType::share,
                             .minimum = 0.0,
                             .maximum = 0.9999,
                             .standard = 0.9,
                             .sentence = "how much of the old direction stays at each step"}}},
          .carries = true,
          .make = [](const Settings& settings, std::size_t parameters) {
            return std::make_unique<Nesterov>(
                static_cast<float>(settings.number("training.nesterov.beta")), parameters);
          }};
}

}  // namespace troupe
