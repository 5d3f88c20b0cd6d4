/// K-Means by SGD (Bottou and Bengio 1995): a row's loss is half its squared
/// distance to the nearest centre, and moves that centre alone, w <- w + rate (x - w).
/// It never moves a centre that no row is nearest to.
#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "base/check.hpp"
#include "base/kernels/kernels.hpp"
#include "base/random.hpp"
#include "models/assignment.hpp"
#include "models/model.hpp"

namespace troupe {
namespace {

constexpr std::size_t start_rows_each = 16;
constexpr std::size_t start_rows_least = 4096;
constexpr float far_away = 1e30F;  // its square is no number that could be nearest

double half_square(const float* x, const float* y, std::size_t size) {
  double sum = 0;
  for (std::size_t d = 0; d < size; ++d) {
    const double difference = static_cast<double>(x[d]) - y[d];
    sum += difference * difference;
  }
  return sum / 2;
}

/// The centres by columns, as the kernel wants them.
class CentreColumns {
 public:
  CentreColumns(std::span<const float> centres, std::size_t size)
      : size_(size), stride_((centres.size() / size + 15) / 16 * 16) {
    values_.assign(size_ * stride_, far_away);
    for (std::size_t k = 0; k < centres.size() / size; ++k) update(k, centres.data() + k * size);
  }
  std::size_t nearest(const float* x) const {
    return kernels().nearest(x, size_, {values_.data(), stride_});
  }
  void update(std::size_t k, const float* centre) {
    for (std::size_t d = 0; d < size_; ++d) values_[d * stride_ + k] = centre[d];
  }

 private:
  std::size_t size_;
  std::size_t stride_;
  std::vector<float> values_;
};

/// Half squared distances between rows to start from. Sparse ones meet in the entries
/// of one of them, so that their features cost nothing.
class StartDistances {
 public:
  StartDistances(const Rows& rows, std::size_t features) : rows_(rows), chosen_(features) {
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const RowView row = rows[i];
      double square = 0;
      for (std::uint32_t k = 0; k < row.size; ++k)
        square += static_cast<double>(row.value[k]) * row.value[k];
      squares_.push_back(square);
    }
  }
  /// Lowers each row's distance to that from row `pick`; returns their sum.
  double lower(std::vector<double>& distances, std::size_t pick) {
    const float* chosen = written_out(rows_[pick], chosen_);
    double total = 0;
    for (std::size_t i = 0; i < distances.size(); ++i) {
      distances[i] = std::min(distances[i], between(i, pick, chosen));
      total += distances[i];
    }
    return total;
  }

 private:
  double between(std::size_t i, std::size_t pick, const float* chosen) const {
    const RowView row = rows_[i];
    if (row.index == nullptr) return half_square(row.value, chosen, row.size);
    double product = 0;
    for (std::uint32_t k = 0; k < row.size; ++k)
      product += static_cast<double>(row.value[k]) * chosen[row.index[k]];
    return std::max(0.0, (squares_[i] + squares_[pick]) / 2 - product);
  }

  const Rows& rows_;
  std::vector<double> squares_;
  std::vector<float> chosen_;
};

class KMeans final : public Model {
 public:
  KMeans(std::size_t clusters, std::string start, const ModelRequest& request)
      : clusters_(clusters),
        features_(std::max(1U, request.facts.features)),
        start_(std::move(start)) {}

  Layout layout() const override {
    return {{{.name = "centres", .shape = {clusters_, features_}, .row_length = features_}}};
  }
  Traits traits() const override {
    return {.classifies = false,
            .penalised = false,
            .labelled = false,
            .clusters = true,
            .loss = "half squared distance to the nearest centre"};
  }
  StartRows start_rows() const override {
    return {.least = clusters_, .most = std::max(start_rows_least, start_rows_each * clusters_)};
  }
  void initialise(std::span<float> parameters, std::uint64_t seed,
                  const Rows& start) const override;

  double gradient(std::span<const float> parameters, const Batch& batch, float rate,
                  Accumulator& sum) const override;
  double descend(Replica& replica, const Batch& rows, std::size_t batch_size,
                 std::span<const float> rates) const override;
  Evaluation evaluate(std::span<const float> parameters, const Batch& batch) const override;
  double penalty(std::span<const float> /*parameters*/) const override { return 0; }
  double batch_objective(std::span<const float> parameters, const Batch& batch) const override;
  void predict(std::span<const float> parameters, const Batch& batch, bool probabilities,
               std::span<float> out) const override;
  std::size_t scores_per_row() const override { return clusters_; }
  /// Distances to all centres.
  void scores(std::span<const float> parameters, const Batch& batch, bool probabilities,
              std::span<float> out) const override;
  Bounds bounds(double /*row_norm_max*/) const override {
    return {.gradient_norm = std::numeric_limits<double>::infinity(), .lipschitz = 1};
  }

 private:
  double descend_by_tiles(std::span<float> values, const Batch& rows, std::size_t batch_size,
                          std::span<const float> rates) const;
  std::vector<std::uint32_t> start_picks(std::uint64_t seed, const Rows& start) const;
  std::vector<std::uint32_t> spread_picks(RandomStream random, const Rows& start) const;

  std::size_t clusters_;
  std::size_t features_;
  std::string start_;
};

// Arthur and Vassilvitskii 2007: each next centre is a row drawn with probability
// proportional to its squared distance to the nearest centre so far; of a few such
// draws, as they advise, the one that leaves least.
std::vector<std::uint32_t> KMeans::spread_picks(RandomStream random, const Rows& start) const {
  const auto draws = 2 + static_cast<std::size_t>(std::log(static_cast<double>(clusters_)));
  StartDistances distances(start, features_);
  std::vector<std::uint32_t> picks{static_cast<std::uint32_t>(random.below(start.size()))};
  std::vector<double> left(start.size(), std::numeric_limits<double>::infinity());
  double total = distances.lower(left, picks.front());
  std::vector<double> trial;
  while (picks.size() < clusters_) {
    std::vector<double> best;
    double best_total = std::numeric_limits<double>::infinity();
    picks.push_back(0);
    for (std::size_t draw = 0; draw < draws; ++draw) {
      double at = random.uniform() * total;
      std::uint32_t row = 0;
      while (row + 1 < start.size() && at >= left[row]) at -= left[row++];
      trial = left;
      const double trial_total = distances.lower(trial, row);
      if (trial_total >= best_total) continue;
      best_total = trial_total;
      best.swap(trial);
      picks.back() = row;
    }
    if (best.empty()) continue;  // numbers beyond a double: any row will do
    left.swap(best);
    total = best_total;
  }
  return picks;
}

std::vector<std::uint32_t> KMeans::start_picks(std::uint64_t seed, const Rows& start) const {
  RandomStream random(seed, Purpose::initialise);
  if (start_ == "kmeans++") return spread_picks(random, start);
  std::vector<std::uint32_t> picks(start.size());
  for (std::uint32_t i = 0; i < picks.size(); ++i) picks[i] = i;
  if (start_ == "random") {
    shuffle(picks, random);
  } else {
    for (std::size_t k = 0; k < clusters_; ++k)
      picks[k] = static_cast<std::uint32_t>(k * start.size() / clusters_);
  }
  picks.resize(clusters_);
  return picks;
}

void KMeans::initialise(std::span<float> parameters, std::uint64_t seed, const Rows& start) const {
  TROUPE_CHECK(parameters.size(), ==, clusters_ * features_);
  TROUPE_CHECK(start.size(), >=, clusters_);
  std::vector<float> space(features_);
  const std::vector<std::uint32_t> picks = start_picks(seed, start);
  for (std::size_t k = 0; k < clusters_; ++k)
    std::copy_n(written_out(start[picks[k]], space), features_,
                parameters.begin() + static_cast<std::ptrdiff_t>(k * features_));
}

double KMeans::gradient(std::span<const float> parameters, const Batch& batch, float /*rate*/,
                        Accumulator& sum) const {
  TROUPE_CHECK(parameters.size(), ==, clusters_ * features_);
  if (batch.size() == 0) return 0;
  const CentreColumns columns(parameters, features_);
  std::vector<float> space(features_);
  double loss = 0;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const float* x = written_out(batch[i], space);
    const std::size_t first = columns.nearest(x) * features_;
    const float* w = parameters.data() + first;
    loss += half_square(x, w, features_);
    for (std::size_t d = 0; d < features_; ++d)
      sum.add(static_cast<std::uint32_t>(first + d), w[d] - x[d]);
  }
  return loss;
}

double KMeans::descend(Replica& replica, const Batch& rows, std::size_t batch_size,
                       std::span<const float> rates) const {
  replica.settle();
  if (batch_size != 1) return descend_by_tiles(replica.values, rows, batch_size, rates);
  TROUPE_CHECK(rates.size(), ==, rows.size());
  CentreColumns columns(replica.values, features_);
  std::vector<float> space(features_);
  double loss = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const float* x = written_out(rows[i], space);
    const std::size_t k = columns.nearest(x);
    float* w = replica.values.data() + k * features_;
    loss += half_square(x, w, features_);
    for (std::size_t d = 0; d < features_; ++d) w[d] -= rates[i] * (w[d] - x[d]);
    columns.update(k, w);
  }
  return loss;
}

// w <- w - rate / batch x (n w - the sum of its n rows).
double KMeans::descend_by_tiles(std::span<float> values, const Batch& rows, std::size_t batch_size,
                                std::span<const float> rates) const {
  TROUPE_CHECK(rates.size(), ==, (rows.size() + batch_size - 1) / batch_size);
  Assignment assignment(values, features_);
  std::vector<float> sums(values.size(), 0.0F);
  std::vector<std::uint32_t> counts(clusters_, 0);
  double loss = 0;
  for (std::size_t step = 0; step < rates.size(); ++step) {
    const std::size_t first = step * batch_size;
    const std::size_t count = std::min(batch_size, rows.size() - first);
    loss += assignment.each({rows.rows, rows.picks.subspan(first, count)},
                            [&](const float* x, std::uint32_t k) {
                              float* sum = sums.data() + k * features_;
                              kernels().axpy(1.0F, x, sum, features_);
                              ++counts[k];
                            });
    const float factor = rates[step] / static_cast<float>(count);
    for (std::size_t k = 0; k < clusters_; ++k) {
      if (counts[k] == 0) continue;
      float* w = values.data() + k * features_;
      float* sum = sums.data() + k * features_;
      const auto n = static_cast<float>(std::exchange(counts[k], 0));
      for (std::size_t d = 0; d < features_; ++d) {
        w[d] -= factor * (n * w[d] - sum[d]);
        sum[d] = 0;
      }
      assignment.update(k, w);
    }
  }
  return loss;
}

Evaluation KMeans::evaluate(std::span<const float> parameters, const Batch& batch) const {
  TROUPE_CHECK(parameters.size(), ==, clusters_ * features_);
  Evaluation result{.rows = batch.size()};
  const CentreColumns columns(parameters, features_);
  std::vector<float> space(features_);
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const float* x = written_out(batch[i], space);
    result.loss_sum +=
        half_square(x, parameters.data() + columns.nearest(x) * features_, features_);
  }
  return result;
}

double KMeans::batch_objective(std::span<const float> parameters, const Batch& batch) const {
  std::vector<float> space(features_);
  double sum = 0;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const float* x = written_out(batch[i], space);
    double least = std::numeric_limits<double>::infinity();
    for (std::size_t k = 0; k < clusters_; ++k)
      least = std::min(least, half_square(x, parameters.data() + k * features_, features_));
    sum += least;
  }
  return sum;
}

void KMeans::predict(std::span<const float> parameters, const Batch& batch, bool /*probabilities*/,
                     std::span<float> out) const {
  TROUPE_CHECK(out.size(), ==, batch.size());
  const CentreColumns columns(parameters, features_);
  std::vector<float> space(features_);
  for (std::size_t i = 0; i < batch.size(); ++i)
    out[i] = static_cast<float>(columns.nearest(written_out(batch[i], space)));
}

void KMeans::scores(std::span<const float> parameters, const Batch& batch, bool /*probabilities*/,
                    std::span<float> out) const {
  TROUPE_CHECK(out.size(), ==, batch.size() * clusters_);
  std::vector<float> space(features_);
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const float* x = written_out(batch[i], space);
    for (std::size_t k = 0; k < clusters_; ++k)
      out[i * clusters_ + k] = static_cast<float>(
          std::sqrt(2 * half_square(x, parameters.data() + k * features_, features_)));
  }
}

}  // namespace

ModelKind kmeans_kind() {
  return {
      .kind = {.name = "kmeans",
               .sentence = "K-Means: half the squared distance to the nearest centre; no labels.",
               .keys = {{.path = "clusters",
                         .type = KeyType::integer,
                         .minimum = 1,
                         .maximum = 1e6,
                         .standard = std::int64_t{10},
                         .sentence = "how many centres there are"},
                        {.path = "start_from",
                         .type = KeyType::choice,
                         .choices = {"kmeans++", "random", "rows"},
                         .standard = std::string("kmeans++"),
                         .sentence =
                             "where the centres start: at rows far from each other, at rows "
                             "drawn by the seed, or at rows at even distances in the file"}}},
      .make = [](const ModelRequest& request) {
        const auto clusters =
            static_cast<std::size_t>(request.settings.integer("model.kmeans.clusters"));
        return std::make_unique<KMeans>(clusters, request.settings.text("model.kmeans.start_from"),
                                        request);
      }};
}

}  // namespace troupe
