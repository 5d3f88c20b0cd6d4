#include "base/random.hpp"

#include <cmath>
#include <utility>

namespace troupe {
namespace {

constexpr std::uint64_t golden = 0x9e3779b97f4a7c15ULL;

// SplitMix64's finaliser with the constants known as "moremur".
constexpr std::uint64_t mix(std::uint64_t x) {
  x ^= x >> 27;
  x *= 0x3c79ac492ba7b653ULL;
  x ^= x >> 33;
  x *= 0x1c69b3f74ac4ae35ULL;
  x ^= x >> 27;
  return x;
}

// The high 64 bits of a product map a number to [0, n) without a division.
std::uint64_t scaled_down(std::uint64_t bits, std::uint64_t n) {
  __extension__ using Wide = unsigned __int128;
  return static_cast<std::uint64_t>((static_cast<Wide>(bits) * n) >> 64);
}

}  // namespace

RandomStream::RandomStream(std::uint64_t seed, Purpose purpose, std::uint64_t a, std::uint64_t b,
                           std::uint64_t c)
    : key_(mix(seed + golden)) {
  for (std::uint64_t part : {static_cast<std::uint64_t>(purpose), a, b, c})
    key_ = mix(key_ + golden + mix(part + golden));
}

std::uint64_t RandomStream::at(std::uint64_t index) const {
  return mix(key_ + (index + 1) * golden);
}

std::uint64_t RandomStream::below(std::uint64_t n) { return scaled_down(next(), n); }

double RandomStream::uniform() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

double RandomStream::normal() {
  // Box-Muller, one of the pair: two draws a number keep the index simple.
  const double radius = std::sqrt(-2.0 * std::log1p(-uniform()));
  return radius * std::cos(6.283185307179586476925 * uniform());
}

double RandomStream::exponential(double rate) { return -std::log1p(-uniform()) / rate; }

void shuffle(std::span<std::uint32_t> items, RandomStream stream) {
  for (std::size_t i = items.size(); i > 1; --i)
    std::swap(items[i - 1], items[static_cast<std::size_t>(scaled_down(stream.at(i), i))]);
}

}  // namespace troupe
