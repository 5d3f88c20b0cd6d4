/// A barrier with backups (Chen, Monga, Bengio, Jozefowicz 2016): a step is over when
/// all but `backups` have arrived. What the others bring for it later is discarded.
#include <set>

#include "algorithms/gate.hpp"

namespace troupe {
namespace {

class Quorum : public Gate {
 public:
  explicit Quorum(std::size_t backups) : backups_(backups) {}

  void enter(std::uint32_t partition, std::uint64_t /*step*/) override { all_.insert(partition); }

  Verdict arrive(std::uint32_t partition, std::uint64_t /*step*/) override {
    if (overdue_.erase(partition) > 0) return {.released = {partition}, .late = true};
    here_.insert(partition);
    return open_when_enough();
  }

  Verdict leave(std::uint32_t partition) override {
    all_.erase(partition);
    here_.erase(partition);
    overdue_.erase(partition);
    return open_when_enough();
  }

 private:
  Verdict open_when_enough() {
    const std::size_t needed = all_.size() > backups_ ? all_.size() - backups_ : 1;
    if (here_.size() < needed) return {};
    Verdict verdict{.merge = true, .released = {here_.begin(), here_.end()}};
    verdict.applied = verdict.released;
    verdict.together = true;
    for (const std::uint32_t partition : all_)
      if (!here_.contains(partition)) overdue_.insert(partition);
    here_.clear();
    return verdict;
  }

  std::size_t backups_;
  std::set<std::uint32_t> all_;
  std::set<std::uint32_t> here_;
  std::set<std::uint32_t> overdue_;  ///< still at work on a step that is over
};

}  // namespace

GateKind quorum_gate() {
  return {.kind = {.name = "quorum",
                   .sentence = "a step is over when all but a few have arrived; these are late",
                   .keys = {{.path = "backups",
                             .type = KeyType::integer,
                             .unit = "partitions",
                             .minimum = 0,
                             .maximum = 1e6,
                             .standard = std::int64_t{1},
                             .sentence = "how many a step does not wait for"}}},
          .holds = true,
          .make = [](const Settings& settings) {
            return std::make_unique<Quorum>(
                static_cast<std::size_t>(settings.integer("training.quorum.backups")));
          }};
}

}  // namespace troupe
