/// Fully connected layers with ReLU between them over a flat parameter vector:
/// forward and back, and nothing of losses.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "datasets/rows.hpp"

namespace troupe {

/// Where a layer's numbers lie. Weights are stored by input: w[i * outputs + o].
struct Layer {
  std::size_t inputs;
  std::size_t outputs;
  std::size_t weights;
  std::size_t biases;
};

/// Activations of some rows, one matrix a layer, and what flows back through them.
struct Workspace {
  std::vector<float> rows;  ///< dense inputs, side by side
  std::vector<std::vector<float>> outputs;
  std::vector<float> slope;
  std::vector<float> slope_before;
  std::vector<float> transposed;
  std::vector<std::uint32_t> touched;
};

class Layers {
 public:
  /// One layer for each entry of `units`.
  Layers(std::size_t inputs, const std::vector<std::size_t>& units);

  const std::vector<Layer>& list() const { return list_; }
  std::size_t parameters() const { return parameters_; }

  /// Outputs of the last layer, row by row; they live in `space`.
  std::span<const float> forward(std::span<const float> parameters, const Batch& batch,
                                 Workspace& space) const;
  /// After forward() of the same rows: from the slopes at its outputs, in
  /// space.slope, adds those at the parameters to `sum`. Of sparse rows only the
  /// features present are touched in the first layer.
  void backward(std::span<const float> parameters, const Batch& batch, Workspace& space,
                std::span<float> sum) const;
  /// One row in double, for finite differences: it shares nothing with forward().
  std::vector<double> exact_outputs(std::span<const float> parameters, const RowView& row) const;

 private:
  void first_layer(std::span<const float> parameters, const Batch& batch, Workspace& space) const;
  void add_first_layer(const Batch& batch, Workspace& space, std::span<float> sum) const;
  void step_back(std::span<const float> parameters, std::size_t layer, std::size_t rows,
                 Workspace& space) const;

  std::vector<Layer> list_;
  std::size_t parameters_ = 0;
};

}  // namespace troupe
