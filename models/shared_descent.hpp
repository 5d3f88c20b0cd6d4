/// Descent of a linear model over sparse rows on a memory that others read and write
/// meanwhile (Hogwild!; Recht, Re, Wright, Niu 2011): each row reads and moves the weights
/// of its own features, and no other weight.
#pragma once

#include <cstddef>
#include <span>

#include "base/shared_values.hpp"
#include "datasets/rows.hpp"
#include "models/linear.hpp"

namespace troupe {

struct SharedDescent {
  const LinearLoss& loss;
  std::span<const float> pulls;  ///< Regulariser::pulls()

  /// As Model::descend_shared().
  double run(const SharedValues& shared, const Batch& rows, std::size_t batch_size,
             std::span<const float> rates) const;
};

}  // namespace troupe
