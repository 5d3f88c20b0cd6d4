/// How l2 / 2 ||w||^2 of the objective reaches a linear model's rows. It knows
/// nothing of the loss; to it a row is the list of its features.
///
/// per_feature  each row pulls its own features: l2 N / d_u w_u, d_u of the N rows
///              contain u. Unbiased, and as sparse as the row.
/// lazy         in place the decay is one multiplication of Replica::scale a step;
///              as a gradient it is the dense one.
/// dense        literal: every row adds l2 w.
#pragma once

#include <cmath>
#include <span>
#include <string>
#include <vector>

#include "models/model.hpp"

namespace troupe {

enum class Regularise { per_feature, lazy, dense };

std::string to_text(Regularise form);

class Regulariser {
 public:
  /// Reads "model.l2" and "model.regularise". `auto` is lazy in place, per_feature
  /// for sparse gradients and dense for dense data, where every feature is in
  /// every row, so that per_feature is dense too.
  explicit Regulariser(const ModelRequest& request);

  Regularise form() const { return form_; }
  double l2() const { return l2_; }
  /// A lazily scaled replica is settled beyond these: floats keep their relative
  /// precision at any scale, and these are far from the ends of their range.
  static constexpr double scale_min = 1e-9;
  static constexpr double scale_max = 1e9;
  /// The gradient needs no parameter outside the row's features.
  bool sparse() const { return l2_ == 0 || form_ == Regularise::per_feature; }

  /// l2 N / d_u of every feature; empty when rows pull nothing of their own.
  std::span<const float> pulls() const { return pulls_; }
  /// What `rows` rows add to a gradient's sum beside their own pulls.
  void add_gradient(std::span<const float> parameters, std::size_t rows, Accumulator& sum) const;
  /// The same as a step in place: the parameters shrink by rate x l2.
  void decay(Replica& replica, float rate) const {
    const double share = static_cast<double>(rate) * l2_;
    if (form_ == Regularise::lazy) replica.scale *= 1.0 - share;
    const double size = std::abs(replica.scale);
    if (form_ != Regularise::lazy || !(size > scale_min && size < scale_max))
      shrink(replica, share);
  }

  double penalty(std::span<const float> parameters) const;
  /// The penalty's share of these rows: its gradient is what they add to a sum.
  double share(std::span<const float> parameters, const Batch& batch) const;

 private:
  void shrink(Replica& replica, double share) const;

  double l2_;
  Regularise form_;
  std::vector<float> pulls_;
};

double square_norm(std::span<const float> values);

/// A step of `rate` must not carry a weight past zero: no pull is stronger.
float pull_bound(float rate);

}  // namespace troupe
