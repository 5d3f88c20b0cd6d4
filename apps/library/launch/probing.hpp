/// Asks every host over ssh, all at once and under a deadline, what it is and has.
#pragma once

#include <string>
#include <vector>

#include "apps/library/launch/crew.hpp"
#include "apps/library/launch/hosts.hpp"
#include "apps/library/launch/script.hpp"

namespace troupe {

struct Answer {
  Probe probe;
  std::int64_t clock_here = 0;  ///< this machine's, when the host told its own
  std::string failure = {};     ///< why there is no probe; empty otherwise
};

struct Probing {
  Crew& crew;
  std::string ssh = "ssh";
  std::chrono::seconds patience{30};
};

/// A wait for hosts was ended by a signal.
struct Interrupted {
  int signal = 0;
};

/// One answer a host, in their order. Throws Interrupted.
std::vector<Answer> probe_hosts(const Probing& probing, const std::vector<Host>& hosts,
                                const ProbeRequest& request);

/// Puts this program on a host. Why not, or empty.
std::string copy_program(const Probing& probing, const Host& host, const std::string& program);
/// Where copy_program puts it: a word of the host's shell.
std::string copied_program();

}  // namespace troupe
