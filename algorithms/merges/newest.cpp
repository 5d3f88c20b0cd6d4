/// The sum over senders of each one's newest entries: of two gradients of one sender that
/// meet before the model has moved, the newer wins where both have a value, and the rest of
/// the older stays (CS-449, asynchronous mode). It refuses replicas.
#include "algorithms/merge.hpp"

namespace troupe {
namespace {

class Newest : public Merge {
 public:
  float gradient_factor(const Arrived& arrived) const override {
    return static_cast<float>(arrived.partitions) / static_cast<float>(arrived.rows);
  }
  float state_factor(const Arrived& /*arrived*/) const override { return 0.0F; }

  float delta_factor(const Arrived& /*arrived*/) const override { return 1.0F; }

  bool fold(Accumulator& older, const Accumulator& newer) const override {
    if (newer.dense()) {
      older.clear();
      older.merge(newer);
      return false;
    }
    // What is not dense lists each entry once: as many in the end as the newer has are its own.
    for (const std::uint32_t index : newer.touched()) {
      older.touch(index);
      older.values()[index] = newer.at(index);
    }
    return older.entries() > newer.entries();
  }
};

}  // namespace

MergeKind newest_merge() {
  return {.kind = {.name = "newest",
                   .sentence = "as sum; of one sender's entries that collide the newest counts"},
          .states = false,
          .folds = true,
          .make = [](const Settings&) { return std::make_unique<Newest>(); }};
}

}  // namespace troupe
