/// A small data set in plain vectors, with its facts. It reads no file.
#pragma once

#include <cmath>
#include <cstdint>
#include <map>
#include <numeric>
#include <vector>

#include "base/random.hpp"
#include "datasets/facts.hpp"
#include "datasets/rows.hpp"

namespace troupe::testing {

struct Sample {
  bool sparse = true;
  std::uint32_t features = 0;
  std::vector<std::uint64_t> offsets = {0};
  std::vector<std::uint32_t> index;
  std::vector<float> value;
  std::vector<float> label;

  Rows rows() const {
    if (!sparse) return Rows::dense(label.size(), value.data(), label.data(), features);
    return Rows::sparse(offsets, index.data(), value.data(), label.data(), features);
  }

  void add_row(const std::vector<std::uint32_t>& at, const std::vector<float>& values, float y) {
    index.insert(index.end(), at.begin(), at.end());
    value.insert(value.end(), values.begin(), values.end());
    offsets.push_back(value.size());
    label.push_back(y);
  }

  DataFacts facts() const {
    DataFacts result;
    result.sparse = sparse;
    result.rows = label.size();
    result.features = features;
    result.rows_per_feature.assign(features,
                                   sparse ? 0U : static_cast<std::uint32_t>(label.size()));
    for (const std::uint32_t u : index) ++result.rows_per_feature[u];
    std::map<float, std::uint64_t> labels;
    for (const float y : label) ++labels[y];
    if (labels.size() <= label_values_max)
      for (const auto& [y, count] : labels) result.labels.push_back({y, count});
    for (const float y : label) result.positive += y > 0;
    return result;
  }
};

inline std::vector<std::uint32_t> every_row(const Sample& sample) {
  std::vector<std::uint32_t> picks(sample.label.size());
  std::iota(picks.begin(), picks.end(), 0U);
  return picks;
}

inline std::vector<float> normal_values(std::size_t size, double deviation, std::uint64_t seed) {
  RandomStream random(seed, Purpose::test);
  std::vector<float> values(size);
  for (float& value : values) value = static_cast<float>(deviation * random.normal());
  return values;
}

/// Rows of about unit length; sparse ones have 1 to 20 of the features, so that
/// whole vectors and rests both occur. Labels are -1 and 1, or 0 to classes - 1.
inline Sample random_sample(bool sparse, std::size_t rows, std::uint32_t features,
                            std::uint64_t classes = 0) {
  Sample sample;
  sample.sparse = sparse;
  sample.features = features;
  RandomStream random(11, Purpose::test, sparse);
  for (std::size_t i = 0; i < rows; ++i) {
    std::vector<std::uint32_t> at;
    const std::uint64_t share = sparse ? features / (1 + random.below(20)) : 1;
    for (std::uint32_t u = 0; u < features; ++u)
      if (random.below(share) == 0) at.push_back(u);
    std::vector<float> values(at.size());
    for (float& value : values)
      value = static_cast<float>(random.normal() / std::sqrt(static_cast<double>(at.size())));
    const auto drawn = static_cast<float>(random.below(classes == 0 ? 2 : classes));
    sample.add_row(at, values, classes == 0 ? 2 * drawn - 1 : drawn);
  }
  if (!sparse) sample.index.clear();
  return sample;
}

}  // namespace troupe::testing
