/// The line that refreshes while data are made or read, with an ETA, on a terminal
/// only. It counts nothing itself: the job says how far it is.
#pragma once

#include <chrono>
#include <cstdint>
#include <iosfwd>
#include <string>

#include "apps/library/command.hpp"
#include "datasets/generators.hpp"

namespace troupe {

class WorkLine {
 public:
  WorkLine(Invocation& invocation, std::string what)
      : out_(invocation.err), shown_(invocation.terminal), what_(std::move(what)) {}
  ~WorkLine() { clear(); }
  WorkLine(const WorkLine&) = delete;
  WorkLine& operator=(const WorkLine&) = delete;

  /// What to hand to the job; nothing where nobody looks.
  MakingProgress watch();
  /// Removes the line, so that another can be printed.
  void clear();

 private:
  using Clock = std::chrono::steady_clock;
  void show(std::uint64_t done, std::uint64_t total);

  std::ostream& out_;
  bool shown_;
  std::string what_;
  Clock::time_point started_ = Clock::now();
  Clock::time_point last_;
  std::size_t width_ = 0;
};

/// "rows made 12,000 of 60,000  ETA 12 s"; total 0 is unknown.
std::string work_text(const std::string& what, std::uint64_t done, std::uint64_t total,
                      double elapsed_seconds);

}  // namespace troupe
