/// What is wrong with hosts, before a run is: from their answers, from the files of
/// their certificates, and from ports that are tried. It mends nothing.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "apps/library/finding.hpp"
#include "apps/library/launch/judgement.hpp"
#include "apps/library/launch/probing.hpp"

namespace troupe {

struct HostFinding {
  std::string host;
  Finding finding;
};
using HostFindings = std::vector<HostFinding>;

/// Programs, kernels, clocks, files, and what is not well in each host's own doctor.
HostFindings check_answers(const std::vector<Host>& hosts, const std::vector<Answer>& answers,
                           const std::vector<std::string>& files);

/// Of a folder of 'troupe keys new'.
HostFindings check_keys(const std::vector<Host>& hosts, const Meeting& meeting,
                        const std::string& folder);

struct PortCheck {
  Crew& crew;
  const std::string& ssh;
  const std::string& program;
  std::uint16_t port = 7000;  ///< of the coordinator; nodes take the next one
};
/// Opens the ports of the run for a moment and lets everybody try everybody's.
HostFindings check_ports(const PortCheck& check, const std::vector<Host>& hosts,
                         const Meeting& meeting);

}  // namespace troupe
