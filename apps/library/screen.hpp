/// A run's state as lines of a terminal, of any size from 40 x 8 on: four views of the same
/// object that the control address tells. It draws; it asks and waits for nothing.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace troupe {

enum class Tab { overview, workers, graph, events };

struct Screen {
  Tab tab = Tab::overview;
  std::size_t width = 80;
  std::size_t height = 24;
  std::size_t scroll = 0;  ///< lines of the list that are above
  bool colours = false;
  double silent_seconds = 0;  ///< since the coordinator answered; 0: it does
};

/// Exactly `height` lines, none wider than `width`, escape codes apart.
std::vector<std::string> screen_lines(const std::string& state, const Screen& screen);

/// Where there is no terminal: the run in one line, and a line for each culprit.
std::vector<std::string> plain_lines(const std::string& state);

/// "coordinator: no answer for 3 s"
std::string no_answer_line(double seconds);

}  // namespace troupe
