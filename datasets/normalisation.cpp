#include "datasets/normalisation.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/check.hpp"
#include "datasets/facts_builder.hpp"
#include "datasets/owned_rows.hpp"

namespace troupe {
namespace {

/// The rows of a range, those of one cut in memory at a time.
template <class Use>
void for_each_row(const Dataset& set, const std::vector<Cut>& cuts, RowRange range, Use use) {
  for (const Cut& cut : cuts) {
    const RowRange part{std::max(cut.rows.first, range.first), std::min(cut.rows.last, range.last)};
    if (part.first >= part.last) continue;
    const Shard shard = set.load(part);
    for (std::size_t i = 0; i < shard.rows().size(); ++i) use(shard.rows()[i]);
  }
}

float finite(double value) {
  constexpr double most = std::numeric_limits<float>::max();
  return static_cast<float>(std::clamp(value, -most, most));
}

// Welford 1962: no difference of large sums, whatever the mean.
void measure_deviation(const Dataset& set, RowRange range, Normalisation& result) {
  const std::uint32_t features = set.facts().features;
  std::vector<double> mean(features);
  std::vector<double> square(features);
  double rows = 0;
  for_each_row(set, set.cuts(), range, [&](const RowView& row) {
    TROUPE_CHECK(row.size, ==, features);
    const double share = 1 / ++rows;
    for (std::uint32_t i = 0; i < features; ++i) {
      const double distance = row.value[i] - mean[i];
      mean[i] += distance * share;
      square[i] += distance * (row.value[i] - mean[i]);
    }
  });
  result.shift.resize(features);
  for (std::uint32_t i = 0; i < features; ++i) {
    result.shift[i] = static_cast<float>(mean[i]);
    result.divisor[i] = finite(std::sqrt(square[i] / std::max(1.0, rows)));
  }
}

void measure_largest(const Dataset& set, RowRange range, Normalisation& result) {
  for_each_row(set, set.cuts(), range, [&](const RowView& row) {
    for (std::uint32_t i = 0; i < row.size; ++i) {
      float& largest = result.divisor[row.index == nullptr ? i : row.index[i]];
      largest = std::max(largest, std::fabs(row.value[i]));
    }
  });
}

void divide_by_length(std::span<float> values) {
  double square = 0;
  for (const float value : values) square += static_cast<double>(value) * value;
  if (square == 0) return;
  const double length = std::sqrt(square);
  for (float& value : values) value = static_cast<float>(value / length);
}

class NormalisedDataset final : public Dataset {
 public:
  NormalisedDataset(std::shared_ptr<const Dataset> set, std::shared_ptr<const Normalisation> how)
      : set_(std::move(set)), how_(std::move(how)), cuts_(set_->cuts()), facts_(set_->facts()) {
    FactsBuilder builder(facts_.sparse, facts_.features);
    OwnedRows one(facts_.sparse, facts_.features);
    for_each_row(*set_, cuts_, {0, facts_.rows}, [&](const RowView& row) {
      one.clear();
      how_->apply(row, one.add(row));
      builder.add(one.rows()[0]);
    });
    const DataFacts found = builder.finish();
    facts_.row_norm_max = found.row_norm_max;
    facts_.rows_per_feature = found.rows_per_feature;
    facts_.mean = found.mean;
    facts_.variance = found.variance;
    facts_.max_abs = found.max_abs;
  }

  const DataFacts& facts() const override { return facts_; }
  std::vector<Cut> cuts() const override { return cuts_; }

  Shard load(RowRange range) const override {
    auto copy = std::make_shared<OwnedRows>(facts_.sparse, facts_.features);
    std::uint64_t entries = 0;
    for (const Cut& cut : cuts_)
      if (cut.rows.first < range.last && range.first < cut.rows.last) entries += cut.entries;
    copy->reserve(range.size(), facts_.sparse ? entries : range.size() * facts_.features);
    for_each_row(*set_, cuts_, range,
                 [&](const RowView& row) { how_->apply(row, copy->add(row)); });
    const Rows rows = copy->rows();
    return {std::move(copy), rows};
  }

 private:
  std::shared_ptr<const Dataset> set_;
  std::shared_ptr<const Normalisation> how_;
  std::vector<Cut> cuts_;
  DataFacts facts_;
};

}  // namespace

// In double: neither a difference nor a quotient of two floats overflows there.
void Normalisation::apply(const RowView& row, std::span<float> values) const {
  if (kind == "unit_rows") return divide_by_length(values);
  if (divisor.empty()) return;
  if (fills_zeros()) {
    TROUPE_CHECK(values.size(), ==, shift.size());
    for (std::size_t i = 0; i < values.size(); ++i)
      values[i] = finite((double{values[i]} - shift[i]) / divisor[i]);
    return;
  }
  // A sparse row that was written out has a value for every feature.
  const bool listed = row.index != nullptr && values.size() == row.size;
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = finite(double{values[i]} / divisor[listed ? row.index[i] : i]);
}

const std::vector<std::string>& normalisations() {
  static const std::vector<std::string> words = {"none", "standardise", "max_abs", "unit_rows"};
  return words;
}

Normalisation measure(const std::string& kind, const Dataset& set, RowRange range) {
  Normalisation result{.kind = kind, .shift = {}, .divisor = {}};
  const bool standardise = kind == "standardise";
  TROUPE_CHECK(standardise && set.facts().sparse, ==, false);
  if (!standardise && kind != "max_abs") return result;
  result.divisor.resize(set.facts().features);
  standardise ? measure_deviation(set, range, result) : measure_largest(set, range, result);
  for (float& divisor : result.divisor) {
    if (divisor > 0) continue;
    divisor = 1;
    ++result.constant;
  }
  return result;
}

std::shared_ptr<const Dataset> normalised(std::shared_ptr<const Dataset> set,
                                          std::shared_ptr<const Normalisation> how) {
  if (!how->acts()) return set;
  return std::make_shared<NormalisedDataset>(std::move(set), std::move(how));
}

}  // namespace troupe
