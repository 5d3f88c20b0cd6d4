/// The model where rows read it, entry by entry. It knows nothing of rows.
#pragma once

#include <span>

#include "base/kernels/kernels.hpp"
#include "messages/features.hpp"

namespace troupe {

/// The model at the features from `first` on, to the front of `values`.
inline void gather(const Features& features, std::span<const float> model, float* values,
                   std::size_t first = 0) {
  features.each(
      [&](Features::Row row) {
        kernels().gather(row.data(), row.size(), model.data(), values);
        values += row.size();
      },
      first);
}

}  // namespace troupe
