/// Plain stochastic gradient descent: w <- w - rate g. It keeps no state.
#include "algorithms/update.hpp"
#include "base/kernels/kernels.hpp"

namespace troupe {
namespace {

class Sgd : public Update {
 public:
  void apply(std::span<float> parameters, const Accumulator& gradient, float factor,
             float rate) override {
    const float step = rate * factor;
    const std::span<const float> g = gradient.values();
    if (gradient.dense()) {
      for (std::size_t i = 0; i < parameters.size(); ++i) parameters[i] -= step * g[i];
      return;
    }
    for (const std::uint32_t index : gradient.touched()) parameters[index] -= step * g[index];
  }
  bool apply_entries(std::span<float> parameters, const ListedValues& gradient,
                     float step) override {
    const float* values = gradient.values.data();
    bool finite = true;
    gradient.features.each([&](Features::Row row) {
      finite &= kernels().scatter_add(-step, {row.data(), values, row.size()}, parameters.data());
      values += row.size();
    });
    return finite;
  }
  bool dense() const override { return false; }
};

}  // namespace

UpdateKind sgd_update() {
  return {.kind = {.name = "sgd", .sentence = "w <- w - rate g"},
          .plain = true,
          .make = [](const Settings&, std::size_t) { return std::make_unique<Sgd>(); }};
}

}  // namespace troupe
