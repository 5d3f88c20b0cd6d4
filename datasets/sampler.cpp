#include "datasets/sampler.hpp"

#include <numeric>

#include "base/permutation.hpp"
#include "base/random.hpp"

namespace troupe {

void Sampler::order(std::uint64_t epoch, std::vector<std::uint32_t>& draws) const {
  draws.resize(size());
  const bool dealt = kind_.shuffle == Shuffle::global;
  if (kind_.replacement) {
    std::vector<std::uint32_t> rows(dealt ? size() : 0);
    deal(epoch, rows);
    RandomStream stream(seed_, Purpose::replacement, portion_.partition, epoch);
    for (std::uint32_t& draw : draws) {
      const std::uint64_t k = stream.below(size());
      draw = dealt ? rows[k] : static_cast<std::uint32_t>(k);
    }
    return;
  }
  if (dealt) return deal(epoch, draws);
  std::iota(draws.begin(), draws.end(), 0U);
  if (kind_.shuffle == Shuffle::local)
    shuffle(draws, RandomStream(seed_, Purpose::shuffle, portion_.partition, epoch));
}

void Sampler::moved(std::uint64_t epoch, std::vector<std::uint32_t>& rows) const {
  rows.clear();
  if (kind_.shuffle != Shuffle::global) return;
  rows.resize(size());
  deal(epoch, rows);
  const auto stays = [&](std::uint64_t position) {
    return position >= portion_.own.first && position < portion_.own.last;
  };
  if (epoch == 0) {
    std::erase_if(rows, stays);
    return;
  }
  const Permutation before(portion_.all, {seed_, Purpose::deal, epoch - 1});
  std::erase_if(rows, [&](std::uint32_t row) { return stays(before.position_of(row)); });
}

void Sampler::deal(std::uint64_t epoch, std::vector<std::uint32_t>& rows) const {
  const Permutation dealt(portion_.all, {seed_, Purpose::deal, epoch});
  for (std::uint64_t i = 0; i < rows.size(); ++i)
    rows[i] = static_cast<std::uint32_t>(dealt.at(portion_.own.first + i));
}

}  // namespace troupe
