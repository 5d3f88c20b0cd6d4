#include <poll.h>
#include <unistd.h>

#include <iostream>
#include <new>

#include "apps/library/command_line.hpp"
#include "apps/library/commands.hpp"
#include "apps/library/signals.hpp"
#include "apps/library/troupe.hpp"
#include "base/user_error.hpp"

namespace troupe {
namespace {

// Who reads through a pipe may have had enough; that is no error.
bool reader_is_there() {
  pollfd out{STDOUT_FILENO, POLLOUT, 0};
  return poll(&out, 1, 0) < 0 || (out.revents & POLLERR) == 0;
}

int act(const std::vector<std::string>& argv, const Tables& known) {
  const std::vector<Command> all = commands();
  const Parsed parsed = parse_command_line(all, {argv.begin() + 1, argv.end()});
  if (parsed.command == nullptr) {
    std::cout << parsed.text << std::flush;
    return 0;
  }
  Invocation invocation{known, argv, std::cout, std::cerr, ::isatty(STDERR_FILENO) == 1};
  const int code = parsed.command->act(parsed.arguments, invocation);
  std::cout << std::flush;
  if (!std::cout && reader_is_there())
    throw UserError(ExitCode::data,
                    "standard output: cannot be written; free some space or write elsewhere");
  return code;
}

}  // namespace

int run(int argc, char** argv, const Tables& known) {
  unblock_signals();
  try {
    std::vector<std::string> words(argv, argv + argc);
    if (words.empty()) words.emplace_back("troupe");
    return act(words, known);
  } catch (const UserError& error) {
    std::cerr << error.what() << std::endl;
    return static_cast<int>(error.code());
  } catch (const std::bad_alloc&) {
    std::cerr << "troupe: out of memory; 'troupe doctor' says how much there is" << std::endl;
  } catch (const std::exception& error) {
    std::cerr << "troupe: " << error.what() << std::endl;
  }
  return static_cast<int>(ExitCode::failed);
}

int run(int argc, char** argv) { return run(argc, argv, tables()); }

}  // namespace troupe
