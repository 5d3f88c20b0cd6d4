/// Numbers on their way: gradients, states and models as a codec wrote them.
#pragma once

#include <cstdint>
#include <tuple>
#include <variant>
#include <vector>

#include "base/block.hpp"
#include "messages/features.hpp"

namespace troupe {

struct DenseValues {
  SharedBlock values = {};
  static constexpr auto fields() { return std::tuple{&DenseValues::values}; }
};

/// The entries listed; every other one is zero. One that stands several times counts as
/// their sum.
struct SparseValues {
  std::vector<std::uint32_t> indices = {};
  std::vector<float> values = {};
  static constexpr auto fields() {
    return std::tuple{&SparseValues::indices, &SparseValues::values};
  }
};

/// The entries that differ from the last value sent on this edge, zeros included.
struct ChangedValues {
  bool fresh = false;  ///< nothing was sent before: all others are zero
  std::vector<std::uint32_t> indices = {};
  std::vector<float> values = {};
  static constexpr auto fields() {
    return std::tuple{&ChangedValues::fresh, &ChangedValues::indices, &ChangedValues::values};
  }
};

/// A number for each entry of a list that both ends know: the features that a
/// worker asked for, or the gradient at them.
struct AlignedValues {
  std::vector<float> values = {};
  static constexpr auto fields() { return std::tuple{&AlignedValues::values}; }
};

/// A gradient entry by entry: a number for each feature that the rows list.
struct ListedValues {
  Features features = {};
  std::vector<float> values = {};
  static constexpr auto fields() {
    return std::tuple{&ListedValues::features, &ListedValues::values};
  }
};

/// The order is the wire's numbering: add at the end.
using Payload = std::variant<std::monostate, DenseValues, SparseValues, ChangedValues,
                             AlignedValues, ListedValues>;

/// Bytes that a payload has on the wire, headers apart.
std::size_t payload_bytes(const Payload& payload);

}  // namespace troupe
