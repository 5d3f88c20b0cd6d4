#include "datasets/split.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <memory>
#include <numeric>

#include "base/random.hpp"
#include "base/user_error.hpp"
#include "datasets/file_dataset.hpp"
#include "datasets/output_file.hpp"
#include "datasets/writer.hpp"

namespace troupe {
namespace {

constexpr std::uint64_t of_split = 60;
// Each part holds a segment in memory.
constexpr std::size_t parts_max = 64;

[[noreturn]] void refuse(const std::string& what) {
  throw UserError(ExitCode::usage, "data split: " + what);
}

std::vector<double> shares_of(const std::vector<std::string>& parts, const SplitOptions& options) {
  if (parts.size() < 2 || parts.size() > parts_max)
    refuse("files to write: " + std::to_string(parts.size()) + ", expected 2 to " +
           std::to_string(parts_max));
  if (options.shares.empty() && parts.size() == 2) return {0.8, 0.2};
  if (options.shares.empty())
    return std::vector<double>(parts.size(), 1.0 / static_cast<double>(parts.size()));
  if (options.shares.size() != parts.size())
    refuse("shares: " + std::to_string(options.shares.size()) + ", expected one for each of the " +
           std::to_string(parts.size()) + " files to write");
  const bool positive = std::ranges::all_of(options.shares, [](double share) { return share > 0; });
  const double sum = std::accumulate(options.shares.begin(), options.shares.end(), 0.0);
  if (!positive || !(std::fabs(sum - 1) < 1e-6))
    refuse("the shares must be positive and 1 together");
  return options.shares;
}

void check_names(const std::string& path, const std::vector<std::string>& parts) {
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (std::find(parts.begin(), parts.begin() + static_cast<std::ptrdiff_t>(i), parts[i]) !=
        parts.begin() + static_cast<std::ptrdiff_t>(i))
      refuse(parts[i] + " is to be written twice");
    keep_apart(parts[i], {path});
  }
}

/// How many rows of each stratum every part still gets. Drawing a part with a chance
/// proportional to that gives exactly these numbers, each choice of rows equally likely.
class Draw {
 public:
  Draw(const DataFacts& facts, std::vector<double> shares, const SplitOptions& options)
      : shares_(std::move(shares)), options_(options) {
    if (!options.stratified) {
      left_[0] = rows_by_share(facts.rows, shares_);
    } else if (facts.labels.empty()) {
      refuse(facts.path + " has more than " + std::to_string(label_values_max) +
             " different labels, so there are no classes to keep the shares of");
    }
    for (const LabelCount& label : facts.labels)
      if (options.stratified) left_[label.value] = rows_by_share(label.rows, shares_);
    check(facts);
  }

  std::size_t part_of(std::uint64_t row, float label) {
    std::vector<std::uint64_t>& left = left_[options_.stratified ? label : 0];
    const std::uint64_t all = std::accumulate(left.begin(), left.end(), std::uint64_t{0});
    std::uint64_t ticket = RandomStream(options_.seed, Purpose::generate, of_split, row).below(all);
    std::size_t part = 0;
    while (ticket >= left[part]) ticket -= left[part++];
    --left[part];
    return part;
  }

 private:
  void check(const DataFacts& facts) const {
    for (std::size_t part = 0; part < shares_.size(); ++part) {
      std::uint64_t rows = 0;
      for (const auto& [label, left] : left_) rows += left[part];
      if (rows == 0)
        refuse("part " + std::to_string(part + 1) + " would get none of the " +
               std::to_string(facts.rows) + " rows of " + facts.path);
    }
  }

  std::vector<double> shares_;
  const SplitOptions& options_;
  std::map<float, std::vector<std::uint64_t>> left_;
};

/// Files of which all or none get their names: what stood there before stays until all
/// are complete, and comes back if one of them cannot take its place.
class Parts {
 public:
  Parts(const std::vector<std::string>& paths, const DataFacts& facts) {
    for (const std::string& path : paths) {
      writers_.push_back(std::make_unique<DatasetWriter>(
          path, WriterOptions{.sparse = facts.sparse, .features = facts.features}));
      writers_.back()->name_labels(facts.label_names);
    }
  }
  void add(std::size_t part, const RowView& row) { writers_[part]->add(row); }
  std::vector<DataFacts> finish() {
    std::vector<DataFacts> facts;
    for (auto& writer : writers_) facts.push_back(writer->complete());
    for (auto& writer : writers_) writer->publish();
    for (auto& writer : writers_) writer->settle();
    return facts;
  }

 private:
  std::vector<std::unique_ptr<DatasetWriter>> writers_;
};

}  // namespace

std::vector<std::uint64_t> rows_by_share(std::uint64_t rows, const std::vector<double>& shares) {
  std::vector<std::uint64_t> counts;
  std::vector<std::pair<double, std::size_t>> remainders;
  std::uint64_t given = 0;
  for (std::size_t i = 0; i < shares.size(); ++i) {
    const double exact = static_cast<double>(rows) * shares[i];
    // A hair more, so that 0.2 of 5 is 1 whatever binary makes of it; never more than is left.
    const auto whole = static_cast<std::uint64_t>(std::floor(exact + 1e-6));
    counts.push_back(std::min(whole, rows - given));
    given += counts.back();
    remainders.emplace_back(static_cast<double>(counts.back()) - exact, i);
  }
  std::ranges::sort(remainders);
  for (std::size_t i = 0; given < rows; ++given, ++i)
    ++counts[remainders[i % remainders.size()].second];
  return counts;
}

std::vector<DataFacts> split_file(const std::string& path, const std::vector<std::string>& parts,
                                  const SplitOptions& options) {
  const std::vector<double> shares = shares_of(parts, options);
  check_names(path, parts);
  const auto set = open_file_dataset(path);
  Draw draw(set->facts(), shares, options);
  Parts writers(parts, set->facts());
  for (const SegmentEntry& segment : set->segments()) {
    const Shard shard = set->load({segment.first_row, segment.first_row + segment.rows});
    for (std::size_t i = 0; i < shard.rows().size(); ++i) {
      const RowView row = shard.rows()[i];
      writers.add(draw.part_of(segment.first_row + i, row.label), row);
    }
    if (options.progress) options.progress(segment.first_row + segment.rows, set->facts().rows);
  }
  return writers.finish();
}

}  // namespace troupe
