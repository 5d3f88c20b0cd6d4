/// What replicas moved by since they last told travels, and is added to the model
/// (Downpour; Dean et al. 2012): nothing that others did meanwhile is undone.
#include "algorithms/exchange.hpp"
#include "base/finite.hpp"

namespace troupe {
namespace {

class DeltaExchange : public Exchange {
 public:
  bool absorb(const Absorption& what, const Merge& merge, Update& /*update*/) override {
    const float factor = merge.delta_factor(what.arrived);
    for (std::size_t i = 0; i < what.model.size(); ++i) what.model[i] += factor * what.states[i];
    return all_finite(what.model);
  }
};

}  // namespace

ExchangeKind delta_exchange() {
  return {.kind = {.name = "delta",
                   .sentence = "workers descend on replicas and send by how much these moved"},
          .descends = true,
          .moves = true,
          .make = [](const Settings&) { return std::make_unique<DeltaExchange>(); }};
}

}  // namespace troupe
