/// Stale-synchronous parallel (Ho et al. 2013): each contribution is applied when it
/// arrives, but nobody begins a step more than `staleness_max` ahead of the slowest.
#include <algorithm>
#include <cstdint>
#include <map>
#include <set>

#include "algorithms/gate.hpp"

namespace troupe {
namespace {

class Bounded : public Gate {
 public:
  explicit Bounded(std::uint64_t most) : most_(most) {}

  void enter(std::uint32_t partition, std::uint64_t step) override { next_[partition] = step; }

  Verdict arrive(std::uint32_t partition, std::uint64_t step) override {
    next_[partition] = step + 1;
    waiting_.insert(partition);
    return {.merge = true, .released = release()};
  }

  Verdict leave(std::uint32_t partition) override {
    next_.erase(partition);
    waiting_.erase(partition);
    return {.merge = false, .released = release()};
  }

 private:
  std::vector<std::uint32_t> release() {
    std::uint64_t slowest = UINT64_MAX;
    for (const auto& [partition, step] : next_) slowest = std::min(slowest, step);
    std::vector<std::uint32_t> released;
    for (const std::uint32_t partition : waiting_)
      if (next_.at(partition) <= slowest + most_) released.push_back(partition);
    for (const std::uint32_t partition : released) waiting_.erase(partition);
    return released;
  }

  std::uint64_t most_;
  std::map<std::uint32_t, std::uint64_t> next_;  ///< step that each takes next
  std::set<std::uint32_t> waiting_;
};

}  // namespace

GateKind bounded_gate() {
  return {.kind = {.name = "bounded",
                   .sentence = "applied on arrival, but nobody gets further ahead than a bound",
                   .keys = {{.path = "staleness_max",
                             .type = KeyType::integer,
                             .unit = "steps",
                             .minimum = 0,
                             .maximum = 1e9,
                             .standard = std::int64_t{4},
                             .sentence = "steps that the fastest may be ahead of the slowest; no "
                                         "gradient then misses more than 2 staleness_max + 1 "
                                         "updates of any other partition"}}},
          .make = [](const Settings& settings) {
            return std::make_unique<Bounded>(
                static_cast<std::uint64_t>(settings.integer("training.bounded.staleness_max")));
          }};
}

}  // namespace troupe
