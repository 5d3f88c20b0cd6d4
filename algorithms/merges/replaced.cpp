/// Each sender's newest gradient stands, in the place of its last one, and a step is by the
/// mean of all that stand: g <- g - g_m(old) + g_m(new), w <- w - rate / n g (Lopez et al.,
/// Alg. 2). A sender that has said nothing yet counts, with zeros.
#include "algorithms/merge.hpp"

namespace troupe {
namespace {

class Replaced : public Merge {
 public:
  /// On the sum of those that stand, each the mean over its rows.
  float gradient_factor(const Arrived& arrived) const override {
    return 1.0F / static_cast<float>(arrived.partitions);
  }
  float state_factor(const Arrived& /*arrived*/) const override { return 0.0F; }
};

}  // namespace

MergeKind replaced_merge() {
  return {.kind = {.name = "replaced",
                   .sentence = "the mean of every sender's newest gradient, which stands until "
                               "the next one"},
          .states = false,
          .stands = true,
          .make = [](const Settings&) { return std::make_unique<Replaced>(); }};
}

}  // namespace troupe
