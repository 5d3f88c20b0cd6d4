/// Gradients travel; the aggregator's update rule makes the step.
#include "algorithms/exchange.hpp"

namespace troupe {
namespace {

class GradientExchange : public Exchange {
 public:
  void absorb(const Absorption& what, const Merge& merge, Update& update) override {
    update.apply(what.model, *what.gradients, merge.gradient_factor(what.arrived), what.rate);
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
