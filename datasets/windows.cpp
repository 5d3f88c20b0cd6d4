#include "datasets/windows.hpp"

#include <algorithm>
#include <numeric>

#include "base/check.hpp"
#include "base/random.hpp"

namespace troupe {

std::uint64_t bytes_in_memory(const DataFacts& facts, std::uint64_t rows, std::uint64_t entries) {
  const std::uint64_t of_row = sizeof(float) + sizeof(std::uint32_t);
  return facts.sparse ? rows * (of_row + sizeof(std::uint64_t)) + entries * 8
                      : rows * of_row + entries * sizeof(float);
}

std::uint64_t bytes_whole(const Dataset& data, RowRange range) {
  std::uint64_t bytes = 0;
  for (const Cut& cut : data.cuts())
    if (cut.rows.first < range.last && cut.rows.last > range.first)
      bytes += bytes_in_memory(data.facts(), cut.rows.size(), cut.entries);
  // The next epoch's order is made while this one's is in use.
  return bytes + range.size() * sizeof(std::uint32_t);
}

WindowNeeds window_needs(const Dataset& data, RowRange range, std::uint64_t batch) {
  WindowNeeds needs;
  const DataFacts& facts = data.facts();
  for (const Cut& cut : data.cuts())
    if (cut.rows.first < range.last && cut.rows.last > range.first)
      needs.segment = std::max(needs.segment, bytes_in_memory(facts, cut.rows.size(), cut.entries));
  const std::uint64_t longest = facts.sparse ? facts.row_entries_max : facts.features;
  needs.batch = bytes_in_memory(facts, batch, batch * longest);
  return needs;
}

std::vector<Cut> cuts_within(const Dataset& data, RowRange range) {
  const DataFacts& facts = data.facts();
  const std::uint64_t longest = facts.sparse ? facts.row_entries_max : facts.features;
  std::vector<Cut> within;
  for (const Cut& cut : data.cuts()) {
    const RowRange rows{std::max(cut.rows.first, range.first), std::min(cut.rows.last, range.last)};
    if (rows.first >= rows.last) continue;
    within.push_back({rows, std::min(cut.entries, rows.size() * longest)});
  }
  return within;
}

Windows::Windows(const DataFacts& facts, std::vector<Cut> cuts, const Request& request,
                 std::uint64_t epoch)
    : request_(request), epoch_(epoch) {
  std::vector<std::uint32_t> order(cuts.size());
  std::iota(order.begin(), order.end(), 0U);
  if (request_.kind.shuffle != Shuffle::none)
    shuffle(order, RandomStream(request_.seed, Purpose::window, request_.partition, epoch));
  std::uint64_t bytes = request_.window_bytes;
  for (const std::uint32_t i : order) {
    const std::uint64_t size = bytes_in_memory(facts, cuts[i].rows.size(), cuts[i].entries);
    if (bytes + size > request_.window_bytes) {
      windows_.push_back({cuts_.size(), rows_});
      bytes = 0;
    }
    bytes += size;
    cuts_.push_back(cuts[i]);
    rows_ += cuts[i].rows.size();
  }
  for (std::size_t k = 0; k + 1 < size(); ++k) TROUPE_CHECK(rows(k), >=, request_.batch);
}

std::span<const Cut> Windows::cuts(std::size_t k) const {
  const std::size_t first = windows_[k].first_cut;
  return std::span(cuts_).subspan(first, cuts_end(k) - first);
}

std::uint64_t Windows::rows(std::size_t k) const {
  return positions_end(k) - windows_[k].first_position;
}

std::uint64_t Windows::entries_max(std::size_t k) const {
  std::uint64_t entries = 0;
  for (const Cut& cut : cuts(k)) entries += cut.entries;
  return entries;
}

RowRange Windows::served(std::size_t k) const {
  const auto whole_batches = [this](std::uint64_t position) {
    return position / request_.batch * request_.batch;
  };
  const std::uint64_t first = whole_batches(windows_[k].first_position);
  return {first, k + 1 == size() ? rows_ : whole_batches(positions_end(k))};
}

std::uint64_t Windows::carried(std::size_t k) const {
  return windows_[k].first_position - served(k).first;
}

std::size_t Windows::serving(std::uint64_t position) const {
  TROUPE_CHECK(position, <, rows_);
  const auto after = std::ranges::upper_bound(windows_, position, {}, [this](const Window& window) {
    return window.first_position / request_.batch * request_.batch;
  });
  return static_cast<std::size_t>(after - windows_.begin()) - 1;
}

void Windows::order(std::size_t k, std::span<std::uint32_t> draws) const {
  TROUPE_CHECK(draws.size(), ==, rows(k));
  RandomStream stream(request_.seed, Purpose::window, request_.partition, epoch_, k + 1);
  if (request_.kind.replacement) {
    for (std::uint32_t& row : draws) row = static_cast<std::uint32_t>(stream.below(draws.size()));
    return;
  }
  std::iota(draws.begin(), draws.end(), 0U);
  if (request_.kind.shuffle != Shuffle::none) shuffle(draws, stream);
}

std::size_t Windows::cuts_end(std::size_t k) const {
  return k + 1 < size() ? windows_[k + 1].first_cut : cuts_.size();
}

std::uint64_t Windows::positions_end(std::size_t k) const {
  return k + 1 < size() ? windows_[k + 1].first_position : rows_;
}

}  // namespace troupe
