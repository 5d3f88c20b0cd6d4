/// An exchange says what travels from worker to aggregator, and what the
/// aggregator makes of the merged sum. It never talks to anybody itself.
#pragma once

#include <functional>
#include <memory>
#include <span>

#include "algorithms/merge.hpp"
#include "algorithms/update.hpp"

namespace troupe {

/// One merged sum and all that is needed to absorb it.
struct Absorption {
  std::span<float> model;
  const Accumulator* gradients = nullptr;  ///< the summed gradients, or
  const ListedValues* listed = nullptr;    ///< a gradient entry by entry, for a plain update, or
  std::span<const float> states = {};      ///< the summed replicas
  Arrived arrived;
  std::uint32_t partitions = 1;  ///< of the whole run
  bool round = true;             ///< a whole round, or one contribution on arrival
  float rate = 0;
};

class Exchange {
 public:
  virtual ~Exchange() = default;
  /// False when the model is not finite any more.
  virtual bool absorb(const Absorption& what, const Merge& merge, Update& update) = 0;
};

struct ExchangeKind {
  Kind kind;
  /// The worker descends on a replica of its own between exchanges; otherwise it
  /// sums gradients at the model that it pulled.
  bool descends = false;
  /// And sends by how much the replica moved, not the replica.
  bool moves = false;
  std::function<std::unique_ptr<Exchange>(const Settings&)> make;
};

}  // namespace troupe
