#include "apps/library/launch/crew.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include "base/user_error.hpp"

namespace troupe {
namespace {

constexpr int cannot_run = 127;
// Longer lines come in pieces: a host that floods us costs no memory.
constexpr std::size_t line_max = 4096;

sigset_t stop_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  return set;
}

void close_if_open(int& file) {
  if (file >= 0) ::close(file);
  file = -1;
}

struct Ends {
  int input = -1;   ///< what the process reads
  int output = -1;  ///< where it writes
};

// Between fork and exec only what is safe in a signal handler.
[[noreturn]] void become(char* const argv[], pid_t parent, const Ends& ends) {
  // A group of its own: Ctrl-C reaches the one who decides.
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getppid() != parent) _exit(cannot_run);
  const sigset_t set = stop_signals();
  sigprocmask(SIG_UNBLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_DFL);
  if (ends.input >= 0) dup2(ends.input, STDIN_FILENO);
  if (ends.output >= 0) dup2(ends.output, STDOUT_FILENO);
  if (ends.output >= 0) dup2(ends.output, STDERR_FILENO);
  close_range(3, ~0U, 0);
  execvp(argv[0], argv);
  constexpr char text[] = "cannot be run: no such program\n";
  if (::write(STDERR_FILENO, text, sizeof text - 1) < 0) _exit(cannot_run);
  _exit(cannot_run);
}

[[noreturn]] void refuse_to_start(const std::string& what) {
  throw UserError(ExitCode::cluster, "cannot start " + what + ": " + std::strerror(errno));
}

}  // namespace

Crew::Crew() {
  const sigset_t set = stop_signals();
  sigprocmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  signals_ = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

Crew::~Crew() {
  for (std::size_t m = 0; m < members_.size(); ++m) {
    if (!runs(m)) continue;
    signal(m, SIGKILL);
    waitpid(members_[m].pid, nullptr, 0);
    close_if_open(members_[m].process);
    close_if_open(members_[m].input);
    close_if_open(members_[m].output);
  }
  close_if_open(signals_);
  const sigset_t set = stop_signals();
  sigprocmask(SIG_UNBLOCK, &set, nullptr);
}

std::size_t Crew::start(const Order& order) {
  std::vector<char*> argv;
  for (const std::string& word : order.argv) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  std::array<int, 2> in{-1, -1};
  std::array<int, 2> out{-1, -1};
  if (!order.input_file.empty()) {
    in[0] = ::open(order.input_file.c_str(), O_RDONLY | O_CLOEXEC);
    if (in[0] < 0) refuse_to_start("reading " + order.input_file);
  } else if (pipe2(in.data(), O_CLOEXEC) != 0) {
    refuse_to_start(order.argv.front());
  }
  if (order.hear && pipe2(out.data(), O_CLOEXEC) != 0) refuse_to_start(order.argv.front());
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid == 0) become(argv.data(), parent, {in[0], out[1]});
  if (pid < 0) refuse_to_start(order.argv.front());
  setpgid(pid, pid);
  close_if_open(in[0]);
  close_if_open(out[1]);
  if (out[0] >= 0) ::fcntl(out[0], F_SETFL, O_NONBLOCK);
  // The C library's own declaration of it cannot be linked from C++ before 2.37.
  const int process = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
  members_.push_back({pid, process, in[1], out[0]});
  if (in[1] >= 0 && !order.input.empty() &&
      ::write(in[1], order.input.data(), order.input.size()) < 0 && errno != EPIPE)
    refuse_to_start(order.argv.front());
  if (!order.hold_input) close_input(members_.size() - 1);
  return members_.size() - 1;
}

void Crew::close_input(std::size_t member) { close_if_open(members_[member].input); }

void Crew::signal(std::size_t member, int number) {
  const pid_t pid = members_[member].pid;
  if (pid != 0 && ::kill(-pid, number) != 0) ::kill(pid, number);
}

std::optional<Crew::Event> Crew::next(Clock::time_point deadline) {
  while (events_.empty()) {
    std::vector<pollfd> watched = {{signals_, POLLIN, 0}};
    std::vector<std::size_t> whose = {0};
    for (std::size_t m = 0; m < members_.size(); ++m)
      for (const int file : {members_[m].output, members_[m].process})
        if (file >= 0) {
          watched.push_back({file, POLLIN, 0});
          whose.push_back(m);
        }
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) return {};
    const int ready = poll(watched.data(), watched.size(),
                           static_cast<int>(std::min<std::int64_t>(left, 3'600'000)));
    if (ready < 0 && errno != EINTR) refuse_to_start("to wait");
    if (ready <= 0) continue;
    if (watched[0].revents != 0) take_signal();
    for (std::size_t i = 1; i < watched.size(); ++i) {
      if (watched[i].revents == 0) continue;
      Member& member = members_[whose[i]];
      if (watched[i].fd == member.output)
        read_lines(whose[i]);
      else if (watched[i].fd == member.process)
        end(whose[i]);
    }
  }
  Event first = std::move(events_.front());
  events_.erase(events_.begin());
  return first;
}

void Crew::take_signal() {
  signalfd_siginfo info{};
  if (::read(signals_, &info, sizeof info) == sizeof info)
    events_.push_back({.kind = Event::Kind::signal, .code = static_cast<int>(info.ssi_signo)});
}

void Crew::read_lines(std::size_t number) {
  std::array<char, 16384> bytes{};
  Member& member = members_[number];
  const ssize_t size = ::read(member.output, bytes.data(), bytes.size());
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (size <= 0) {
    if (!member.rest.empty()) take_line(number, member.rest);
    member.rest.clear();
    close_if_open(member.output);
    return;
  }
  member.rest.append(bytes.data(), static_cast<std::size_t>(size));
  std::size_t begin = 0;
  while (begin < member.rest.size()) {
    const std::size_t end = member.rest.find('\n', begin);
    if (end == std::string::npos && member.rest.size() - begin < line_max) break;
    const std::size_t length = std::min(end - begin, line_max);
    take_line(number, member.rest.substr(begin, length));
    begin += length + (begin + length == end ? 1 : 0);
  }
  member.rest.erase(0, begin);
}

void Crew::take_line(std::size_t member, const std::string& line) {
  Event event{.kind = Event::Kind::line, .member = member};
  // What another machine says must not steer this terminal.
  for (const char c : line)
    if (static_cast<unsigned char>(c) >= ' ' || c == '\t') event.text += c;
  events_.push_back(std::move(event));
}

// Whoever else holds its output open is not waited for.
void Crew::end(std::size_t number) {
  Member& member = members_[number];
  for (int look = 0; look < 64 && member.output >= 0; ++look) {
    pollfd more{member.output, POLLIN, 0};
    if (poll(&more, 1, 0) <= 0) break;
    read_lines(number);
  }
  if (!member.rest.empty()) take_line(number, member.rest);
  member.rest.clear();
  int status = 0;
  const pid_t pid = std::exchange(member.pid, 0);
  waitpid(pid, &status, 0);
  close_if_open(member.output);
  close_if_open(member.process);
  close_if_open(member.input);
  const int code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  events_.push_back({.kind = Event::Kind::ended, .member = number, .code = code});
}

}  // namespace troupe
