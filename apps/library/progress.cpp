#include "apps/library/progress.hpp"

#include <fmt/core.h>

#include <cmath>
#include <ostream>

namespace troupe {
namespace {

/// Wall time, by the mean speed so far: virtual seconds say nothing of it.
std::optional<double> seconds_left(const StepReport& report, const Goal& goal, double elapsed) {
  std::optional<double> share;
  if (goal.draws && *goal.draws > 0)
    share = static_cast<double>(report.samples) / static_cast<double>(*goal.draws);
  if (goal.seconds && *goal.seconds > 0)
    share = std::max(share.value_or(0), report.t / *goal.seconds);
  if (!share || *share <= 0) return std::nullopt;
  return std::max(0.0, elapsed / *share - elapsed);
}

}  // namespace

ProgressLine::ProgressLine(std::ostream& out, bool shown, Goal goal)
    : out_(out), shown_(shown), goal_(goal) {}

void ProgressLine::step(const StepReport& report) {
  const Clock::time_point now = Clock::now();
  if (!shown_ || now - last_ < std::chrono::milliseconds(100)) return;
  last_ = now;
  show(progress_text(report, goal_, score_, std::chrono::duration<double>(now - started_).count()));
}

void ProgressLine::eval(const Score& score) { score_ = score; }

void ProgressLine::clear() {
  if (width_ == 0) return;
  out_ << '\r' << std::string(width_, ' ') << '\r' << std::flush;
  width_ = 0;
}

void ProgressLine::show(const std::string& text) {
  const std::size_t before = width_;
  width_ = text.size();
  out_ << '\r' << text << std::string(before > width_ ? before - width_ : 0, ' ') << std::flush;
}

std::string progress_text(const StepReport& report, const Goal& goal,
                          const std::optional<Score>& score, double elapsed_seconds) {
  std::string text = fmt::format("epoch {}", report.epoch);
  if (goal.epochs) text += fmt::format("/{:g}", *goal.epochs);
  text +=
      fmt::format("  {} samples/s",
                  count_text(static_cast<std::uint64_t>(std::max(0.0, report.samples_per_second))));
  text += fmt::format("  loss {:.4f}", report.loss);
  if (score)
    text += std::isnan(score->accuracy) ? fmt::format("  {} loss {:.4f}", score->split, score->loss)
                                        : fmt::format("  {} {:.4f}", score->split, score->accuracy);
  if (const auto left = seconds_left(report, goal, elapsed_seconds))
    text += "  ETA " + duration_text(*left);
  return text;
}

std::string score_text(const Score& score) {
  const std::string loss = fmt::format("loss {:.4f}", score.loss);
  return std::isnan(score.accuracy) ? loss
                                    : fmt::format("{}, accuracy {:.4f}", loss, score.accuracy);
}

std::string duration_text(double seconds) {
  if (!std::isfinite(seconds)) return "?";
  if (seconds < 10) return fmt::format("{:.1f} s", seconds);
  const auto whole = static_cast<std::uint64_t>(std::llround(seconds));
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{} min {} s", whole / 60, whole % 60);
  return fmt::format("{} h {} min", whole / 3600, whole / 60 % 60);
}

std::string count_text(std::uint64_t count) {
  const std::string digits = std::to_string(count);
  std::string text;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) text += ',';
    text += digits[i];
  }
  return text;
}

}  // namespace troupe
