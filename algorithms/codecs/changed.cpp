/// Only what differs from the last value sent in this slot of this edge, zeros
/// included (CS-449, section II-C). The receiver rebuilds the sum bit for bit, so
/// both ends must see every message of the edge, in order.
#include <bit>
#include <map>

#include "algorithms/codec.hpp"

namespace troupe {
namespace {

bool same_bits(float a, float b) {
  return std::bit_cast<std::uint32_t>(a) == std::bit_cast<std::uint32_t>(b);
}

class Changed : public Codec {
 public:
  explicit Changed(std::size_t parameters) : parameters_(parameters) {}

  Payload encode(Slot slot, const Accumulator& sum) override {
    const auto [place, fresh] = last_.try_emplace(slot, parameters_);
    Accumulator& last = place->second;
    ChangedValues changed{.fresh = fresh, .indices = {}, .values = {}};
    const auto send = [&](std::uint32_t index) {
      if (same_bits(sum.at(index), last.at(index))) return;
      changed.indices.push_back(index);
      changed.values.push_back(sum.at(index));
      set(last, index, sum.at(index));
    };
    // Entries of the last message first: those that are gone must be sent as zeros.
    const std::vector<std::uint32_t> before(last.touched().begin(), last.touched().end());
    for (const std::uint32_t index : before) send(index);
    if (sum.dense())
      for (std::uint32_t index = 0; index < sum.size(); ++index) send(index);
    else
      for (const std::uint32_t index : sum.touched()) send(index);
    return changed;
  }

  bool decode(Slot slot, const Payload& payload, Accumulator& sum) override {
    const auto* changed = std::get_if<ChangedValues>(&payload);
    if (changed == nullptr || changed->indices.size() != changed->values.size()) return false;
    for (const std::uint32_t index : changed->indices)
      if (index >= parameters_) return false;
    Accumulator& last = last_.try_emplace(slot, parameters_).first->second;
    if (changed->fresh) last.clear();
    for (std::size_t i = 0; i < changed->indices.size(); ++i)
      set(last, changed->indices[i], changed->values[i]);
    for (const std::uint32_t index : last.touched())
      if (last.at(index) != 0.0F) sum.add(index, last.at(index));
    return true;
  }

 private:
  static void set(Accumulator& last, std::uint32_t index, float value) {
    last.touch(index);
    last.values()[index] = value;
  }

  std::size_t parameters_;
  std::map<Slot, Accumulator> last_;
};

}  // namespace

CodecKind changed_codec() {
  return {.kind = {.name = "changed",
                   .sentence = "what differs from the last message of the edge, zeros included"},
          .lossless = true,
          .remembers = true,
          .make = [](const Settings&, std::size_t parameters) {
            return std::make_unique<Changed>(parameters);
          }};
}

}  // namespace troupe
