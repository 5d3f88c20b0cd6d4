/// The model as its holder shows it to others: a version, a frozen copy made at
/// most once a version, and for changed-only pulls when each entry last changed.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "actors/plan.hpp"
#include "base/block.hpp"
#include "messages/payload.hpp"

namespace troupe {

class Publication {
 public:
  Publication(std::size_t parameters, PullKind pull);

  std::span<float> model() { return model_.values(); }
  std::uint64_t version() const { return version_; }
  /// The model was changed everywhere, or in these entries only.
  void advance();
  void advance(std::span<const std::uint32_t> touched);

  SharedBlock snapshot();
  Payload dense() { return DenseValues{snapshot()}; }
  /// The model at these features, to the front of `values`.
  void gather(std::span<const std::uint32_t> features, std::span<float> values) const;
  /// What changed since a version; dense when that is shorter.
  Payload changed_since(std::uint64_t version);

 private:
  Block model_;
  std::uint64_t version_ = 1;
  SharedBlock snapshot_;
  std::uint64_t snapshot_version_ = 0;
  std::uint64_t all_changed_at_ = 1;
  std::vector<std::uint64_t> changed_at_;  ///< per entry; empty unless pulls are changed-only
};

}  // namespace troupe
