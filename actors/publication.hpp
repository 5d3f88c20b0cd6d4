/// The model as its holder shows it to others: a version, frozen copies of it, and for
/// changed-only pulls when each entry last changed. It never says who may see what.
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
  /// Versions count on from here.
  void open(std::uint64_t version) {
    version_ = version;
    all_changed_at_ = version;
  }
  std::uint64_t version() const { return version_; }
  /// The model was changed everywhere, or in these entries only.
  void advance();
  void advance(std::span<const std::uint32_t> touched);
  void advance(const Features& touched);

  /// The model as it is now.
  SharedBlock snapshot() { return shared(0); }
  Payload dense() { return DenseValues{snapshot()}; }
  /// The snapshot that everybody shares: at most so many versions old.
  SharedBlock shared(std::uint64_t versions);
  std::uint64_t shared_version() const { return shared_version_; }
  /// What changed since a version; dense when that is shorter.
  Payload changed_since(std::uint64_t version);

 private:
  Block model_;
  std::uint64_t version_ = 1;
  SharedBlock shared_;
  std::uint64_t shared_version_ = 0;
  std::uint64_t all_changed_at_ = 1;
  std::vector<std::uint64_t> changed_at_;  ///< per entry; empty unless pulls are changed-only
};

}  // namespace troupe
