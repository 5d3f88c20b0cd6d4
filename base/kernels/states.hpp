/// Passes over whole states, compiled once per CPU level like those of kernels.hpp: all
/// levels agree bit for bit. None of them stops before the end.
#pragma once

#include <cstddef>

namespace troupe {

enum class CpuLevel;

/// Where a step led, from `before` to `after`, and a third state beside it.
struct StatesMet {
  const float* after;
  const float* before;
  const float* other;
  std::size_t size;
};

/// Squared distances to the third one; not a number where an entry of it is not finite.
struct SquaredDistances {
  double after;
  double before;
};

struct StateKernels {
  /// Both in one pass.
  SquaredDistances (*distances)(const StatesMet& states);
  /// sum of (x[i] - y[i])^2
  double (*distance)(const float* x, const float* y, std::size_t size);
  /// to[i] -= share (before[i] - other[i])
  void (*pull)(float share, const float* before, const float* other, float* to, std::size_t size);
};

/// Those of the level in use; see base/cpu_level.hpp.
const StateKernels& state_kernels();
const StateKernels& state_kernels_of(CpuLevel level);

extern const StateKernels state_kernels_v2;
extern const StateKernels state_kernels_v3;  ///< on x86-64 only, like v4
extern const StateKernels state_kernels_v4;

}  // namespace troupe
