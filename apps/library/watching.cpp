#include "apps/library/watching.hpp"

#include <cmath>
#include <cstdlib>

#include "apps/library/screen.hpp"
#include "apps/library/terminal.hpp"

namespace troupe {
namespace {

using Clock = std::chrono::steady_clock;

// A frame so often; keys are answered at once.
constexpr auto frame_time = std::chrono::milliseconds(500);
constexpr auto line_time = std::chrono::seconds(1);

bool colours() {
  const char* wish = std::getenv("NO_COLOR");
  return wish == nullptr || *wish == '\0';
}

/// False: leave.
bool obey(char key, Screen& screen) {
  switch (key) {
    case 'q':
      return false;
    case '\t':
      screen.tab = static_cast<Tab>((static_cast<int>(screen.tab) + 1) % 4);
      break;
    case 'U':
      if (screen.scroll > 0) --screen.scroll;
      return true;
    case 'D':
      ++screen.scroll;
      return true;
    default:
      if (key < '1' || key > '4') return true;
      screen.tab = static_cast<Tab>(key - '1');
  }
  screen.scroll = 0;
  return true;
}

std::string drawn(const std::function<Sight()>& look) {
  const Terminal terminal;
  Screen screen{.colours = colours()};
  while (true) {
    const Sight sight = look();
    if (sight.over) return *sight.over;
    screen.silent_seconds = sight.silent_seconds;
    const auto until = Clock::now() + frame_time;
    while (Clock::now() < until) {
      const Terminal::Size size = terminal.size();
      screen.width = size.width;
      screen.height = size.height;
      terminal.draw(screen_lines(sight.state.empty() ? "{}" : sight.state, screen));
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now());
      const auto key = terminal.key(std::max(left, std::chrono::milliseconds(0)));
      if (key && !obey(*key, screen)) return {};
    }
  }
}

std::string told(const std::function<Sight()>& look, std::ostream& out) {
  Clock::time_point next{};
  double said_silent = 0;
  while (true) {
    const Sight sight = look();
    if (sight.over) return *sight.over;
    const double silent = std::floor(sight.silent_seconds);
    if (silent >= 1 && silent != said_silent)
      out << no_answer_line(silent) << std::endl;
    else if (silent == 0 && !sight.state.empty() && Clock::now() >= next) {
      next = Clock::now() + line_time;
      for (const std::string& line : plain_lines(sight.state)) out << line << std::endl;
    }
    said_silent = silent;
  }
}

}  // namespace

int show_sights(const std::function<Sight()>& look, std::ostream& out) {
  const std::string last = Terminal::is_there() ? drawn(look) : told(look, out);
  if (!last.empty()) out << last << std::flush;
  return 0;
}

}  // namespace troupe
