#include "datasets/facts_builder.hpp"

#include <algorithm>
#include <cmath>

namespace troupe {

void FactsBuilder::grow(std::uint32_t features) {
  if (features > columns_.size()) columns_.resize(features);
}

void FactsBuilder::add_label(float label) {
  if (label > 0) ++positive_;
  if (too_many_labels_) return;
  ++labels_[label];
  if (labels_.size() <= label_values_max) return;
  too_many_labels_ = true;
  labels_.clear();
}

void FactsBuilder::add(const RowView& row) {
  if (row.size > 0) grow(row.index == nullptr ? row.size : row.index[row.size - 1] + 1);
  double norm = 0;
  for (std::uint32_t i = 0; i < row.size; ++i) {
    const double value = row.value[i];
    norm += value * value;
    // A dense zero is no entry; a stored one is, for sparse models visit it.
    if (row.index == nullptr && row.value[i] == 0.0F) continue;
    Column& column = columns_[row.index == nullptr ? i : row.index[i]];
    if (column.rows++ == 0) column.first = value;
    const double distance = value - column.first;
    column.sum += distance;
    column.square += distance * distance;
    column.max_abs = std::max(column.max_abs, std::fabs(row.value[i]));
  }
  ++rows_;
  entries_ += row.size;
  row_entries_max_ = std::max(row_entries_max_, row.size);
  row_norm_max_ = std::max(row_norm_max_, static_cast<float>(std::sqrt(norm)));
  add_label(row.label);
}

DataFacts FactsBuilder::finish() const {
  DataFacts facts;
  facts.sparse = sparse_;
  facts.rows = rows_;
  facts.features = static_cast<std::uint32_t>(columns_.size());
  facts.entries = entries_;
  facts.row_entries_max = row_entries_max_;
  facts.row_norm_max = row_norm_max_;
  facts.positive = positive_;
  for (const auto& [value, count] : labels_) facts.labels.push_back({value, count});
  const double rows = rows_ == 0 ? 1.0 : static_cast<double>(rows_);
  for (const Column& column : columns_) {
    const double present = static_cast<double>(column.rows);
    const double share = present / rows;
    const double about_first = column.rows == 0 ? 0.0 : column.sum / present;
    const double mean_present = column.first + about_first;
    const double spread = column.square - present * about_first * about_first;
    // Two groups: the present values, and the absent ones, which are all zero.
    const double variance =
        std::max(spread, 0.0) / rows + share * (1 - share) * mean_present * mean_present;
    facts.rows_per_feature.push_back(static_cast<std::uint32_t>(column.rows));
    facts.mean.push_back(static_cast<float>(share * mean_present));
    facts.variance.push_back(static_cast<float>(variance));
    facts.max_abs.push_back(column.max_abs);
  }
  return facts;
}

}  // namespace troupe
