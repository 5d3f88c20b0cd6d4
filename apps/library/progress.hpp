/// The one line that refreshes while a run goes on, only on a terminal; it uses
/// no colours and no escape codes, so NO_COLOR has nothing to switch off.
#pragma once

#include <chrono>
#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>

#include "actors/report.hpp"

namespace troupe {

/// What is left: known when draws or seconds end the run.
struct Goal {
  std::optional<std::uint64_t> draws;
  std::optional<double> epochs;
  std::optional<double> seconds;
};

class ProgressLine {
 public:
  /// Silent unless `shown`.
  ProgressLine(std::ostream& out, bool shown, Goal goal);
  ~ProgressLine() { clear(); }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  void step(const StepReport& report);
  void eval(const Score& score);
  /// Removes the line, so that another can be printed.
  void clear();

 private:
  using Clock = std::chrono::steady_clock;
  void show(const std::string& text);

  std::ostream& out_;
  bool shown_;
  Goal goal_;
  Clock::time_point started_ = Clock::now();
  Clock::time_point last_;
  std::optional<Score> score_;
  std::size_t width_ = 0;
};

/// "epoch 3/10  41,000 samples/s  loss 0.3100  validation 0.9210  ETA 12 s"
std::string progress_text(const StepReport& report, const Goal& goal,
                          const std::optional<Score>& score, double elapsed_seconds);
/// "loss 0.3100, accuracy 0.9210"; the loss alone where there is no accuracy.
std::string score_text(const Score& score);
/// "12 s", "3 min 20 s", "2 h 5 min"
std::string duration_text(double seconds);
/// "1,234,567"
std::string count_text(std::uint64_t count);

}  // namespace troupe
