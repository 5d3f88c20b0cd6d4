/// The one exception of the house: a mistake of the user, found before the
/// first actor starts. It carries the line to print and the exit code.
#pragma once

#include <stdexcept>
#include <string>

namespace troupe {

/// What scripts rely on; see docs/errors.md.
enum class ExitCode { done = 0, failed = 1, usage = 2, data = 3, cluster = 4 };

class UserError : public std::runtime_error {
 public:
  UserError(ExitCode code, const std::string& line) : std::runtime_error(line), code_(code) {}
  ExitCode code() const { return code_; }

 private:
  ExitCode code_;
};

}  // namespace troupe
