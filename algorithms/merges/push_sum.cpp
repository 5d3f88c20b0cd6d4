/// Stochastic gradient push (Assran, Loizou, Ballas, Rabbat 2019): a sender divides its
/// state and a weight among its listeners; z = sum of states / sum of weights is the mean
/// of all in the end, where a plain mean would lean towards those who are heard more.
#include "algorithms/merge.hpp"

namespace troupe {
namespace {

class PushSum : public Merge {
 public:
  float gradient_factor(const Arrived& /*arrived*/) const override { return 0.0F; }
  float state_factor(const Arrived& /*arrived*/) const override { return 0.0F; }
  std::vector<bool> mix(const Encounter& encounter) const override {
    return weighted_mean(encounter);
  }
  /// Nothing is lost and nothing made: the weights of all peers sum to their number.
  double weight(const Encounter& encounter) const override {
    double sum = encounter.own;
    for (const Opinion& heard : encounter.heard) sum += heard.weight;
    return sum;
  }
};

}  // namespace

MergeKind push_sum_merge() {
  return {.kind = {.name = "push_sum",
                   .sentence = "peers' states and weights are summed: a mean on any graph"},
          .states = false,
          .gradients = false,
          .mixes = true,
          .conserves = true,
          .make = [](const Settings&) { return std::make_unique<PushSum>(); }};
}

}  // namespace troupe
