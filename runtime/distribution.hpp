/// A distribution of durations, read from a text such as "1+exp(0.5)". It owns no
/// generator: whoever draws brings the stream.
#pragma once

#include <string>
#include <vector>

#include "base/random.hpp"

namespace troupe {

/// A sum of terms, e.g. "1+exp(0.5)": numbers, exp(rate), uniform(low, high), normal(mean,
/// deviation). Durations are counted in a unit, rates are per unit. A duration may carry a unit
/// of time (ns, us, ms, s) and then means what it says; a rate may not.
class Distribution {
 public:
  enum class Form { constant, exponential, uniform, normal };
  struct Term {
    Form form = Form::constant;
    double a = 0;
    double b = 0;
  };
  /// Throws std::invalid_argument with what was expected and at which column.
  static Distribution parse(const std::string& text, double unit_seconds = 1);
  double draw(RandomStream& stream) const;  ///< never negative

 private:
  std::vector<Term> terms_;
};

}  // namespace troupe
