/// How long the workers' steps take, and who has been at one for much longer than its own
/// usually take. It reports, and declares nobody dead: a long step is not a death.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

namespace troupe {

/// Its clock is whoever calls: seconds of a real or of a virtual one.
class Strides {
 public:
  explicit Strides(std::size_t workers) : steps_(workers) {}

  struct Stride {
    std::size_t worker = 0;
    double seconds = 0;        ///< at the step so far, or in all
    double usual_seconds = 0;  ///< median of its own steps; 0: this is the first
  };
  /// It has so many turns more; between its first one and its last word it is at work.
  void begun(std::size_t worker, std::size_t turns, double now);
  /// It has come back with so many; news where it had been named as late.
  std::optional<Stride> done(std::size_t worker, std::size_t turns, double now);
  /// Somebody else lives there now, or nobody.
  void forget(std::size_t worker) { steps_.at(worker) = {}; }

  /// Who is past its deadline and was not named before.
  std::vector<Stride> late(double now);
  /// When somebody may be; none while nobody works, or all that do have been named.
  std::optional<double> next() const;
  /// A step is late after this: the median and `deviations` median absolute deviations of the
  /// worker's own last steps, of which no less than `least_spread` of the median counts, and
  /// `least_seconds` at least.
  double deadline(std::size_t worker) const;

  static constexpr double least_seconds = 10;
  static constexpr double deviations = 10;
  static constexpr double least_spread = 0.01;

 private:
  struct Steps {
    std::uint64_t under_way = 0;
    double since = 0;
    bool named = false;
    std::array<double, 32> lengths = {};  ///< the last ones, round and round
    std::uint64_t count = 0;
  };

  static std::vector<double> known(const Steps& steps);

  std::vector<Steps> steps_;
};

}  // namespace troupe
