#include "models/regulariser.hpp"

#include <cmath>
#include <limits>

#include "base/check.hpp"
#include "base/kernels/kernels.hpp"

namespace troupe {
namespace {

Regularise resolve(const ModelRequest& request) {
  const std::string text = request.settings.text("model.regularise");
  const bool automatic = text == "auto";
  if (text == "lazy" || (automatic && request.descends)) return Regularise::lazy;
  if (text == "per_feature" || automatic)
    return request.facts.sparse ? Regularise::per_feature : Regularise::dense;
  TROUPE_CHECK(text, ==, "dense");
  return Regularise::dense;
}

// Rows and counts of the whole file, training and validation alike: the ratio is
// what the objective needs, and both parts share it.
std::vector<float> pulls_of(const DataFacts& facts, double l2) {
  TROUPE_CHECK(facts.rows_per_feature.size(), ==, facts.features);
  std::vector<float> pulls(facts.features, 0.0F);
  for (std::size_t u = 0; u < pulls.size(); ++u) {
    const double rows = facts.rows_per_feature[u];
    if (rows > 0) pulls[u] = static_cast<float>(l2 * static_cast<double>(facts.rows) / rows);
  }
  return pulls;
}

}  // namespace

double square_norm(std::span<const float> values) {
  double sum = 0;
  for (const float value : values) sum += static_cast<double>(value) * value;
  return sum;
}

std::string to_text(Regularise form) {
  switch (form) {
    case Regularise::per_feature:
      return "per_feature";
    case Regularise::lazy:
      return "lazy";
    case Regularise::dense:
      return "dense";
  }
  return {};
}

float pull_bound(float rate) {
  return rate > 0 ? 1.0F / rate : std::numeric_limits<float>::infinity();
}

Regulariser::Regulariser(const ModelRequest& request)
    : l2_(request.settings.number("model.l2")), form_(resolve(request)) {
  if (l2_ != 0 && form_ == Regularise::per_feature) pulls_ = pulls_of(request.facts, l2_);
}

void Regulariser::add_gradient(std::span<const float> parameters, std::size_t rows,
                               Accumulator& sum) const {
  if (sparse() || rows == 0) return;
  sum.make_dense();
  kernels().axpy(static_cast<float>(l2_ * static_cast<double>(rows)), parameters.data(),
                 sum.values().data(), parameters.size());
}

void Regulariser::shrink(Replica& replica, double share) const {
  if (sparse()) return;
  if (form_ == Regularise::dense)
    kernels().shrink(static_cast<float>(share), replica.values.data(), replica.values.size());
  else
    replica.settle();
}

double Regulariser::penalty(std::span<const float> parameters) const {
  return l2_ == 0 ? 0.0 : l2_ / 2 * square_norm(parameters);
}

double Regulariser::share(std::span<const float> parameters, const Batch& batch) const {
  if (l2_ == 0) return 0;
  if (pulls_.empty()) return static_cast<double>(batch.size()) * penalty(parameters);
  double sum = 0;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const RowView row = batch[i];
    for (std::uint32_t k = 0; k < row.size; ++k) {
      const double w = parameters[row.index[k]];
      sum += pulls_[row.index[k]] / 2.0 * w * w;
    }
  }
  return sum;
}

}  // namespace troupe
