/// The entries that were touched, as (index, value); the rest is zero. A sum that
/// is dense anyway is written as it is.
#include "algorithms/codec.hpp"

namespace troupe {
namespace {

class Sparse : public Codec {
 public:
  Payload encode(Slot, const Accumulator& sum) override {
    if (sum.dense()) return DenseValues{Block::copy_of(sum.values()).freeze()};
    SparseValues listed;
    listed.indices.assign(sum.touched().begin(), sum.touched().end());
    listed.values.reserve(listed.indices.size());
    for (const std::uint32_t index : listed.indices) listed.values.push_back(sum.at(index));
    return listed;
  }

  bool decode(Slot, const Payload& payload, Accumulator& sum) override {
    if (const auto* dense = std::get_if<DenseValues>(&payload)) {
      if (dense->values.size() != sum.size()) return false;
      sum.merge(dense->values.values());
      return true;
    }
    const auto* listed = std::get_if<SparseValues>(&payload);
    if (listed == nullptr || listed->indices.size() != listed->values.size()) return false;
    for (const std::uint32_t index : listed->indices)
      if (index >= sum.size()) return false;
    for (std::size_t i = 0; i < listed->indices.size(); ++i)
      sum.add(listed->indices[i], listed->values[i]);
    return true;
  }
};

}  // namespace

CodecKind sparse_codec() {
  return {.kind = {.name = "sparse", .sentence = "the touched entries as index and value"},
          .lossless = true,
          .entrywise = true,
          .make = [](const Settings&, std::size_t) { return std::make_unique<Sparse>(); }};
}

}  // namespace troupe
