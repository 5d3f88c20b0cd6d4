/// The barrier: nobody goes on until everybody has arrived, and what has arrived
/// is merged once. It does not care who computed for whom.
#include <algorithm>
#include <map>

#include "algorithms/gate.hpp"

namespace troupe {
namespace {

class Barrier : public Gate {
 public:
  void enter(std::uint32_t partition, std::uint64_t /*step*/) override {
    arrived_[partition] = false;
  }

  Verdict arrive(std::uint32_t partition, std::uint64_t /*step*/) override {
    arrived_[partition] = true;
    return open_when_complete();
  }

  Verdict leave(std::uint32_t partition) override {
    arrived_.erase(partition);
    return open_when_complete();
  }

 private:
  Verdict open_when_complete() {
    if (arrived_.empty()) return {};
    if (!std::ranges::all_of(arrived_, [](const auto& entry) { return entry.second; })) return {};
    Verdict verdict{.merge = true, .released = {}};
    for (auto& [partition, here] : arrived_) {
      verdict.released.push_back(partition);
      here = false;
    }
    return verdict;
  }

  std::map<std::uint32_t, bool> arrived_;
};

}  // namespace

GateKind barrier_gate() {
  return {.kind = {.name = "barrier",
                   .sentence = "nobody takes the next step before everybody has finished this one"},
          .rounds = true,
          .make = [](const Settings&) { return std::make_unique<Barrier>(); }};
}

}  // namespace troupe
