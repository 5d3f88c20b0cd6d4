#include "actors/slices.hpp"

#include <algorithm>
#include <utility>

#include "messages/visit.hpp"

namespace troupe {
namespace {

std::vector<Payload> cut_dense(const SharedBlock& whole, std::span<const std::size_t> cuts) {
  std::vector<Payload> parts;
  for (std::size_t k = 0; k + 1 < cuts.size(); ++k)
    parts.emplace_back(DenseValues{
        Block::copy_of(whole.values().subspan(cuts[k], cuts[k + 1] - cuts[k])).freeze()});
  return parts;
}

std::vector<Payload> cut_sparse(const SparseValues& whole, std::span<const std::size_t> cuts) {
  std::vector<SparseValues> parts(cuts.size() - 1);
  for (std::size_t i = 0; i < whole.indices.size(); ++i) {
    const auto end = std::upper_bound(cuts.begin() + 1, cuts.end() - 1, whole.indices[i]);
    const auto k = static_cast<std::size_t>(end - cuts.begin()) - 1;
    parts[k].indices.push_back(whole.indices[i] - static_cast<std::uint32_t>(cuts[k]));
    parts[k].values.push_back(whole.values[i]);
  }
  return {std::make_move_iterator(parts.begin()), std::make_move_iterator(parts.end())};
}

}  // namespace

std::vector<Payload> cut(Payload payload, std::span<const std::size_t> cuts) {
  if (const auto* dense = std::get_if<DenseValues>(&payload);
      dense != nullptr && dense->values.size() == cuts.back())
    return cut_dense(dense->values, cuts);
  if (const auto* sparse = std::get_if<SparseValues>(&payload)) return cut_sparse(*sparse, cuts);
  std::vector<Payload> parts(cuts.size() - 1);
  parts[0] = std::move(payload);
  return parts;
}

Assembly::Assembly(std::vector<std::size_t> cuts, std::size_t most)
    : cuts_(std::move(cuts)), most_(most), waiting_(cuts_.size() - 1) {}

bool Assembly::add(std::size_t holder, Slice slice) {
  if (holder == 0 || holder >= waiting_.size() || slice.values.size() != size_of(holder))
    return false;
  waiting_[holder].push_back(std::move(slice));
  if (waiting_[holder].size() > most_) waiting_[holder].pop_front();
  return true;
}

std::optional<Slice> Assembly::whole(const Slice& first) {
  bool all = true;
  for (std::size_t k = 1; k < waiting_.size(); ++k) {
    std::deque<Slice>& theirs = waiting_[k];
    while (!theirs.empty() && theirs.front().version < first.version) theirs.pop_front();
    all = all && !theirs.empty();
  }
  if (!all) return std::nullopt;
  waiting_[0] = {first};
  Slice whole{.version = first.version, .values = joined(&Slice::values)};
  if (first.memory.size() > 0) whole.memory = joined(&Slice::memory);
  for (std::deque<Slice>& theirs : waiting_) theirs.pop_front();
  return whole;
}

// Nothing where a part is missing.
SharedBlock Assembly::joined(SharedBlock Slice::*part) const {
  Block whole(cuts_.back());
  for (std::size_t k = 0; k < waiting_.size(); ++k) {
    const SharedBlock& theirs = waiting_[k].front().*part;
    if (theirs.size() != size_of(k)) return {};
    std::ranges::copy(theirs.values(), whole.values().data() + cuts_[k]);
  }
  return std::move(whole).freeze();
}

std::vector<std::size_t> Assembly::missing(std::uint64_t version) const {
  std::vector<std::size_t> holders;
  for (std::size_t k = 1; k < waiting_.size(); ++k)
    if (waiting_[k].empty() || waiting_[k].back().version < version) holders.push_back(k);
  return holders;
}

}  // namespace troupe
