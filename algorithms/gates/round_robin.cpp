/// Contributions are applied one after another in the order of partitions, whoever
/// came first (Zinkevich, Langford, Smola 2009): staleness is always n - 1.
#include <set>

#include "algorithms/gate.hpp"

namespace troupe {
namespace {

class RoundRobin : public Gate {
 public:
  void enter(std::uint32_t partition, std::uint64_t /*step*/) override { all_.insert(partition); }

  Verdict arrive(std::uint32_t partition, std::uint64_t /*step*/) override {
    here_.insert(partition);
    return take_turns();
  }

  Verdict leave(std::uint32_t partition) override {
    all_.erase(partition);
    here_.erase(partition);
    return take_turns();
  }

 private:
  Verdict take_turns() {
    Verdict verdict;
    while (!all_.empty()) {
      const auto at = all_.lower_bound(next_);
      const std::uint32_t turn = at == all_.end() ? *all_.begin() : *at;
      if (here_.erase(turn) == 0) break;
      verdict.applied.push_back(turn);
      verdict.released.push_back(turn);
      next_ = turn + 1;
    }
    return verdict;
  }

  std::set<std::uint32_t> all_;
  std::set<std::uint32_t> here_;
  std::uint32_t next_ = 0;
};

}  // namespace

GateKind round_robin_gate() {
  return {.kind = {.name = "round_robin",
                   .sentence = "contributions are applied in the order of partitions, in turn"},
          .holds = true,
          .make = [](const Settings&) { return std::make_unique<RoundRobin>(); }};
}

}  // namespace troupe
