#include "models/linear.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "base/kernels/kernels.hpp"
#include "base/user_error.hpp"
#include "models/classes.hpp"
#include "models/lookahead.hpp"
#include "models/pending.hpp"
#include "models/regulariser.hpp"
#include "models/shared_descent.hpp"

namespace troupe {
namespace {

float score_of(const Kernels& kernels, const RowView& row, const float* w) {
  if (row.index == nullptr) return kernels.dot(row.value, w, row.size);
  return kernels.sparse_dot({row.index, row.value, row.size}, w);
}

void add_row(const Kernels& kernels, float factor, const RowView& row, float* w) {
  if (row.index == nullptr)
    kernels.axpy(factor, row.value, w, row.size);
  else
    kernels.sparse_axpy(factor, {row.index, row.value, row.size}, w);
}

// The sum's order is a plain one: this serves finite differences, not training.
double exact_score(const RowView& row, std::span<const float> w) {
  double sum = 0;
  for (std::uint32_t k = 0; k < row.size; ++k)
    sum += static_cast<double>(row.value[k]) * w[row.index == nullptr ? k : row.index[k]];
  return sum;
}

class LinearModel final : public Model {
 public:
  LinearModel(const LinearLoss& loss, const ModelRequest& request)
      : loss_(loss),
        regulariser_(request),
        features_(request.facts.features),
        sparse_(request.facts.sparse) {}

  Layout layout() const override {
    return {{{.name = "weights", .shape = {features_}, .kind = SegmentKind::weight}}};
  }

  Traits traits() const override {
    return {.sparse = sparse_ && regulariser_.sparse(),
            .entrywise = sparse_ && regulariser_.sparse(),
            .linear = true,
            .probabilities = loss_.probability != nullptr,
            .classifies = loss_.classifies,
            .loss = loss_.meaning};
  }

  void check(const DataFacts& facts) const override {
    if (loss_.classifies) check_two_classes(facts);
  }

  std::vector<float> class_labels(const DataFacts& facts) const override {
    return loss_.classifies ? two_classes_of(facts) : std::vector<float>();
  }

  std::string regularise() const override { return to_text(regulariser_.form()); }

  double gradient(std::span<const float> parameters, const Batch& batch, float rate,
                  Accumulator& sum) const override;
  double descend(Replica& replica, const Batch& rows, std::size_t batch_size,
                 std::span<const float> rates) const override;
  double descend_shared(const SharedValues& shared, const Batch& rows, std::size_t batch_size,
                        std::span<const float> rates) const override;
  void reads(const Batch& batch, Accumulator& seen) const override;
  double gradient_of_entries(const Batch& batch, float rate,
                             std::span<float> entries) const override;
  void list_entries(const Batch& batch, Features& features) const override;
  Evaluation evaluate(std::span<const float> parameters, const Batch& batch) const override;

  double penalty(std::span<const float> parameters) const override {
    return regulariser_.penalty(parameters);
  }

  double batch_objective(std::span<const float> parameters, const Batch& batch) const override {
    double sum = regulariser_.share(parameters, batch);
    for (std::size_t i = 0; i < batch.size(); ++i)
      sum += loss_.at(exact_score(batch[i], parameters), batch[i].label).loss;
    return sum;
  }

  void predict(std::span<const float> parameters, const Batch& batch, bool probabilities,
               std::span<float> out) const override;

  Bounds bounds(double row_norm_max) const override {
    return {.gradient_norm = loss_.slope_max * row_norm_max,
            .lipschitz = loss_.curvature * row_norm_max * row_norm_max};
  }

 private:
  void add_sparse_row(const RowView& row, float slope, std::span<const float> parameters,
                      float bound, Accumulator& sum) const;
  double descend_pulling(Replica& replica, const Batch& rows, std::span<const float> rates) const;
  double descend_batches(Replica& replica, const Batch& rows, std::size_t batch_size,
                         std::span<const float> rates) const;
  double descend_hinge(Replica& replica, const Batch& rows, std::span<const float> rates) const;

  LinearLoss loss_;
  Regulariser regulariser_;
  std::uint32_t features_;
  bool sparse_;
};

void LinearModel::add_sparse_row(const RowView& row, float slope, std::span<const float> parameters,
                                 float bound, Accumulator& sum) const {
  const float* pulls = regulariser_.pulls().data();
  if (pulls == nullptr && slope == 0) return;
  sum.touch({row.index, row.size});
  float* g = sum.values().data();
  if (pulls == nullptr) return kernels().sparse_axpy(slope, {row.index, row.value, row.size}, g);
  for (std::uint32_t k = 0; k < row.size; ++k) {
    const std::uint32_t u = row.index[k];
    g[u] += slope * row.value[k] + std::min(pulls[u], bound) * parameters[u];
  }
}

double LinearModel::gradient(std::span<const float> parameters, const Batch& batch, float rate,
                             Accumulator& sum) const {
  TROUPE_CHECK(parameters.size(), ==, features_);
  const Kernels& loops = kernels();
  const float bound = pull_bound(rate);
  if (!sparse_ && batch.size() > 0) sum.make_dense();
  double loss = 0;
  Lookahead ahead(batch, parameters);
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const RowView row = ahead.next();
    const RowLoss at = loss_.at(score_of(loops, row, parameters.data()), row.label);
    const auto slope = static_cast<float>(at.slope);
    loss += at.loss;
    if (sparse_)
      add_sparse_row(row, slope, parameters, bound, sum);
    else if (slope != 0)
      add_row(loops, slope, row, sum.values().data());
  }
  regulariser_.add_gradient(parameters, batch.size(), sum);
  return loss;
}

double LinearModel::descend(Replica& replica, const Batch& rows, std::size_t batch_size,
                            std::span<const float> rates) const {
  TROUPE_CHECK(replica.values.size(), ==, features_);
  TROUPE_CHECK(batch_size, >, 0U);
  TROUPE_CHECK(rates.size(), ==, (rows.size() + batch_size - 1) / batch_size);
  if (!regulariser_.pulls().empty())
    return batch_size == 1 ? descend_pulling(replica, rows, rates)
                           : Model::descend(replica, rows, batch_size, rates);
  if (loss_.hinge && batch_size == 1 && sparse_ && regulariser_.form() == Regularise::lazy &&
      Lookahead::near(replica.values))
    return descend_hinge(replica, rows, rates);
  return descend_batches(replica, rows, batch_size, rates);
}

double LinearModel::descend_batches(Replica& replica, const Batch& rows, std::size_t batch_size,
                                    std::span<const float> rates) const {
  const Kernels& loops = kernels();
  float* w = replica.values.data();
  double loss = 0;
  Lookahead ahead(rows, replica.values);
  const std::span<Pending> pending = pending_rows(std::min(batch_size, rows.size()));
  for (std::size_t step = 0; step < rates.size(); ++step) {
    const std::size_t count = std::min(batch_size, rows.size() - step * batch_size);
    std::size_t moving = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const RowView row = ahead.next();
      const RowLoss at = loss_.at(replica.scale * score_of(loops, row, w), row.label);
      loss += at.loss;
      if (at.slope != 0) pending[moving++] = {row, at.slope};
    }
    regulariser_.decay(replica, rates[step]);
    if (moving == 0) continue;
    const double factor = -rates[step] / (static_cast<double>(count) * replica.scale);
    for (std::size_t i = 0; i < moving; ++i)
      add_row(loops, static_cast<float>(factor * pending[i].slope), pending[i].row, w);
  }
  return loss;
}

// Rows one by one in a loop of their own, until the scale has to be settled.
double LinearModel::descend_hinge(Replica& replica, const Batch& rows,
                                  std::span<const float> rates) const {
  constexpr std::size_t block = 128;
  std::array<LabelledRow, block + hinge_ahead> seen;
  ScaledModel model{.values = replica.values.data(), .scale = replica.scale, .loss = 0};
  for (std::size_t done = 0; done < rates.size();) {
    const std::size_t known = std::min(seen.size(), rates.size() - done);
    for (std::size_t i = 0; i < known; ++i) {
      const RowView row = rows[done + i];
      seen[i] = {row.index, row.value, row.size, row.label};
    }
    const std::size_t count = std::min(block, known);
    const std::size_t taken = kernels().descend_hinge({.rows = seen.data(),
                                                       .rates = rates.data() + done,
                                                       .count = count,
                                                       .known = known,
                                                       .l2 = regulariser_.l2(),
                                                       .scale_min = Regulariser::scale_min,
                                                       .scale_max = Regulariser::scale_max},
                                                      model);
    done += taken;
    replica.scale = model.scale;
    if (taken == count) continue;
    model.loss += descend_batches(replica, {rows.rows, rows.picks.subspan(done, 1)}, 1,
                                  rates.subspan(done, 1));
    model.scale = replica.scale;
    ++done;
  }
  return model.loss;
}

// Rows one by one, each pulling its own features towards zero.
double LinearModel::descend_pulling(Replica& replica, const Batch& rows,
                                    std::span<const float> rates) const {
  const Kernels& loops = kernels();
  const float* pulls = regulariser_.pulls().data();
  float* w = replica.values.data();
  double loss = 0;
  Lookahead ahead(rows, replica.values);
  for (const float rate : rates) {
    const RowView row = ahead.next();
    const RowLoss at = loss_.at(replica.scale * score_of(loops, row, w), row.label);
    loss += at.loss;
    const auto factor = static_cast<float>(-rate * at.slope / replica.scale);
    for (std::uint32_t k = 0; k < row.size; ++k) {
      const std::uint32_t u = row.index[k];
      w[u] += factor * row.value[k] - std::min(1.0F, rate * pulls[u]) * w[u];
    }
  }
  return loss;
}

double LinearModel::descend_shared(const SharedValues& shared, const Batch& rows,
                                   std::size_t batch_size, std::span<const float> rates) const {
  TROUPE_CHECK(shared.values.size(), ==, features_);
  if (!sparse_ || !regulariser_.sparse())
    return Model::descend_shared(shared, rows, batch_size, rates);
  return SharedDescent{.loss = loss_, .pulls = regulariser_.pulls()}.run(shared, rows, batch_size,
                                                                         rates);
}

void LinearModel::reads(const Batch& batch, Accumulator& seen) const {
  if (!traits().sparse) {
    if (batch.size() > 0) seen.make_dense();
    return;
  }
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const RowView row = batch[i];
    seen.touch({row.index, row.size});
  }
}

double LinearModel::gradient_of_entries(const Batch& batch, float rate,
                                        std::span<float> entries) const {
  TROUPE_CHECK(sparse_ && regulariser_.sparse(), ==, true);
  const Kernels& loops = kernels();
  const Pulls pulls{regulariser_.pulls().data(), pull_bound(rate)};
  float* w = entries.data();
  double loss = 0;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const RowView row = batch[i];
    const RowLoss at = loss_.at(loops.dot(row.value, w, row.size), row.label);
    const auto slope = static_cast<float>(at.slope);
    loss += at.loss;
    if (pulls.values != nullptr)
      loops.pull_entries(slope, {row.index, row.value, row.size}, pulls, w);
    else
      for (std::uint32_t k = 0; k < row.size; ++k) w[k] = slope * row.value[k];
    w += row.size;
  }
  TROUPE_CHECK(w, ==, entries.data() + entries.size());
  return loss;
}

// Looks ahead even where it only notes where rows are: it is asked for rows that will
// be worked on next.
void LinearModel::list_entries(const Batch& batch, Features& features) const {
  std::size_t count = features.size();
  if (!features.in_place())
    for (std::size_t i = 0; i < batch.size(); ++i) count += batch[i].size;
  features.reserve(batch.size(), count);
  Lookahead ahead(batch, {});
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const RowView row = ahead.next();
    features.append({row.index, row.size});
  }
}

// A score of exactly 0 counts as -1, like every label that is not > 0.
Evaluation LinearModel::evaluate(std::span<const float> parameters, const Batch& batch) const {
  TROUPE_CHECK(parameters.size(), ==, features_);
  const Kernels& loops = kernels();
  Evaluation result{.rows = batch.size()};
  Lookahead ahead(batch, parameters);
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const RowView row = ahead.next();
    const float score = score_of(loops, row, parameters.data());
    result.loss_sum += loss_.at(score, row.label).loss;
    if (loss_.classifies && (score > 0) == (row.label > 0)) ++result.correct;
  }
  return result;
}

void LinearModel::predict(std::span<const float> parameters, const Batch& batch, bool probabilities,
                          std::span<float> out) const {
  TROUPE_CHECK(out.size(), ==, batch.size());
  const Kernels& loops = kernels();
  const bool map = probabilities && loss_.probability != nullptr;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const float score = score_of(loops, batch[i], parameters.data());
    out[i] = map ? static_cast<float>(loss_.probability(score)) : score;
  }
}

}  // namespace

std::unique_ptr<Model> make_linear(const LinearLoss& loss, const ModelRequest& request) {
  // The kernels gather with signed 32-bit positions.
  constexpr std::uint32_t features_max = 0x7fffffffU;
  if (request.facts.features > features_max)
    throw UserError(ExitCode::data, request.facts.path + ": " +
                                        std::to_string(request.facts.features) +
                                        " features, but a linear model can have at most " +
                                        std::to_string(features_max));
  return std::make_unique<LinearModel>(loss, request);
}

}  // namespace troupe
