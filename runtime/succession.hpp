/// The actors of a run, one cast after another: which one plays, which one comes next, and
/// what the run has by then. It refuses a change before anybody is asked to rest.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "runtime/assemble.hpp"
#include "runtime/scene.hpp"
#include "runtime/swap.hpp"

namespace troupe {

class Succession {
 public:
  struct Beginning {
    const Tables& tables;
    ConfigSources sources;  ///< what the user said
    Config resolved;
    std::shared_ptr<const Plan> plan;
    SwapScene scene;
  };
  /// Called from the host's thread when the run goes on with this configuration.
  using Changed =
      std::function<void(std::uint32_t graph_epoch, const Config&, std::shared_ptr<const Plan>)>;
  /// Looks at what is to come by the configuration itself. Throws UserError (exit 2).
  explicit Succession(Beginning beginning);

  /// Before the run starts.
  void listen(Changed changed) { changed_ = std::move(changed); }
  /// The first plan, which knows when to rest.
  std::shared_ptr<const Plan> plan() const;

  struct Answer {
    bool change = false;  ///< the actors are to rest now
    std::string line;     ///< for whoever asked
  };
  /// "key=value" each, as after -s. From any thread. Throws UserError: nothing changes.
  Answer propose(const std::vector<std::string>& overrides);

  /// What a host puts in the place of actors that rest.
  Scene next(Handover left);

  std::uint32_t graph_epoch() const;
  /// Of those who play now.
  Config config() const;

 private:
  struct Act {
    std::vector<std::string> overrides;  ///< all of them
    Assembled assembled;
    std::vector<Carried> carried;
    std::string changes;  ///< "topology server -> gossip, ..."; empty: none
  };
  struct Entry {
    std::uint64_t at_epoch = 0;
    std::string where;  ///< in the file
    std::vector<std::string> overrides;
  };

  void read_entries();
  Act act_of(const std::vector<std::string>& overrides, const Act& before) const;
  void refuse_other_changes(const Config& before, const Config& after) const;
  std::optional<std::uint64_t> next_fence() const;
  Scene enter(Act act, Handover left);
  Scene stay(Handover left, std::string what, std::string detail);

  Beginning beginning_;
  Changed changed_;
  Schema schema_;
  mutable std::mutex mutex_;
  Act playing_;
  std::optional<Act> pending_;
  std::vector<Entry> entries_;  ///< by their epochs
  std::size_t taken_ = 0;       ///< of them
  std::uint32_t graph_epoch_ = 0;
};

}  // namespace troupe
