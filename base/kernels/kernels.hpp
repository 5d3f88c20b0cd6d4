/// Inner loops over floats, compiled once per CPU level. All levels add the same
/// numbers in the same order and never fuse, so they agree bit for bit.
#pragma once

#include <cstddef>
#include <cstdint>

namespace troupe {

enum class CpuLevel;

/// The entries of a sparse row: `index` lists distinct positions, each < 2^31.
struct SparseEntries {
  const std::uint32_t* index;
  const float* value;
  std::size_t size;
};

struct Kernels {
  /// sum of x[i] y[i]
  float (*dot)(const float* x, const float* y, std::size_t size);
  /// y += a x
  void (*axpy)(float a, const float* x, float* y, std::size_t size);
  /// x *= a
  void (*scale)(float a, float* x, std::size_t size);
  /// x -= a x; exact for an a so small that 1 - a would lose its digits
  void (*shrink)(float a, float* x, std::size_t size);
  /// sum of row.value[k] y[row.index[k]]
  float (*sparse_dot)(const SparseEntries& row, const float* y);
  /// y[row.index[k]] += a row.value[k]
  void (*sparse_axpy)(float a, const SparseEntries& row, float* y);
};

/// Those of the level in use; see base/cpu_level.hpp.
const Kernels& kernels();
const Kernels& kernels_of(CpuLevel level);

extern const Kernels kernels_v2;
extern const Kernels kernels_v3;  ///< on x86-64 only, like v4
extern const Kernels kernels_v4;

}  // namespace troupe
