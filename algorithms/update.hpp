/// An update rule turns a gradient into a step of the parameters. Its state
/// belongs to whoever holds those parameters and moves with them.
#pragma once

#include <functional>
#include <memory>
#include <span>

#include "base/accumulator.hpp"
#include "config/settings.hpp"
#include "config/table.hpp"

namespace troupe {

class Update {
 public:
  virtual ~Update() = default;
  /// parameters -= rate x (what the rule makes of factor x gradient).
  virtual void apply(std::span<float> parameters, const Accumulator& gradient, float factor,
                     float rate) = 0;
  /// True when entries outside the gradient may change too (momentum): pulls and
  /// changed-only replies must then count every entry as changed.
  virtual bool dense() const = 0;
};

struct UpdateKind {
  Kind kind;
  /// Plain SGD: a worker that descends may use the model's fused loop.
  bool plain = false;
  std::function<std::unique_ptr<Update>(const Settings&, std::size_t parameters)> make;
};

}  // namespace troupe
