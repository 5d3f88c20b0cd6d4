#include "apps/library/work_line.hpp"

#include <algorithm>
#include <ostream>
#include <utility>

#include "apps/library/progress.hpp"

namespace troupe {

MakingProgress WorkLine::watch() {
  if (!shown_) return {};
  return [this](std::uint64_t done, std::uint64_t total) { show(done, total); };
}

void WorkLine::clear() {
  if (width_ == 0) return;
  out_ << '\r' << std::string(width_, ' ') << '\r' << std::flush;
  width_ = 0;
}

void WorkLine::show(std::uint64_t done, std::uint64_t total) {
  const Clock::time_point now = Clock::now();
  if (now - last_ < std::chrono::milliseconds(200)) return;
  last_ = now;
  std::string text =
      work_text(what_, done, total, std::chrono::duration<double>(now - started_).count());
  const std::size_t before = std::exchange(width_, text.size());
  if (before > width_) text.append(before - width_, ' ');
  out_ << '\r' << text << std::flush;
}

std::string work_text(const std::string& what, std::uint64_t done, std::uint64_t total,
                      double elapsed_seconds) {
  std::string text = what + " " + count_text(done);
  if (total == 0) return text;
  text += " of " + count_text(total);
  if (done == 0) return text;
  const double share = static_cast<double>(done) / static_cast<double>(total);
  return text + "  ETA " + duration_text(std::max(0.0, elapsed_seconds / share - elapsed_seconds));
}

}  // namespace troupe
