/// A terminal that is drawn on as a whole: raw keys in, frames out, and as it was before
/// when it goes. Without one, there is nothing to draw on.
#pragma once

#include <termios.h>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace troupe {

class Terminal {
 public:
  /// Both standard input and output are one.
  static bool is_there();

  Terminal();
  ~Terminal();
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  struct Size {
    std::size_t width = 80;
    std::size_t height = 24;
  };
  Size size() const;
  void draw(const std::vector<std::string>& lines) const;
  /// A key, or an arrow as 'U' or 'D'; none when none comes in time or the size changes.
  std::optional<char> key(std::chrono::milliseconds patience) const;

 private:
  termios before_{};
};

}  // namespace troupe
