/// The sum over partitions of each one's mean gradient (CS-449, synchronous mode):
/// n partitions take a step n times as long as with the mean. It refuses replicas.
#include "algorithms/merge.hpp"

namespace troupe {
namespace {

class Sum : public Merge {
 public:
  float gradient_factor(const Arrived& arrived) const override {
    return static_cast<float>(arrived.partitions) / static_cast<float>(arrived.rows);
  }
  float state_factor(const Arrived& /*arrived*/) const override { return 0.0F; }
  float delta_factor(const Arrived& /*arrived*/) const override { return 1.0F; }
};

}  // namespace

MergeKind sum_merge() {
  return {
      .kind = {.name = "sum", .sentence = "the sum over partitions of each one's mean gradient"},
      .states = false,
      .make = [](const Settings&) { return std::make_unique<Sum>(); }};
}

}  // namespace troupe
