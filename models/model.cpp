#include "models/model.hpp"

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <vector>

#include "base/check.hpp"
#include "base/kernels/kernels.hpp"

namespace troupe {
namespace {

void step(std::span<float> parameters, const Accumulator& gradient, float factor) {
  const std::span<const float> values = gradient.values();
  if (gradient.dense()) {
    kernels().axpy(-factor, values.data(), parameters.data(), parameters.size());
    return;
  }
  for (const std::uint32_t index : gradient.touched()) parameters[index] -= factor * values[index];
}

// One a thread: a sum as long as the model is not made anew at each call.
Accumulator& scratch(std::size_t size) {
  thread_local Accumulator sum;
  if (sum.size() != size) sum = Accumulator(size);
  sum.clear();
  return sum;
}

}  // namespace

void Replica::settle() {
  if (scale == 1.0) return;
  kernels().scale(static_cast<float>(scale), values.data(), values.size());
  scale = 1.0;
}

Evaluation& Evaluation::operator+=(const Evaluation& other) {
  loss_sum += other.loss_sum;
  correct += other.correct;
  rows += other.rows;
  return *this;
}

double accuracy_of(const Model& model, const Evaluation& sum) {
  if (!model.traits().classifies) return std::numeric_limits<double>::quiet_NaN();
  return static_cast<double>(sum.correct) /
         static_cast<double>(std::max<std::uint64_t>(1, sum.rows));
}

void Model::initialise(std::span<float> parameters, std::uint64_t /*seed*/,
                       const Rows& /*start*/) const {
  std::ranges::fill(parameters, 0.0F);
}

double Model::descend(Replica& replica, const Batch& rows, std::size_t batch_size,
                      std::span<const float> rates) const {
  TROUPE_CHECK(batch_size, >, 0U);
  TROUPE_CHECK(rates.size(), ==, (rows.size() + batch_size - 1) / batch_size);
  replica.settle();
  Accumulator& sum = scratch(replica.values.size());
  double loss = 0;
  for (std::size_t i = 0; i < rates.size(); ++i) {
    const std::size_t first = i * batch_size;
    const std::size_t count = std::min(batch_size, rows.size() - first);
    const Batch batch{rows.rows, rows.picks.subspan(first, count)};
    loss += gradient(replica.values, batch, rates[i], sum);
    step(replica.values, sum, rates[i] / static_cast<float>(count));
    project(replica.values, sum);
    sum.clear();
  }
  return loss;
}

// Nobody else changes the copy on which the gradient is made.
double Model::descend_shared(const SharedValues& shared, const Batch& rows, std::size_t batch_size,
                             std::span<const float> rates) const {
  if (shared.access == Access::alone) {
    Replica replica{.values = shared.values};
    const double loss = descend(replica, rows, batch_size, rates);
    replica.settle();
    return loss;
  }
  TROUPE_CHECK(rates.size(), ==, (rows.size() + batch_size - 1) / batch_size);
  thread_local std::vector<float> copy;
  copy.resize(shared.values.size());
  Accumulator& sum = scratch(copy.size());
  double loss = 0;
  for (std::size_t i = 0; i < rates.size(); ++i) {
    const std::size_t first = i * batch_size;
    const std::size_t count = std::min(batch_size, rows.size() - first);
    read_shared(shared, copy);
    loss += gradient(copy, {rows.rows, rows.picks.subspan(first, count)}, rates[i], sum);
    const float factor = -rates[i] / static_cast<float>(count);
    if (sum.dense())
      add_shared(shared, factor, sum.values());
    else
      add_shared(shared, factor, sum.values(), sum.touched());
    sum.clear();
  }
  return loss;
}

void Model::scores(std::span<const float> parameters, const Batch& batch, bool probabilities,
                   std::span<float> out) const {
  predict(parameters, batch, probabilities, out);
}

void Model::reads(const Batch& /*batch*/, Accumulator& seen) const { seen.make_dense(); }

double Model::gradient_of_entries(const Batch& /*batch*/, float /*rate*/,
                                  std::span<float> /*entries*/) const {
  throw std::logic_error("this model's gradient is not made entry by entry");
}

void Model::list_entries(const Batch& /*batch*/, Features& /*features*/) const {
  throw std::logic_error("this model's entries are not listed row by row");
}

void Model::project(std::span<float> /*parameters*/, const Accumulator& /*touched*/) const {}

}  // namespace troupe
