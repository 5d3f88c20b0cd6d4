#include "datasets/facts_builder.hpp"

#include <algorithm>
#include <cmath>

namespace troupe {

void FactsBuilder::grow(std::uint32_t features) {
  if (features <= features_) return;
  features_ = features;
  if (sparse_) return columns_.resize(features);
  for (std::vector<double>* each : {&dense_.rows, &dense_.sum, &dense_.square, &dense_.first})
    each->resize(features);
  dense_.max_abs.resize(features);
}

void FactsBuilder::add_label(float label) {
  if (label > 0) ++positive_;
  if (too_many_labels_) return;
  ++labels_[label];
  if (labels_.size() <= label_values_max) return;
  too_many_labels_ = true;
  labels_.clear();
}

double FactsBuilder::add_sparse(const RowView& row) {
  double norm = 0;
  for (std::uint32_t i = 0; i < row.size; ++i) {
    const double value = row.value[i];
    norm += value * value;
    Column& column = columns_[row.index[i]];
    if (column.rows++ == 0) column.first = row.value[i];
    const double distance = value - static_cast<double>(column.first);
    column.sum += distance;
    column.square += distance * distance;
    column.max_abs = std::max(column.max_abs, std::fabs(row.value[i]));
  }
  return norm;
}

namespace {

// A dense zero is no entry; a stored one of a sparse set is, for models visit it.
// Without branches, and without two names for one array, loops become wide.
void add_values(const float* value, std::size_t size, double* __restrict rows,
                double* __restrict first, double* __restrict sum, double* __restrict square) {
  for (std::size_t i = 0; i < size; ++i) {
    const double x = static_cast<double>(value[i]);
    const double present = x != 0 ? 1 : 0;
    first[i] = rows[i] == 0 ? x : first[i];
    rows[i] += present;
    const double distance = (x - first[i]) * present;
    sum[i] += distance;
    square[i] += distance * distance;
  }
}

}  // namespace

double FactsBuilder::add_dense(const RowView& row) {
  add_values(row.value, row.size, dense_.rows.data(), dense_.first.data(), dense_.sum.data(),
             dense_.square.data());
  float* max_abs = dense_.max_abs.data();
  for (std::uint32_t i = 0; i < row.size; ++i)
    max_abs[i] = std::max(max_abs[i], std::fabs(row.value[i]));
  double norm = 0;
  for (std::uint32_t i = 0; i < row.size; ++i) {
    const double value = row.value[i];
    norm += value * value;
  }
  return norm;
}

void FactsBuilder::add(const RowView& row) {
  if (row.size > 0) grow(sparse_ ? row.index[row.size - 1] + 1 : row.size);
  const double norm = sparse_ ? add_sparse(row) : add_dense(row);
  ++rows_;
  entries_ += row.size;
  row_entries_max_ = std::max(row_entries_max_, row.size);
  row_norm_max_ = std::max(row_norm_max_, static_cast<float>(std::sqrt(norm)));
  add_label(row.label);
}

FactsBuilder::Column FactsBuilder::column(std::size_t feature) const {
  if (sparse_) return columns_[feature];
  return {static_cast<std::uint64_t>(dense_.rows[feature]), dense_.sum[feature],
          dense_.square[feature], static_cast<float>(dense_.first[feature]),
          dense_.max_abs[feature]};
}

DataFacts FactsBuilder::finish() const {
  DataFacts facts;
  facts.sparse = sparse_;
  facts.rows = rows_;
  facts.features = features_;
  facts.entries = entries_;
  facts.row_entries_max = row_entries_max_;
  facts.row_norm_max = row_norm_max_;
  facts.positive = positive_;
  for (const auto& [value, count] : labels_) facts.labels.push_back({value, count});
  const double rows = rows_ == 0 ? 1.0 : static_cast<double>(rows_);
  for (std::size_t feature = 0; feature < features_; ++feature) {
    const Column each = column(feature);
    const double present = static_cast<double>(each.rows);
    const double share = present / rows;
    const double about_first = each.rows == 0 ? 0.0 : each.sum / present;
    const double mean_present = static_cast<double>(each.first) + about_first;
    const double spread = each.square - present * about_first * about_first;
    // Two groups: the present values, and the absent ones, which are all zero.
    const double variance =
        std::max(spread, 0.0) / rows + share * (1 - share) * mean_present * mean_present;
    facts.rows_per_feature.push_back(static_cast<std::uint32_t>(each.rows));
    facts.mean.push_back(static_cast<float>(share * mean_present));
    facts.variance.push_back(static_cast<float>(variance));
    facts.max_abs.push_back(each.max_abs);
  }
  return facts;
}

}  // namespace troupe
