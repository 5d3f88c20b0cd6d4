/// A merge says how several contributions become one. Additive merges see only
/// the tree's sum and answer with the factor to put on it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "config/settings.hpp"
#include "config/table.hpp"

namespace troupe {

/// What has arrived and is to be merged.
struct Arrived {
  std::uint64_t rows = 0;
  std::uint32_t partitions = 0;  ///< that contributed at least one row
};

class Merge {
 public:
  virtual ~Merge() = default;
  /// The factor on a summed gradient (each row's gradient counted once).
  virtual float gradient_factor(const Arrived& arrived) const = 0;
  /// The factor on a sum of replicas; 0 when replicas cannot be merged so.
  virtual float state_factor(const Arrived& arrived) const = 0;
};

struct MergeKind {
  Kind kind;
  bool states = true;  ///< can merge replicas
  std::function<std::unique_ptr<Merge>(const Settings&)> make;
};

}  // namespace troupe
