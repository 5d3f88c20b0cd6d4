#include "runtime/cluster/children.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <string_view>
#include <thread>

#include "base/user_error.hpp"
#include "runtime/cluster/secret.hpp"

namespace troupe {
namespace {

constexpr int cannot_run = 127;
constexpr auto look_again = std::chrono::milliseconds(2);

// Between fork and exec only what is safe in a signal handler.
[[noreturn]] void become(char* const argv[], char* const variables[], pid_t parent, int input) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(static_cast<int>(ExitCode::cluster));
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  for (const int signal : {SIGINT, SIGTERM, SIGPIPE, SIGUSR1}) std::signal(signal, SIG_DFL);
  dup2(input, STDIN_FILENO);
  // Standard output belongs to the starting process: scripts read results there.
  dup2(STDERR_FILENO, STDOUT_FILENO);
  close_range(3, ~0U, 0);
  execvpe(argv[0], argv, variables);
  _exit(cannot_run);
}

/// What a node reads on its standard input, of which each needs its own position. Memory
/// and not a file, as there may be a key in it.
class Input {
 public:
  explicit Input(const std::string& text) : handle_(memfd_create("node", MFD_CLOEXEC)) {
    const auto size = static_cast<ssize_t>(text.size());
    if (handle_ < 0 || write(handle_, text.data(), text.size()) != size ||
        lseek(handle_, 0, SEEK_SET) != 0)
      throw UserError(ExitCode::cluster,
                      std::string("cannot start a node process: ") + std::strerror(errno));
  }
  Input(const Input&) = delete;
  Input& operator=(const Input&) = delete;
  ~Input() { close(handle_); }
  int handle() const { return handle_; }

 private:
  int handle_;
};

}  // namespace

Children::~Children() {
  kill_all();
  wait_all(std::chrono::steady_clock::now() + std::chrono::seconds(5));
}

void Children::start(const std::vector<std::string>& command, const std::string& input) {
  std::vector<char*> argv;
  for (const std::string& word : command) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  const pid_t parent = getpid();
  proof_ = make_secret()[0];
  for (Slot& child : slots_) {
    const Input read(input);
    const auto number = static_cast<std::uint32_t>(&child - slots_.data()) + 1;
    std::string ticket = std::string(ticket_variable) + "=" + to_text({number, proof_});
    std::vector<char*> variables{ticket.data()};
    for (char** each = environ; *each != nullptr; ++each)
      if (!std::string_view(*each).starts_with(std::string(ticket_variable) + "="))
        variables.push_back(*each);
    variables.push_back(nullptr);
    const pid_t pid = fork();
    if (pid == 0) become(argv.data(), variables.data(), parent, read.handle());
    if (pid < 0)
      throw UserError(ExitCode::cluster,
                      std::string("cannot start a node process: ") + std::strerror(errno));
    setpgid(pid, pid);
    child.pid = pid;
    child.running = pid;
  }
}

std::optional<std::uint32_t> Children::number_of(const Ticket& ticket) const {
  const bool ours = ticket.number > 0 && ticket.number <= count() && ticket.proof == proof_;
  return ours ? std::optional(ticket.number) : std::nullopt;
}

bool Children::ended(std::uint32_t number) {
  Slot& child = slot(number);
  const pid_t pid = child.running;
  if (pid == 0) return true;
  siginfo_t info{};
  if (waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
      info.si_pid == 0)
    return false;
  // Forgotten before it is reaped, so that nobody signals a process that got its number.
  child.running = 0;
  waitpid(pid, &child.status, 0);
  return true;
}

bool Children::wait(std::uint32_t number, std::chrono::steady_clock::time_point until) {
  while (!ended(number)) {
    if (std::chrono::steady_clock::now() >= until) return false;
    std::this_thread::sleep_for(look_again);
  }
  return true;
}

bool Children::wait_all(std::chrono::steady_clock::time_point until) {
  bool all = true;
  for (std::uint32_t n = 1; n <= count(); ++n) all = wait(n, until) && all;
  return all;
}

void Children::kill(std::uint32_t number) noexcept {
  const pid_t pid = slot(number).running;
  if (pid == 0) return;
  ::kill(-pid, SIGKILL);
  ::kill(pid, SIGKILL);
}

void Children::kill_all() noexcept {
  for (std::uint32_t n = 1; n <= count(); ++n) kill(n);
}

std::string Children::name(std::uint32_t number) const {
  return "node " + std::to_string(number) + " (pid " + std::to_string(slot(number).pid) + ")";
}

std::string Children::fate(std::uint32_t number) const {
  const Slot& child = slot(number);
  if (child.running != 0) return "runs";
  if (WIFSIGNALED(child.status))
    return "killed by signal " + std::to_string(WTERMSIG(child.status));
  const int code = WEXITSTATUS(child.status);
  return code == cannot_run ? "could not be started"
                            : "ended with exit code " + std::to_string(code);
}

}  // namespace troupe
