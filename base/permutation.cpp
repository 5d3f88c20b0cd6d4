#include "base/permutation.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace troupe {
namespace {

// A shorter side would leave a short list too few orders.
constexpr std::uint64_t side_min = 16;

template <std::size_t... I>
auto streams(const Permutation::Key& key, std::index_sequence<I...>) {
  return std::array{RandomStream(key.seed, key.purpose, key.number, I)...};
}

std::uint64_t side_of(std::uint64_t n) {
  auto side = static_cast<std::uint64_t>(std::sqrt(static_cast<double>(n)));
  while (side * side < n) ++side;
  return std::max(side_min, side);
}

// Uniform in [0, n), n < 2^32, from the upper bits.
std::uint64_t scaled(std::uint64_t bits, std::uint64_t n) { return ((bits >> 32) * n) >> 32; }

}  // namespace

Permutation::Permutation(std::uint64_t n, const Key& key)
    : n_(n), side_(side_of(n)), streams_(streams(key, std::make_index_sequence<rounds>())) {}

std::uint64_t Permutation::at(std::uint64_t position) const {
  std::uint64_t x = forward(position);
  while (x >= n_) x = forward(x);
  return x;
}

std::uint64_t Permutation::position_of(std::uint64_t item) const {
  std::uint64_t x = backward(item);
  while (x >= n_) x = backward(x);
  return x;
}

std::uint64_t Permutation::forward(std::uint64_t x) const {
  std::uint64_t left = x / side_;
  std::uint64_t right = x % side_;
  for (const RandomStream& stream : streams_) {
    std::uint64_t mixed = left + scaled(stream.at(right), side_);
    if (mixed >= side_) mixed -= side_;
    left = right;
    right = mixed;
  }
  return left * side_ + right;
}

std::uint64_t Permutation::backward(std::uint64_t x) const {
  std::uint64_t left = x / side_;
  std::uint64_t right = x % side_;
  for (auto stream = streams_.rbegin(); stream != streams_.rend(); ++stream) {
    std::uint64_t mixed = right + side_ - scaled(stream->at(left), side_);
    if (mixed >= side_) mixed -= side_;
    right = left;
    left = mixed;
  }
  return left * side_ + right;
}

}  // namespace troupe
