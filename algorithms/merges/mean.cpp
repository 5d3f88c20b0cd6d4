/// The mean: over all rows for gradients, over partitions for replicas.
#include "algorithms/merge.hpp"

namespace troupe {
namespace {

class Mean : public Merge {
 public:
  float gradient_factor(const Arrived& arrived) const override {
    return 1.0F / static_cast<float>(arrived.rows);
  }
  float state_factor(const Arrived& arrived) const override {
    return 1.0F / static_cast<float>(arrived.partitions);
  }
  std::vector<bool> mix(const Encounter& encounter) const override {
    return weighted_mean(encounter);
  }
};

}  // namespace

MergeKind mean_merge() {
  return {
      .kind = {.name = "mean", .sentence = "the mean over rows (gradients) or partitions (states)"},
      .states = true,
      .mixes = true,
      .make = [](const Settings&) { return std::make_unique<Mean>(); }};
}

}  // namespace troupe
