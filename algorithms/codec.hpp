/// A codec writes a sum for the wire and reads it back, per edge and direction.
/// One that remembers what it sent keeps that per slot, so both ends agree.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "base/accumulator.hpp"
#include "config/settings.hpp"
#include "config/table.hpp"
#include "messages/payload.hpp"

namespace troupe {

/// Names a stream of sums on an edge: the aligned subtree that they cover.
struct Slot {
  std::uint32_t level = 0;
  std::uint32_t index = 0;
  auto operator<=>(const Slot&) const = default;
};

class Codec {
 public:
  virtual ~Codec() = default;
  virtual Payload encode(Slot slot, const Accumulator& sum) = 0;
  /// Adds what the payload stands for to `sum`. False when it does not fit
  /// (wrong size, an index out of range): then nothing was added.
  virtual bool decode(Slot slot, const Payload& payload, Accumulator& sum) = 0;
};

struct CodecKind {
  Kind kind;
  bool lossless = true;
  /// Carries a gradient entry by entry as it is (Model::gradient_of_entries).
  bool entrywise = false;
  bool remembers = false;  ///< what it sent: every message must be read, as a whole
  std::function<std::unique_ptr<Codec>(const Settings&, std::size_t parameters)> make;
};

}  // namespace troupe
