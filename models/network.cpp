#include "models/network.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/check.hpp"
#include "base/kernels/kernels.hpp"
#include "base/random.hpp"
#include "base/user_error.hpp"
#include "models/layers.hpp"
#include "models/regulariser.hpp"

namespace troupe {
namespace {

constexpr std::size_t rows_at_once = 128;  // their activations stay in the cache

Workspace& workspace(std::size_t layers) {
  thread_local Workspace space;
  if (space.outputs.size() < layers) space.outputs.resize(layers);
  return space;
}

std::size_t largest(std::span<const float> logits) {
  return static_cast<std::size_t>(std::ranges::max_element(logits) - logits.begin());
}

/// ln of the sum of exp, of numbers <= 0 only.
template <class Number>
double log_sum(std::span<const Number> logits) {
  const double top = *std::ranges::max_element(logits);
  double sum = 0;
  for (const Number logit : logits) sum += std::exp(static_cast<double>(logit) - top);
  return top + std::log(sum);
}

std::vector<std::size_t> units_of(const NetworkShape& shape) {
  std::vector<std::size_t> units = shape.hidden;
  units.push_back(shape.classes.size());
  return units;
}

class Network final : public Model {
 public:
  Network(NetworkShape shape, const ModelRequest& request)
      : shape_(std::move(shape)),
        l2_(request.settings.number("model.l2")),
        regulariser_(regulariser_of(request)),
        sparse_(request.facts.sparse && regulariser_.sparse()),
        layers_(request.facts.features, units_of(shape_)) {}

  Layout layout() const override;
  Traits traits() const override {
    return {.sparse = sparse_, .probabilities = true, .loss = "cross-entropy"};
  }
  std::string regularise() const override { return to_text(regulariser_.form()); }
  std::map<std::string, Value> resolved() const override {
    return shape_.classes.resolved(shape_.kind);
  }
  void check(const DataFacts& facts) const override { shape_.classes.check(facts); }
  void initialise(std::span<float> parameters, std::uint64_t seed,
                  const Rows& start) const override;

  double gradient(std::span<const float> parameters, const Batch& batch, float rate,
                  Accumulator& sum) const override;
  void reads(const Batch& batch, Accumulator& seen) const override;
  Evaluation evaluate(std::span<const float> parameters, const Batch& batch) const override;
  double penalty(std::span<const float> parameters) const override;
  double batch_objective(std::span<const float> parameters, const Batch& batch) const override;
  void predict(std::span<const float> parameters, const Batch& batch, bool probabilities,
               std::span<float> out) const override;

  /// Softmax regression's are known: a row is one longer by its bias, the slope at
  /// the logits is no longer than the root of 2, their Hessian at most 1/2.
  Bounds bounds(double row_norm_max) const override {
    constexpr double none = std::numeric_limits<double>::infinity();
    if (layers_.list().size() > 1) return {.gradient_norm = none, .lipschitz = none};
    const double square = row_norm_max * row_norm_max + 1;
    return {.gradient_norm = std::sqrt(2 * square), .lipschitz = square / 2};
  }

  std::size_t scores_per_row() const override { return classes(); }
  void scores(std::span<const float> parameters, const Batch& batch, bool probabilities,
              std::span<float> out) const override;
  std::vector<float> class_labels(const DataFacts& /*facts*/) const override {
    return shape_.classes.labels();
  }

 private:
  std::size_t classes() const { return shape_.classes.size(); }
  static Regulariser regulariser_of(const ModelRequest& request);
  std::span<const float> weights(std::span<const float> parameters, const Layer& layer) const {
    return parameters.subspan(layer.weights, layer.inputs * layer.outputs);
  }
  template <class Use>
  void for_each_part(const Batch& batch, Use use) const;
  void touch(const Batch& batch, Accumulator& sum, Workspace& space) const;
  void add_penalty(std::span<const float> parameters, const Batch& batch, float rate,
                   Accumulator& sum) const;

  NetworkShape shape_;
  double l2_;
  Regulariser regulariser_;
  bool sparse_;
  Layers layers_;
};

// There is no scale here for a lazy decay: gradients, and with them the per-feature
// form on sparse rows, serve in place too.
Regulariser Network::regulariser_of(const ModelRequest& request) {
  Settings settings = request.settings;
  const bool dense = !request.facts.sparse || settings.text("model.regularise") == "dense";
  settings.set("model.regularise", std::string(dense ? "dense" : "per_feature"));
  return Regulariser({settings, request.facts, request.rows, false});
}

Layout Network::layout() const {
  Layout result;
  for (std::size_t l = 0; l < layers_.list().size(); ++l) {
    const Layer& layer = layers_.list()[l];
    const std::string name = "layer" + std::to_string(l + 1);
    result.segments.push_back({.name = name + ".weights",
                               .shape = {layer.inputs, layer.outputs},
                               .kind = SegmentKind::weight,
                               .row_length = layer.outputs});
    result.segments.push_back(
        {.name = name + ".biases", .shape = {layer.outputs}, .kind = SegmentKind::bias});
  }
  return result;
}

// He et al. 2015: variance 2 / inputs before a ReLU. Softmax regression is convex
// and starts at zero.
void Network::initialise(std::span<float> parameters, std::uint64_t seed,
                         const Rows& /*start*/) const {
  std::ranges::fill(parameters, 0.0F);
  if (layers_.list().size() == 1) return;
  for (std::size_t l = 0; l < layers_.list().size(); ++l) {
    const Layer& layer = layers_.list()[l];
    const bool last = l + 1 == layers_.list().size();
    const double deviation =
        std::sqrt((last ? 1.0 : 2.0) / static_cast<double>(std::max<std::size_t>(1, layer.inputs)));
    RandomStream random(seed, Purpose::initialise, 0, l);
    for (float& value : parameters.subspan(layer.weights, layer.inputs * layer.outputs))
      value = static_cast<float>(deviation * random.normal());
  }
}

template <class Use>
void Network::for_each_part(const Batch& batch, Use use) const {
  for (std::size_t first = 0; first < batch.size(); first += rows_at_once) {
    const std::size_t count = std::min(rows_at_once, batch.size() - first);
    use(Batch{batch.rows, batch.picks.subspan(first, count)}, first);
  }
}

// The features' rows of the first layer, and everything behind.
void Network::touch(const Batch& batch, Accumulator& sum, Workspace& space) const {
  const Layer& first = layers_.list().front();
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const RowView row = batch[i];
    space.touched.resize(row.size * first.outputs);
    std::size_t at = 0;
    for (std::uint32_t k = 0; k < row.size; ++k)
      for (std::size_t o = 0; o < first.outputs; ++o)
        space.touched[at++] = static_cast<std::uint32_t>(row.index[k] * first.outputs + o);
    sum.touch(space.touched);
  }
  if (batch.size() == 0) return;
  space.touched.resize(layers_.parameters() - first.biases);
  std::iota(space.touched.begin(), space.touched.end(), static_cast<std::uint32_t>(first.biases));
  sum.touch(space.touched);
}

// The rows' own pulls on their features; all other weights are in every row.
void Network::add_penalty(std::span<const float> parameters, const Batch& batch, float rate,
                          Accumulator& sum) const {
  if (l2_ == 0) return;
  const std::span<const float> pulls = regulariser_.pulls();
  const auto all = static_cast<float>(l2_ * static_cast<double>(batch.size()));
  const float bound = pull_bound(rate);
  for (const Layer& layer : layers_.list()) {
    const std::size_t first = layer.weights;
    if (&layer != &layers_.list().front() || pulls.empty()) {
      kernels().axpy(all, parameters.data() + first, sum.values().data() + first,
                     layer.inputs * layer.outputs);
      continue;
    }
    for (std::size_t i = 0; i < batch.size(); ++i) {
      const RowView row = batch[i];
      for (std::uint32_t k = 0; k < row.size; ++k) {
        const std::size_t at = first + row.index[k] * layer.outputs;
        kernels().axpy(std::min(pulls[row.index[k]], bound), parameters.data() + at,
                       sum.values().data() + at, layer.outputs);
      }
    }
  }
}

double Network::gradient(std::span<const float> parameters, const Batch& batch, float rate,
                         Accumulator& sum) const {
  TROUPE_CHECK(parameters.size(), ==, layers_.parameters());
  Workspace& space = workspace(layers_.list().size());
  if (!sparse_ && batch.size() > 0) sum.make_dense();
  double loss = 0;
  for_each_part(batch, [&](const Batch& part, std::size_t) {
    if (sparse_) touch(part, sum, space);
    const std::span<const float> logits = layers_.forward(parameters, part, space);
    space.slope.resize(logits.size());
    for (std::size_t i = 0; i < part.size(); ++i) {
      const auto mine = logits.subspan(i * classes(), classes());
      const double log = log_sum(mine);
      const std::uint32_t label = shape_.classes.number_of(part[i].label);
      loss += log - mine[label];
      for (std::size_t c = 0; c < classes(); ++c)
        space.slope[i * classes() + c] =
            static_cast<float>(std::exp(mine[c] - log) - (c == label ? 1.0 : 0.0));
    }
    layers_.backward(parameters, part, space, sum.values());
  });
  add_penalty(parameters, batch, rate, sum);
  return loss;
}

void Network::reads(const Batch& batch, Accumulator& seen) const {
  if (sparse_)
    touch(batch, seen, workspace(layers_.list().size()));
  else if (batch.size() > 0)
    seen.make_dense();
}

Evaluation Network::evaluate(std::span<const float> parameters, const Batch& batch) const {
  TROUPE_CHECK(parameters.size(), ==, layers_.parameters());
  Evaluation result{.rows = batch.size()};
  for_each_part(batch, [&](const Batch& part, std::size_t) {
    const auto logits = layers_.forward(parameters, part, workspace(layers_.list().size()));
    for (std::size_t i = 0; i < part.size(); ++i) {
      const auto mine = logits.subspan(i * classes(), classes());
      const std::uint32_t label = shape_.classes.number_of(part[i].label);
      result.loss_sum += log_sum(mine) - mine[label];
      if (largest(mine) == label) ++result.correct;
    }
  });
  return result;
}

void Network::predict(std::span<const float> parameters, const Batch& batch, bool probabilities,
                      std::span<float> out) const {
  TROUPE_CHECK(out.size(), ==, batch.size());
  for_each_part(batch, [&](const Batch& part, std::size_t first) {
    const auto logits = layers_.forward(parameters, part, workspace(layers_.list().size()));
    for (std::size_t i = 0; i < part.size(); ++i) {
      const auto mine = logits.subspan(i * classes(), classes());
      const std::size_t top = largest(mine);
      out[first + i] = probabilities ? static_cast<float>(std::exp(mine[top] - log_sum(mine)))
                                     : static_cast<float>(top);
    }
  });
}

void Network::scores(std::span<const float> parameters, const Batch& batch, bool probabilities,
                     std::span<float> out) const {
  TROUPE_CHECK(out.size(), ==, batch.size() * classes());
  for_each_part(batch, [&](const Batch& part, std::size_t first) {
    const auto logits = layers_.forward(parameters, part, workspace(layers_.list().size()));
    std::ranges::copy(logits, out.begin() + static_cast<std::ptrdiff_t>(first * classes()));
  });
  if (!probabilities) return;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const auto mine = out.subspan(i * classes(), classes());
    const double total = log_sum(std::span<const float>(mine));
    for (float& score : mine) score = static_cast<float>(std::exp(score - total));
  }
}

double Network::penalty(std::span<const float> parameters) const {
  double sum = 0;
  for (const Layer& layer : layers_.list()) sum += square_norm(weights(parameters, layer));
  return l2_ / 2 * sum;
}

double Network::batch_objective(std::span<const float> parameters, const Batch& batch) const {
  const Layer& first = layers_.list().front();
  const std::span<const float> pulls = regulariser_.pulls();
  const double all = penalty(parameters);
  const double behind = all - l2_ / 2 * square_norm(weights(parameters, first));
  double sum = 0;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const RowView row = batch[i];
    const std::vector<double> logits = layers_.exact_outputs(parameters, row);
    sum += log_sum(std::span<const double>(logits)) - logits[shape_.classes.number_of(row.label)];
    sum += pulls.empty() ? all : behind;
    if (pulls.empty()) continue;
    for (std::uint32_t k = 0; k < row.size; ++k)
      sum += pulls[row.index[k]] / 2.0 *
             square_norm(parameters.subspan(row.index[k] * first.outputs, first.outputs));
  }
  return sum;
}

}  // namespace

std::unique_ptr<Model> make_network(NetworkShape shape, const ModelRequest& request) {
  constexpr double parameters_max = 0x7fffffff;  // entries are listed by 32 bits
  double parameters = 0;
  double inputs = request.facts.features;
  for (const std::size_t units : units_of(shape)) {
    parameters += (inputs + 1) * static_cast<double>(units);
    inputs = static_cast<double>(units);
  }
  if (parameters > parameters_max)
    throw UserError(ExitCode::data, request.facts.path + ": " +
                                        std::to_string(request.facts.features) +
                                        " features make more than 2147483647 parameters, the most "
                                        "that a model can have");
  return std::make_unique<Network>(std::move(shape), request);
}

}  // namespace troupe
