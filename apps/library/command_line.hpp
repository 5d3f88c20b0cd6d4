/// From words to a command with its arguments. Every mistake is one line that
/// names the word, with a near one where there is one, exit 2.
#pragma once

#include <string>
#include <vector>

#include "apps/library/command.hpp"

namespace troupe {

/// Either a command to act, or a text that was asked for (help, version).
struct Parsed {
  const Command* command = nullptr;
  Arguments arguments = {{}, {}};
  std::string text;
};

/// `words`: without the program's name. Throws UserError.
Parsed parse_command_line(const std::vector<Command>& commands,
                          const std::vector<std::string>& words);

}  // namespace troupe
