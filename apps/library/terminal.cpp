#include "apps/library/terminal.hpp"

#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <csignal>

namespace troupe {
namespace {

volatile std::sig_atomic_t asked_to_leave = 0;

void write_all(const std::string& text) {
  std::size_t at = 0;
  while (at < text.size()) {
    const ssize_t n = ::write(STDOUT_FILENO, text.data() + at, text.size() - at);
    if (n <= 0) return;
    at += static_cast<std::size_t>(n);
  }
}

}  // namespace

bool Terminal::is_there() { return ::isatty(STDIN_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1; }

Terminal::Terminal() {
  ::tcgetattr(STDIN_FILENO, &before_);
  termios raw = before_;
  raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO | ISIG);
  ::tcsetattr(STDIN_FILENO, TCSANOW, &raw);
  // Without SA_RESTART: a key that is waited for is not, when the size changes.
  struct sigaction action {};
  action.sa_handler = [](int) {};
  ::sigaction(SIGWINCH, &action, nullptr);
  action.sa_handler = [](int) { asked_to_leave = 1; };
  ::sigaction(SIGTERM, &action, nullptr);
  ::sigaction(SIGHUP, &action, nullptr);
  write_all("\x1b[?1049h\x1b[?25l");
}

Terminal::~Terminal() {
  write_all("\x1b[?25h\x1b[?1049l");
  ::tcsetattr(STDIN_FILENO, TCSANOW, &before_);
  for (const int signal : {SIGWINCH, SIGTERM, SIGHUP}) std::signal(signal, SIG_DFL);
}

Terminal::Size Terminal::size() const {
  winsize window{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) != 0 || window.ws_col == 0) return {};
  return {window.ws_col, window.ws_row};
}

// One write a frame, each line cleared to its end: nothing flickers.
void Terminal::draw(const std::vector<std::string>& lines) const {
  std::string frame = "\x1b[H";
  for (std::size_t i = 0; i < lines.size(); ++i)
    frame += lines[i] + "\x1b[K" + (i + 1 < lines.size() ? "\r\n" : "");
  write_all(frame + "\x1b[J");
}

std::optional<char> Terminal::key(std::chrono::milliseconds patience) const {
  constexpr char control_c = 3;
  pollfd input{STDIN_FILENO, POLLIN, 0};
  const int ready = ::poll(&input, 1, static_cast<int>(patience.count()));
  if (asked_to_leave != 0) return 'q';
  if (ready <= 0) return {};
  char bytes[8] = {};
  const ssize_t n = ::read(STDIN_FILENO, bytes, sizeof bytes);
  if (n <= 0) return 'q';  // the terminal is gone
  if (n >= 3 && bytes[0] == '\x1b' && bytes[1] == '[')
    return bytes[2] == 'A' ? 'U' : bytes[2] == 'B' ? 'D' : '\0';
  return bytes[0] == control_c ? 'q' : bytes[0];
}

}  // namespace troupe
