/// The hosts of a cluster as a user lists them, in a file or on the command line. It
/// asks nobody whether they are there.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace troupe {

struct Host {
  std::string login;         ///< what ssh is told: "alpha", "me@alpha"
  std::uint32_t slots = 0;   ///< workers it takes; 0: as many as it has cores
  std::string address = {};  ///< where other hosts reach it; empty: where ssh reached it
  std::string listen = {};   ///< where its node listens; empty: at the address, if it has that
  std::string where = {};    ///< for messages: "hosts:3", "-H"

  /// Without the user: in logs, and what its certificate is made for.
  std::string name() const { return login.substr(login.rfind('@') + 1); }
};

/// Lines "host slots=N address=ADDR listen=ADDR", "#" begins a comment. Throws UserError (exit 2).
std::vector<Host> parse_hosts(const std::string& text, const std::string& file);
/// "a:4,me@b:2,[fd00::1]:4,c"
std::vector<Host> parse_host_list(const std::string& text);

}  // namespace troupe
