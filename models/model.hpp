/// A model is loss and gradient over a flat parameter vector with a declared
/// layout. It holds no parameters and no data: both are handed in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/accumulator.hpp"
#include "base/shared_values.hpp"
#include "config/settings.hpp"
#include "config/table.hpp"
#include "datasets/facts.hpp"
#include "datasets/rows.hpp"
#include "messages/features.hpp"

namespace troupe {

struct Traits {
  bool loss_gradient = true;   ///< gradient() is the gradient of the batch objective
  bool additive = true;        ///< a batch of K rows gives the sum of K single rows
  bool sparse = false;         ///< a row reads and writes only the parameters of its features
  bool entrywise = false;      ///< gradient_of_entries() serves as well as gradient()
  bool linear = false;         ///< descend() is a fused in-place loop over rows
  bool probabilities = false;  ///< predict() can map a score to [0, 1]
  bool classifies = true;      ///< evaluate() counts hits, so that there is an accuracy
  bool penalised = true;       ///< model.l2 acts on it
  bool labelled = true;        ///< the loss looks at labels
  bool clusters = false;       ///< scores are distances, and a row belongs to the smallest
  std::string loss = "loss";   ///< what a row's loss is, in words: "hinge loss"
};

enum class SegmentKind { weight, bias, statistic };

struct LayoutSegment {
  std::string name;
  std::vector<std::size_t> shape;
  SegmentKind kind = SegmentKind::weight;
  std::size_t row_length = 1;  ///< a shard may not cut inside such a row
};

struct Layout {
  std::vector<LayoutSegment> segments;
  std::size_t size() const;
  /// Rows that may not be cut.
  std::size_t rows() const;
  /// Where so many parts begin, each at a row and as even as rows let it, and the end; at most
  /// rows() of them.
  std::vector<std::size_t> cuts(std::size_t parts) const;
};

/// Parameters being descended on in place: the real ones are scale x values, so
/// that lazy L2 costs one multiplication a step. settle() makes scale 1. It is a
/// double: a float cannot lose a millionth, step after step, without a bias.
struct Replica {
  std::span<float> values;
  double scale = 1.0;
  void settle();
};

struct Evaluation {
  double loss_sum = 0;  ///< without the penalty
  std::uint64_t correct = 0;
  std::uint64_t rows = 0;
  Evaluation& operator+=(const Evaluation& other);
};

/// Training rows that a model wants to see before it starts: no fewer than `least`
/// will do, and more than `most` are not shown.
struct StartRows {
  std::size_t least = 0;
  std::size_t most = 0;
};

/// Everything that a model may know when it is made.
struct ModelRequest {
  const Settings& settings;  ///< resolved: "model.l2", "model.<kind>.<key>"
  const DataFacts& facts;
  std::uint64_t rows = 0;  ///< training rows, for per_feature
  bool descends = false;   ///< in-place descent between exchanges: `regularise = "auto"` is lazy
};

class Model {
 public:
  virtual ~Model() = default;

  virtual Layout layout() const = 0;
  virtual Traits traits() const = 0;
  /// What "model.regularise" came to: per_feature, lazy or dense; empty without.
  virtual std::string regularise() const { return {}; }
  /// Keys of its own whose "auto" the data decided, by full path.
  virtual std::map<std::string, Value> resolved() const { return {}; }
  /// Refuses labels that it cannot be trained on or scored by: UserError, exit 3.
  virtual void check(const DataFacts& /*facts*/) const {}

  virtual StartRows start_rows() const { return {}; }
  /// A function of the seed and those rows, the same on every node. Zeros unless
  /// a model says otherwise.
  virtual void initialise(std::span<float> parameters, std::uint64_t seed, const Rows& start) const;

  /// Adds to `sum` the *sum* over the batch of each row's gradient, penalty
  /// included as the regulariser declares; returns the summed loss without it.
  /// `rate` bounds per_feature's pull: no step may carry a weight past zero.
  virtual double gradient(std::span<const float> parameters, const Batch& batch, float rate,
                          Accumulator& sum) const = 0;

  /// Plain SGD in place: consecutive batches of `batch_size` rows of `rows`, one
  /// rate each. Equal to gradient steps within rounding; returns the summed loss.
  virtual double descend(Replica& replica, const Batch& rows, std::size_t batch_size,
                         std::span<const float> rates) const;

  /// The same on parameters that others read and write meanwhile, entry by entry: equal to
  /// descend() where nobody else touches what these rows touch. A penalty that acts on
  /// every weight acts on every weight here too.
  virtual double descend_shared(const SharedValues& shared, const Batch& rows,
                                std::size_t batch_size, std::span<const float> rates) const;

  /// Adds the parameters that these rows read, for sparse pulls; each once.
  virtual void reads(const Batch& batch, Accumulator& seen) const;

  /// gradient() entry by entry, for models whose traits say so: `entries` holds the
  /// parameters of list_entries(batch), in that order, and becomes the gradient at
  /// them; an entry that stands several times gets a part of it each time.
  virtual double gradient_of_entries(const Batch& batch, float rate,
                                     std::span<float> entries) const;
  /// Appends the parameters that these rows read, row after row, each as often as it
  /// is read; for the same models.
  virtual void list_entries(const Batch& batch, Features& features) const;

  virtual Evaluation evaluate(std::span<const float> parameters, const Batch& batch) const = 0;
  /// l2 / 2 ||w||^2, added to the mean loss to make the objective.
  virtual double penalty(std::span<const float> parameters) const = 0;
  /// The objective whose gradient a batch gives, divided by nothing: the summed
  /// loss plus the penalty's share of these rows. The contract tests differentiate it.
  virtual double batch_objective(std::span<const float> parameters, const Batch& batch) const = 0;

  /// One score a row; `probabilities` maps it to [0, 1] where the model can.
  virtual void predict(std::span<const float> parameters, const Batch& batch, bool probabilities,
                       std::span<float> out) const = 0;

  /// Scores of a row: one for each class, cluster or component.
  virtual std::size_t scores_per_row() const { return 1; }
  /// All of them, row after row. `probabilities`: mapped to [0, 1] where traits() say that
  /// the model can; a single one is that of the positive class.
  virtual void scores(std::span<const float> parameters, const Batch& batch, bool probabilities,
                      std::span<float> out) const;
  /// The label of each class, of a model trained on this set; empty without classes.
  virtual std::vector<float> class_labels(const DataFacts& /*facts*/) const { return {}; }

  /// Constraints (simplex, unit norm), called by whoever holds the parameters.
  virtual void project(std::span<float> parameters, const Accumulator& touched) const;

  /// Constants of the stopping rule of ROWS E3 for the largest row norm R.
  struct Bounds {
    double gradient_norm;  ///< M
    double lipschitz;      ///< L*
  };
  virtual Bounds bounds(double row_norm_max) const = 0;
};

/// The share of hits; no number for a model that does not classify.
double accuracy_of(const Model& model, const Evaluation& sum);

struct ModelKind {
  Kind kind;
  std::function<std::unique_ptr<Model>(const ModelRequest&)> make;
};

}  // namespace troupe
