/// Whom a command is about: a run folder, or HOST:PORT with a token. It asks one thing at a
/// time, and makes one line of no answer.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "apps/library/command.hpp"
#include "apps/library/run_card.hpp"
#include "runtime/gateway/client.hpp"

namespace troupe {

struct ControlTarget {
  std::string folder;  ///< empty: an address was given
  std::string address;
  std::string token;
  std::optional<RunCard> card;

  /// Its process is there, as far as this machine knows.
  bool alive() const;
  bool ended() const { return card && card->exit; }
  ControlAnswer ask(const std::string& method, const std::string& target,
                    const std::string& body = {},
                    std::chrono::milliseconds timeout = std::chrono::seconds(5)) const;
  /// Throws UserError with what is wrong.
  [[noreturn]] void refuse(const ControlAnswer& answer) const;
};

/// RUN and --token of the arguments. Throws UserError.
ControlTarget control_target(const Arguments& arguments);
std::vector<Argument> control_arguments();

}  // namespace troupe
