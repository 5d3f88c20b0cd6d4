/// How long things take when they are not measured: drawn step durations and
/// message delays, for the twin and for padded steps of real processes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/random.hpp"

namespace troupe {

/// A sum of terms, e.g. "1+exp(0.5)": numbers, exp(rate), uniform(low, high), normal(mean,
/// deviation). A number may carry a unit (ns, us, ms, s); without one it is in seconds.
class Distribution {
 public:
  enum class Form { constant, exponential, uniform, normal };
  struct Term {
    Form form = Form::constant;
    double a = 0;
    double b = 0;
  };
  /// Throws std::invalid_argument with what was expected and at which column.
  static Distribution parse(const std::string& text);
  double draw(RandomStream& stream) const;  ///< never negative

 private:
  std::vector<Term> terms_;
};

struct Pace {
  bool real = true;   ///< step durations as they are (twin: the nominal cost of a row)
  Distribution step;  ///< of one exchange's computation, in `unit_seconds`
  double unit_seconds = 1;
  std::vector<double> factors;  ///< per worker; missing ones are 1
  Distribution delay;           ///< of one message, twin only
  double row_seconds = 60e-9;   ///< nominal, twin with real = true
  double step_seconds = 1e-6;   ///< nominal cost of a step beside its rows
  std::uint64_t seed = 1;

  /// Seconds of the n-th computation of a worker that drew so many rows.
  double computation(std::uint32_t worker, std::uint64_t n, std::uint64_t rows) const;
  /// Seconds of the n-th message on an edge.
  double message(std::uint32_t from, std::uint32_t to, std::uint64_t n) const;
};

}  // namespace troupe
