/// Elastic averaging (EASGD; Zhang, Choromanska, LeCun 2015): worker and model pull at
/// each other, x <- x - alpha (x - c), c <- c + alpha (x - c), both with the old c.
/// Replicas are never replaced.
#include "algorithms/merge.hpp"

namespace troupe {
namespace {

class Elastic : public Merge {
 public:
  explicit Elastic(float alpha) : alpha_(alpha) {}

  float gradient_factor(const Arrived& /*arrived*/) const override { return 0.0F; }
  float state_factor(const Arrived& arrived) const override {
    return 1.0F / static_cast<float>(arrived.partitions);
  }
  float way(const Arrived& arrived, std::uint32_t /*partitions*/, bool /*round*/) const override {
    return alpha_ * static_cast<float>(arrived.partitions);
  }
  /// The model has met this replica already: x - c_old = (x - c_new) / (1 - alpha).
  void meet(std::span<float> replica, std::span<const float> model) const override {
    const float pull = alpha_ / (1.0F - alpha_);
    for (std::size_t i = 0; i < replica.size(); ++i) replica[i] -= pull * (replica[i] - model[i]);
  }

 private:
  float alpha_;
};

}  // namespace

MergeKind elastic_merge() {
  return {.kind = {.name = "elastic",
                   .sentence = "replicas and model pull at each other and none is replaced",
                   .keys = {{.path = "alpha",
                             .type = KeyType::number,
                             .minimum = 0,
                             .maximum = 0.9,
                             .standard = 0.2,
                             .sentence = "the part of their distance that each of them goes at an "
                                         "exchange",
                             .exclusive = true}}},
          .states = true,
          .gradients = false,
          .keeps = true,
          .make = [](const Settings& settings) {
            return std::make_unique<Elastic>(
                static_cast<float>(settings.number("training.elastic.alpha")));
          }};
}

}  // namespace troupe
