/// Processes that are waited for together: their lines, their ends, and the signals
/// that ask for the end of all. It knows neither ssh nor hosts. Single-threaded.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace troupe {

class Crew {
 public:
  using Clock = std::chrono::steady_clock;

  struct Order {
    std::vector<std::string> argv;
    std::string input = {};       ///< less than a pipe takes at once, 64 KiB
    std::string input_file = {};  ///< instead of a pipe
    bool hold_input = false;      ///< open until close_input()
    bool hear = true;             ///< its outputs come as lines, else they are this process's own
  };

  struct Event {
    enum class Kind { line, ended, signal };
    Kind kind = Kind::line;
    std::size_t member = 0;
    std::string text = {};  ///< a line
    int code = 0;           ///< exit code (128 + n: killed by signal n), or the signal
  };

  /// From now on INT and TERM are events.
  Crew();
  /// Kills who is left.
  ~Crew();
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;

  /// Its number, counted from 0. Throws UserError (exit 4) where the system refuses.
  std::size_t start(const Order& order);
  /// None at the deadline.
  std::optional<Event> next(Clock::time_point deadline);
  void close_input(std::size_t member);
  void signal(std::size_t member, int number);
  bool runs(std::size_t member) const { return members_[member].pid != 0; }

 private:
  struct Member {
    pid_t pid = 0;  ///< 0: it has ended
    int process = -1;
    int input = -1;
    int output = -1;
    std::string rest = {};  ///< a line that has no end yet
  };

  void read_lines(std::size_t member);
  void take_line(std::size_t member, const std::string& line);
  void end(std::size_t member);
  void take_signal();

  std::vector<Member> members_;
  std::vector<Event> events_;  ///< first in, first out
  int signals_ = -1;
};

}  // namespace troupe
