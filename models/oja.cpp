/// Oja's iteration (Oja 1982) for the first principal component, and Sanger's (1989)
/// for more: y = W x, w_j <- w_j + rate y_j (x - sum over i <= j of y_i w_i). Rows are
/// taken as they are: components of data that are not centred contain their mean.
/// It is no gradient; what it calls loss is half the squared rest of a row.
#include <algorithm>
#include <cmath>
#include <limits>

#include "base/check.hpp"
#include "base/kernels/kernels.hpp"
#include "base/random.hpp"
#include "models/model.hpp"

namespace troupe {
namespace {

float score_of(const RowView& row, const float* w) {
  if (row.index == nullptr) return kernels().dot(row.value, w, row.size);
  return kernels().sparse_dot({row.index, row.value, row.size}, w);
}

class Oja final : public Model {
 public:
  Oja(std::size_t components, const ModelRequest& request)
      : components_(components), features_(request.facts.features) {}

  Layout layout() const override {
    return {{{.name = "components",
              .shape = {components_, features_},
              .row_length = std::max<std::size_t>(1, features_)}}};
  }
  Traits traits() const override {
    return {.loss_gradient = false,
            .classifies = false,
            .penalised = false,
            .labelled = false,
            .loss = "half squared rest outside the components"};
  }
  void initialise(std::span<float> parameters, std::uint64_t seed,
                  const Rows& start) const override;

  double gradient(std::span<const float> parameters, const Batch& batch, float rate,
                  Accumulator& sum) const override;
  Evaluation evaluate(std::span<const float> parameters, const Batch& batch) const override;
  double penalty(std::span<const float> /*parameters*/) const override { return 0; }
  double batch_objective(std::span<const float> parameters, const Batch& batch) const override {
    return evaluate(parameters, batch).loss_sum;
  }
  void predict(std::span<const float> parameters, const Batch& batch, bool probabilities,
               std::span<float> out) const override;
  std::size_t scores_per_row() const override { return components_; }
  void scores(std::span<const float> parameters, const Batch& batch, bool probabilities,
              std::span<float> out) const override;
  Bounds bounds(double /*row_norm_max*/) const override {
    constexpr double none = std::numeric_limits<double>::infinity();
    return {.gradient_norm = none, .lipschitz = none};
  }

 private:
  /// Takes the components off the row, one by one, and shows each with what is left.
  template <class Use>
  double rest_of(std::span<const float> parameters, const RowView& row, std::vector<float>& rest,
                 Use use) const;

  std::size_t components_;
  std::size_t features_;
};

// Zero is a fixed point, so it starts at an orthonormal set (Gram and Schmidt).
void Oja::initialise(std::span<float> parameters, std::uint64_t seed, const Rows& /*start*/) const {
  TROUPE_CHECK(parameters.size(), ==, components_ * features_);
  RandomStream random(seed, Purpose::initialise);
  for (std::size_t j = 0; j < components_; ++j) {
    const std::span<float> w = parameters.subspan(j * features_, features_);
    for (float& value : w) value = static_cast<float>(random.normal());
    for (std::size_t i = 0; i < j; ++i) {
      const float* before = parameters.data() + i * features_;
      kernels().axpy(-kernels().dot(before, w.data(), features_), before, w.data(), features_);
    }
    const float norm = std::sqrt(kernels().dot(w.data(), w.data(), features_));
    if (norm > 0) kernels().scale(1 / norm, w.data(), features_);
  }
}

template <class Use>
double Oja::rest_of(std::span<const float> parameters, const RowView& row, std::vector<float>& rest,
                    Use use) const {
  rest.assign(features_, 0.0F);
  for (std::uint32_t k = 0; k < row.size; ++k)
    rest[row.index == nullptr ? k : row.index[k]] = row.value[k];
  for (std::size_t j = 0; j < components_; ++j) {
    const float* w = parameters.data() + j * features_;
    const float y = score_of(row, w);
    kernels().axpy(-y, w, rest.data(), features_);
    use(j, y);
  }
  double square = 0;
  for (const float value : rest) square += static_cast<double>(value) * value;
  return square / 2;
}

double Oja::gradient(std::span<const float> parameters, const Batch& batch, float /*rate*/,
                     Accumulator& sum) const {
  TROUPE_CHECK(parameters.size(), ==, components_ * features_);
  if (batch.size() > 0) sum.make_dense();
  std::vector<float> rest;
  double loss = 0;
  for (std::size_t i = 0; i < batch.size(); ++i)
    loss += rest_of(parameters, batch[i], rest, [&](std::size_t j, float y) {
      kernels().axpy(-y, rest.data(), sum.values().data() + j * features_, features_);
    });
  return loss;
}

Evaluation Oja::evaluate(std::span<const float> parameters, const Batch& batch) const {
  TROUPE_CHECK(parameters.size(), ==, components_ * features_);
  Evaluation result{.rows = batch.size()};
  std::vector<float> rest;
  for (std::size_t i = 0; i < batch.size(); ++i)
    result.loss_sum += rest_of(parameters, batch[i], rest, [](std::size_t, float) {});
  return result;
}

void Oja::predict(std::span<const float> parameters, const Batch& batch, bool /*probabilities*/,
                  std::span<float> out) const {
  TROUPE_CHECK(out.size(), ==, batch.size());
  for (std::size_t i = 0; i < batch.size(); ++i) out[i] = score_of(batch[i], parameters.data());
}

void Oja::scores(std::span<const float> parameters, const Batch& batch, bool /*probabilities*/,
                 std::span<float> out) const {
  TROUPE_CHECK(out.size(), ==, batch.size() * components_);
  for (std::size_t i = 0; i < batch.size(); ++i)
    for (std::size_t j = 0; j < components_; ++j)
      out[i * components_ + j] = score_of(batch[i], parameters.data() + j * features_);
}

}  // namespace

ModelKind oja_kind() {
  return {.kind = {.name = "oja",
                   .sentence = "Oja's iteration: principal components of the rows; no labels.",
                   .keys = {{.path = "components",
                             .type = KeyType::integer,
                             .minimum = 1,
                             .maximum = 1e4,
                             .standard = std::int64_t{1},
                             .sentence = "how many principal components are sought"}}},
          .make = [](const ModelRequest& request) {
            return std::make_unique<Oja>(
                static_cast<std::size_t>(request.settings.integer("model.oja.components")),
                request);
          }};
}

}  // namespace troupe
