/// An update rule turns a gradient into a step of the parameters. Its state
/// belongs to whoever holds those parameters and moves with them.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <stdexcept>

#include "base/accumulator.hpp"
#include "config/settings.hpp"
#include "config/table.hpp"
#include "messages/message.hpp"

namespace troupe {

/// Where the gradient at hand comes from, for rules that make up for its age.
struct Provenance {
  std::uint32_t partition = 0;
  std::uint64_t staleness = 0;         ///< updates since it was pulled for
  std::span<const float> pulled = {};  ///< the model then; empty unless UpdateKind::remembers
};

class Update {
 public:
  virtual ~Update() = default;
  /// Comes before apply() of a gradient that travelled alone.
  virtual void about(const Provenance& /*provenance*/) {}
  /// parameters -= rate x (what the rule makes of factor x gradient).
  virtual void apply(std::span<float> parameters, const Accumulator& gradient, float factor,
                     float rate) = 0;
  /// The same for plain rules, entry by entry: an index may stand several times.
  /// False when a parameter is not finite afterwards.
  virtual bool apply_entries(std::span<float> /*parameters*/, const ListedValues& /*gradient*/,
                             float /*step*/) {
    throw std::logic_error("this update rule takes no entries");
  }
  /// UpdateKind::advises, where the model is: what the gradient of a turn that begins so will
  /// meet when it arrives.
  virtual Advice advise(const Outlook& /*outlook*/) {
    throw std::logic_error("this update rule gives no advice");
  }
  /// And where the gradient is made: the factor on it, with its rows' mean loss.
  virtual float compensation(double /*loss*/, const Advice& /*advice*/) const { return 1.0F; }
  /// True when entries outside the gradient may change too (momentum): pulls and
  /// changed-only replies must then count every entry as changed.
  virtual bool dense() const = 0;
  /// All that the rule remembers, one number a parameter, to be read and to be replaced by
  /// what another one of its kind remembered; empty: nothing that could move so.
  virtual std::span<float> memory() { return {}; }
};

struct UpdateKind {
  Kind kind;
  /// Plain SGD: a worker that descends may use the model's fused loop, and a gradient
  /// may be applied entry by entry.
  bool plain = false;
  /// Wants to know what each gradient's model was: the holder keeps what it handed out.
  bool remembers = false;
  /// Workers report the loss of a turn's forward phase and wait for advice before they go
  /// on to the backward phase.
  bool advises = false;
  /// Update::memory() is all of its state.
  bool carries = false;
  std::function<std::unique_ptr<Update>(const Settings&, std::size_t parameters)> make;
};

}  // namespace troupe
