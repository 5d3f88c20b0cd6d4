#include "datasets/inspect.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "datasets/file_dataset.hpp"

namespace troupe {
namespace {

constexpr std::uint64_t sampled_rows_max = 4096;
constexpr std::uint64_t piece_rows = 65536;
constexpr std::uint64_t rows_shown = 3;
constexpr std::uint32_t entries_shown = 8;
constexpr std::uint32_t table_features = 10;

using Lists = std::vector<std::vector<std::uint32_t>>;

std::vector<std::uint32_t> features_of(const RowView& row) {
  std::vector<std::uint32_t> features;
  for (std::uint32_t i = 0; i < row.size; ++i)
    if (row.value[i] != 0.0F) features.push_back(row.index == nullptr ? i : row.index[i]);
  return features;
}

// Piece by piece, so that memory holds a piece of a large set and no more.
Lists sample(const Dataset& set, std::uint64_t count) {
  Lists edges;
  Shard shard;
  RowRange held;
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t row = i * set.facts().rows / count;
    if (row >= held.last) {
      held = {row, std::min(row + piece_rows, set.facts().rows)};
      shard = set.load(held);
    }
    edges.push_back(features_of(shard.rows()[row - held.first]));
  }
  return edges;
}

// The most rows that share a feature with one row, itself among them.
std::uint64_t most_met(const Lists& edges, std::uint32_t features) {
  Lists holders(features);
  for (std::uint32_t i = 0; i < edges.size(); ++i)
    for (const std::uint32_t feature : edges[i]) holders[feature].push_back(i);
  std::vector<std::uint32_t> seen(edges.size(), UINT32_MAX);
  std::uint64_t most = 0;
  for (std::uint32_t i = 0; i < edges.size(); ++i) {
    std::uint64_t met = 0;
    for (const std::uint32_t feature : edges[i]) {
      for (const std::uint32_t other : holders[feature]) {
        met += seen[other] == i ? 0 : 1;
        seen[other] = i;
      }
      if (met == edges.size()) return met;
    }
    most = std::max(most, met);
  }
  return most;
}

struct Range {
  float least = std::numeric_limits<float>::infinity();
  float most = -std::numeric_limits<float>::infinity();
  void take(float value) {
    least = std::min(least, value);
    most = std::max(most, value);
  }
};

/// What the file's statistics do not hold: signs of the extremes.
struct Ranges {
  Range labels;
  std::vector<Range> features;
};

Ranges scan(const FileDataset& set, const MakingProgress& progress) {
  const DataFacts& facts = set.facts();
  Ranges ranges;
  ranges.features.resize(facts.features);
  for (const SegmentEntry& segment : set.segments()) {
    const Shard shard = set.load({segment.first_row, segment.first_row + segment.rows});
    for (std::size_t i = 0; i < shard.rows().size(); ++i) {
      const RowView row = shard.rows()[i];
      ranges.labels.take(row.label);
      for (std::uint32_t j = 0; j < row.size; ++j)
        ranges.features[row.index == nullptr ? j : row.index[j]].take(row.value[j]);
    }
    if (progress) progress(segment.first_row + segment.rows, facts.rows);
  }
  for (std::uint32_t j = 0; j < facts.features; ++j)
    if (facts.rows_per_feature[j] < facts.rows) ranges.features[j].take(0);
  return ranges;
}

std::string labels_text(const DataFacts& facts, const Range& range) {
  const auto rows = static_cast<double>(facts.rows);
  std::string text = fmt::format("labels         {:.2f} % positive",
                                 100.0 * static_cast<double>(facts.positive) / rows);
  if (facts.labels.empty())
    return text + fmt::format(", more than {} values from {:g} to {:g}\n", label_values_max,
                              range.least, range.most);
  text += fmt::format(", different ones: {}", facts.labels.size());
  for (const LabelCount& label : facts.labels)
    text += fmt::format("\n  {:<12g} {} rows, {:.2f} %", label.value, label.rows,
                        100.0 * static_cast<double>(label.rows) / rows);
  return text + "\n";
}

std::string values_text(const DataFacts& facts, const Ranges& ranges) {
  const auto used = static_cast<std::uint64_t>(
      std::count_if(facts.rows_per_feature.begin(), facts.rows_per_feature.end(),
                    [](std::uint32_t rows) { return rows > 0; }));
  Range all;
  for (const Range& range : ranges.features) {
    all.take(range.least);
    all.take(range.most);
  }
  return fmt::format("features used  {} of {}\n", used, facts.features) +
         fmt::format("values         {:g} to {:g}, rows of norm at most {:g}\n", all.least,
                     all.most, facts.row_norm_max);
}

// Those that most rows hold, or all in their order.
std::vector<std::uint32_t> features_shown(const DataFacts& facts, bool every) {
  std::vector<std::uint32_t> order(facts.features);
  std::iota(order.begin(), order.end(), 0U);
  if (every || facts.features <= table_features) return order;
  const auto more = [&](std::uint32_t a, std::uint32_t b) {
    const std::uint32_t x = facts.rows_per_feature[a];
    const std::uint32_t y = facts.rows_per_feature[b];
    return x != y ? x > y : a < b;
  };
  std::partial_sort(order.begin(), order.begin() + table_features, order.end(), more);
  order.resize(table_features);
  return order;
}

std::string features_text(const DataFacts& facts, const Ranges& ranges, bool every) {
  const std::vector<std::uint32_t> shown = features_shown(facts, every);
  std::string text =
      shown.size() == facts.features
          ? "features, over all rows\n"
          : fmt::format("features, the {} most common, over all rows\n", shown.size());
  text += fmt::format("  {:>10} {:>10} {:>11} {:>11} {:>11} {:>11}\n", "feature", "rows", "mean",
                      "deviation", "least", "most");
  for (const std::uint32_t j : shown)
    text += fmt::format("  {:>10} {:>10} {:>11.4g} {:>11.4g} {:>11.4g} {:>11.4g}\n", j,
                        facts.rows_per_feature[j], facts.mean[j], std::sqrt(facts.variance[j]),
                        ranges.features[j].least, ranges.features[j].most);
  return text;
}

std::string first_rows(const Dataset& set) {
  const Shard shard = set.load({0, std::min(rows_shown, set.facts().rows)});
  std::string text = "first rows\n";
  for (std::size_t i = 0; i < shard.rows().size(); ++i) {
    const RowView row = shard.rows()[i];
    text += fmt::format("  {:+g}", row.label);
    for (std::uint32_t j = 0; j < std::min(row.size, entries_shown); ++j)
      text += fmt::format(" {}:{:.4g}", row.index == nullptr ? j : row.index[j], row.value[j]);
    text += row.size > entries_shown ? " ...\n" : "\n";
  }
  return text;
}

}  // namespace

Sparsity sparsity(const Dataset& set) {
  const DataFacts& facts = set.facts();
  Sparsity result;
  result.omega = facts.row_entries_max;
  const auto most = std::max_element(facts.rows_per_feature.begin(), facts.rows_per_feature.end());
  result.delta = static_cast<double>(*most) / static_cast<double>(facts.rows);
  result.rows = std::min(facts.rows, sampled_rows_max);
  const Lists edges = sample(set, result.rows);
  result.rho =
      static_cast<double>(most_met(edges, facts.features)) / static_cast<double>(result.rows);
  return result;
}

std::string inspect_text(const std::string& path, const InspectOptions& options) {
  const auto set = open_file_dataset(path);
  const DataFacts& facts = set->facts();
  const double density = static_cast<double>(facts.entries) / static_cast<double>(facts.rows);
  const Sparsity shape = sparsity(*set);
  const Ranges ranges = scan(*set, options.progress);
  return fmt::format("{}\n", facts.path) +
         fmt::format("rows           {}\nfeatures       {}\n", facts.rows, facts.features) +
         fmt::format("storage        {}, segments: {}, manifest {:08x}\n",
                     facts.sparse ? "sparse (CSR)" : "dense", set->segments().size(),
                     facts.manifest_crc32c) +
         fmt::format("entries        {}, {:.2f} a row, density {:.4g} %\n", facts.entries, density,
                     100.0 * density / facts.features) +
         values_text(facts, ranges) + labels_text(facts, ranges.labels) +
         fmt::format(
             "sparsity       Omega {} (longest row), Delta {:.4g} (most common feature), "
             "rho {:.4g} (most met row, of {} rows)\n",
             shape.omega, shape.delta, shape.rho, shape.rows) +
         features_text(facts, ranges, options.every_feature) + first_rows(*set);
}

std::string verify_file(const std::string& path, const MakingProgress& progress) {
  const auto set = open_file_dataset(path);
  std::uint64_t done = 0;
  for (const SegmentEntry& segment : set->segments()) {
    set->load({segment.first_row, segment.first_row + segment.rows});
    if (progress) progress(++done, set->segments().size());
  }
  return fmt::format("{}: ok, rows: {}, segments: {}, manifest {:08x}", path, set->facts().rows,
                     set->segments().size(), set->facts().manifest_crc32c);
}

}  // namespace troupe
