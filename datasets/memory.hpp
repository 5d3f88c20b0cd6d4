/// A data set that was never a file: for tests, and for programs that bring
/// their own rows. Its facts are computed as a file's would be.
#pragma once

#include <memory>
#include <vector>

#include "datasets/dataset.hpp"

namespace troupe {

struct SparseRow {
  std::vector<std::uint32_t> index;  ///< strictly ascending
  std::vector<float> value;
  float label = 0;
};
struct DenseRow {
  std::vector<float> value;
  float label = 0;
};

std::shared_ptr<const Dataset> memory_dataset(const std::vector<SparseRow>& rows,
                                              std::uint32_t features);
std::shared_ptr<const Dataset> memory_dataset(const std::vector<DenseRow>& rows);

}  // namespace troupe
