/// Replicas travel: after a round the model becomes their merge. A replica that
/// arrives alone moves the model by its partition's share of the way to it, so
/// that an open gate weighs all partitions alike.
#include "algorithms/exchange.hpp"
#include "base/finite.hpp"

namespace troupe {
namespace {

class StateExchange : public Exchange {
 public:
  bool absorb(const Absorption& what, const Merge& merge, Update& /*update*/) override {
    const float factor = merge.state_factor(what.arrived);
    const float way = merge.way(what.arrived, what.partitions, what.round);
    for (std::size_t i = 0; i < what.model.size(); ++i) {
      const float merged = factor * what.states[i];
      what.model[i] = way == 1.0F ? merged : what.model[i] + way * (merged - what.model[i]);
    }
    return all_finite(what.model);
  }
};

}  // namespace

ExchangeKind state_exchange() {
  return {.kind = {.name = "state",
                   .sentence = "workers descend on replicas of their own and send those"},
          .descends = true,
          .make = [](const Settings&) { return std::make_unique<StateExchange>(); }};
}

}  // namespace troupe
