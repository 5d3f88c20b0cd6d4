#include "models/layers.hpp"

#include <algorithm>

#include "base/kernels/kernels.hpp"

namespace troupe {

Layers::Layers(std::size_t inputs, const std::vector<std::size_t>& units) {
  for (const std::size_t outputs : units) {
    list_.push_back({inputs, outputs, parameters_, parameters_ + inputs * outputs});
    parameters_ += (inputs + 1) * outputs;
    inputs = outputs;
  }
}

void Layers::first_layer(std::span<const float> parameters, const Batch& batch,
                         Workspace& space) const {
  const Layer& layer = list_.front();
  const Kernels& loops = kernels();
  float* out = space.outputs.front().data();
  const float* w = parameters.data() + layer.weights;
  if (batch.rows.is_sparse()) {
    for (std::size_t i = 0; i < batch.size(); ++i) {
      const RowView row = batch[i];
      for (std::uint32_t k = 0; k < row.size; ++k)
        loops.axpy(row.value[k], w + row.index[k] * layer.outputs, out + i * layer.outputs,
                   layer.outputs);
    }
    return;
  }
  space.rows.resize(batch.size() * layer.inputs);
  for (std::size_t i = 0; i < batch.size(); ++i)
    std::copy_n(batch[i].value, layer.inputs, space.rows.data() + i * layer.inputs);
  loops.multiply({.a = space.rows.data(),
                  .a_row = layer.inputs,
                  .a_column = 1,
                  .b = w,
                  .b_row = layer.outputs,
                  .c = out,
                  .c_row = layer.outputs,
                  .rows = batch.size(),
                  .inner = layer.inputs,
                  .columns = layer.outputs});
}

std::span<const float> Layers::forward(std::span<const float> parameters, const Batch& batch,
                                       Workspace& space) const {
  const std::size_t rows = batch.size();
  for (std::size_t l = 0; l < list_.size(); ++l) {
    const Layer& layer = list_[l];
    std::vector<float>& out = space.outputs[l];
    out.resize(rows * layer.outputs);
    const float* biases = parameters.data() + layer.biases;
    for (std::size_t i = 0; i < rows; ++i)
      std::copy_n(biases, layer.outputs, out.data() + i * layer.outputs);
    if (l == 0)
      first_layer(parameters, batch, space);
    else
      kernels().multiply({.a = space.outputs[l - 1].data(),
                          .a_row = layer.inputs,
                          .a_column = 1,
                          .b = parameters.data() + layer.weights,
                          .b_row = layer.outputs,
                          .c = out.data(),
                          .c_row = layer.outputs,
                          .rows = rows,
                          .inner = layer.inputs,
                          .columns = layer.outputs});
    if (l + 1 == list_.size()) break;
    // Written so that a number that is none stays none.
    for (float& value : out)
      if (value < 0) value = 0;
  }
  return {space.outputs[list_.size() - 1].data(), rows * list_.back().outputs};
}

// From the slopes at a layer's outputs to those at the outputs before it: through
// the weights, and through the ReLU, which is open where its output is not 0.
void Layers::step_back(std::span<const float> parameters, std::size_t l, std::size_t rows,
                       Workspace& space) const {
  const Layer& layer = list_[l];
  const float* w = parameters.data() + layer.weights;
  space.transposed.resize(layer.inputs * layer.outputs);
  for (std::size_t i = 0; i < layer.inputs; ++i)
    for (std::size_t o = 0; o < layer.outputs; ++o)
      space.transposed[o * layer.inputs + i] = w[i * layer.outputs + o];
  space.slope_before.assign(rows * layer.inputs, 0.0F);
  kernels().multiply({.a = space.slope.data(),
                      .a_row = layer.outputs,
                      .a_column = 1,
                      .b = space.transposed.data(),
                      .b_row = layer.inputs,
                      .c = space.slope_before.data(),
                      .c_row = layer.inputs,
                      .rows = rows,
                      .inner = layer.outputs,
                      .columns = layer.inputs});
  const std::vector<float>& open = space.outputs[l - 1];
  for (std::size_t i = 0; i < open.size(); ++i)
    if (open[i] == 0) space.slope_before[i] = 0;
  std::swap(space.slope, space.slope_before);
}

void Layers::add_first_layer(const Batch& batch, Workspace& space, std::span<float> sum) const {
  const Layer& layer = list_.front();
  float* g = sum.data() + layer.weights;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const RowView row = batch[i];
    for (std::uint32_t k = 0; k < row.size; ++k)
      kernels().axpy(row.value[k], space.slope.data() + i * layer.outputs,
                     g + row.index[k] * layer.outputs, layer.outputs);
  }
}

void Layers::backward(std::span<const float> parameters, const Batch& batch, Workspace& space,
                      std::span<float> sum) const {
  const std::size_t rows = batch.size();
  for (std::size_t l = list_.size(); l-- > 0;) {
    const Layer& layer = list_[l];
    float* biases = sum.data() + layer.biases;
    for (std::size_t i = 0; i < rows; ++i)
      for (std::size_t o = 0; o < layer.outputs; ++o)
        biases[o] += space.slope[i * layer.outputs + o];
    if (l == 0 && batch.rows.is_sparse()) return add_first_layer(batch, space, sum);
    kernels().multiply({.a = l == 0 ? space.rows.data() : space.outputs[l - 1].data(),
                        .a_row = 1,
                        .a_column = layer.inputs,
                        .b = space.slope.data(),
                        .b_row = layer.outputs,
                        .c = sum.data() + layer.weights,
                        .c_row = layer.outputs,
                        .rows = layer.inputs,
                        .inner = rows,
                        .columns = layer.outputs});
    if (l > 0) step_back(parameters, l, rows, space);
  }
}

std::vector<double> Layers::exact_outputs(std::span<const float> parameters,
                                          const RowView& row) const {
  std::vector<double> in(list_.front().inputs, 0.0);
  for (std::uint32_t k = 0; k < row.size; ++k)
    in[row.index == nullptr ? k : row.index[k]] = row.value[k];
  for (const Layer& layer : list_) {
    std::vector<double> out(layer.outputs);
    for (std::size_t o = 0; o < layer.outputs; ++o) {
      out[o] = parameters[layer.biases + o];
      for (std::size_t i = 0; i < layer.inputs; ++i)
        if (in[i] != 0) out[o] += in[i] * parameters[layer.weights + i * layer.outputs + o];
      if (&layer != &list_.back()) out[o] = std::max(0.0, out[o]);
    }
    in = std::move(out);
  }
  return in;
}

}  // namespace troupe
