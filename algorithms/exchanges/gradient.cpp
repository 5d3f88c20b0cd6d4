/// Gradients travel; the aggregator's update rule makes the step.
#include "algorithms/exchange.hpp"
#include "base/finite.hpp"

namespace troupe {
namespace {

class GradientExchange : public Exchange {
 public:
  bool absorb(const Absorption& what, const Merge& merge, Update& update) override {
    const float factor = merge.gradient_factor(what.arrived);
    if (what.listed != nullptr)
      return update.apply_entries(what.model, *what.listed, what.rate * factor);
    update.apply(what.model, *what.gradients, factor, what.rate);
    if (update.dense() || what.gradients->dense()) return all_finite(what.model);
    return all_finite(what.model, what.gradients->touched());
  }
};

}  // namespace

ExchangeKind gradient_exchange() {
  return {
      .kind = {.name = "gradient", .sentence = "workers send gradients at the model they pulled"},
      .descends = false,
      .make = [](const Settings&) { return std::make_unique<GradientExchange>(); }};
}

}  // namespace troupe
