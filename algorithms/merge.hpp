/// A merge says how several contributions become one. Additive merges see only
/// the tree's sum and answer with the factor to put on it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/accumulator.hpp"
#include "config/settings.hpp"
#include "config/table.hpp"

namespace troupe {

/// What has arrived and is to be merged.
struct Arrived {
  std::uint64_t rows = 0;
  std::uint32_t partitions = 0;  ///< that contributed at least one row
};

/// A state that a peer heard of.
struct Opinion {
  std::span<const float> state;
  double weight = 1;
};

/// What a peer has after a descent, and what it heard.
struct Encounter {
  std::span<float> replica;        ///< after the descent; becomes what is made of all
  std::span<const float> before;   ///< before it
  std::span<const Opinion> heard;  ///< in the order of the senders
  double own = 1;                  ///< weight of the replica
  float rate = 0;                  ///< of the descent's first step
};

class Merge {
 public:
  virtual ~Merge() = default;
  /// The factor on a summed gradient (each row's gradient counted once).
  virtual float gradient_factor(const Arrived& arrived) const = 0;
  /// The factor on a sum of replicas; 0 when replicas cannot be merged so.
  virtual float state_factor(const Arrived& arrived) const = 0;
  /// The factor on a sum of what replicas moved by; 0 when these cannot be merged so.
  virtual float delta_factor(const Arrived& arrived) const { return state_factor(arrived); }
  /// How far the model goes from where it is to the merged replicas: all the way in a
  /// round; for one that comes alone its partitions' share, so that all weigh alike.
  virtual float way(const Arrived& arrived, std::uint32_t partitions, bool round) const {
    return round ? 1.0F : static_cast<float>(arrived.partitions) / static_cast<float>(partitions);
  }
  /// What a worker makes of its replica when it hears of the model (MergeKind::keeps).
  virtual void meet(std::span<float> replica, std::span<const float> model) const {
    std::ranges::copy(model, replica.begin());
  }
  /// A sender's newer gradient comes while its older one is held (MergeKind::folds): both
  /// become one, in the older. False when nothing of the older is left in it.
  virtual bool fold(Accumulator& older, const Accumulator& newer) const;
  /// Among peers (MergeKind::mixes): says which of those heard were let in.
  virtual std::vector<bool> mix(const Encounter& encounter) const;
  /// The replica's weight from then on.
  virtual double weight(const Encounter& /*encounter*/) const { return 1; }
};

/// The replica becomes the mean of all by their weights.
std::vector<bool> weighted_mean(const Encounter& encounter);

struct MergeKind {
  Kind kind;
  bool states = true;     ///< can merge replicas
  bool gradients = true;  ///< can merge gradients, and what replicas moved by
  /// Workers keep their replicas and only meet the model: needs states on arrival.
  bool keeps = false;
  /// What a sender last said stands until it says something else, and every step is by the
  /// sum of all that stands.
  bool stands = false;
  bool folds = false;      ///< takes several gradients of one sender: workers need not wait
  bool mixes = false;      ///< for peers
  bool conserves = false;  ///< every state must be heard, once: peers behind a barrier
  std::function<std::unique_ptr<Merge>(const Settings&)> make;
};

}  // namespace troupe
