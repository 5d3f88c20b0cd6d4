/// Every entry, in order. It is right for dense models and wasteful for sparse ones.
#include "algorithms/codec.hpp"

namespace troupe {
namespace {

class Dense : public Codec {
 public:
  Payload encode(Slot, const Accumulator& sum) override {
    return DenseValues{Block::copy_of(sum.values()).freeze()};
  }

  bool decode(Slot, const Payload& payload, Accumulator& sum) override {
    const auto* dense = std::get_if<DenseValues>(&payload);
    if (dense == nullptr || dense->values.size() != sum.size()) return false;
    sum.merge(dense->values.values());
    return true;
  }
};

}  // namespace

CodecKind dense_codec() {
  return {.kind = {.name = "dense", .sentence = "every entry, in order"},
          .lossless = true,
          .make = [](const Settings&, std::size_t) { return std::make_unique<Dense>(); }};
}

}  // namespace troupe
