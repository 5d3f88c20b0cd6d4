/// Whether hosts that answered can hold a run, and where everybody meets. It asks
/// nobody: answers in, lines and addresses out.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "apps/library/launch/hosts.hpp"
#include "apps/library/launch/probing.hpp"
#include "config/config.hpp"

namespace troupe {

/// The files that every node opens itself.
std::vector<std::string> wanted_files(const Config& config);

/// "alpha: what is wrong; what to do", of connections, programs, versions and clocks.
std::vector<std::string> unfit(const std::vector<Host>& hosts, const std::vector<Answer>& answers);
/// Of the edges of a drawing, which every node reads as well.
std::vector<std::string> drawing_files(const Config& config);

/// The same of files that are missing, or are others than here.
inline constexpr const char* serve_or_copy =
    "; copy it there, or let this machine serve it with -s data.source=coordinator";
std::vector<std::string> without_data(const std::vector<Host>& hosts,
                                      const std::vector<Answer>& answers,
                                      const std::vector<std::string>& files,
                                      const std::string& cure = serve_or_copy);

struct Meeting {
  std::string listen;                  ///< of the coordinator
  std::string own_address;             ///< what its certificate is made for
  std::vector<std::string> joins;      ///< per host: where it reaches the coordinator
  std::vector<std::string> addresses;  ///< per host: where others reach it
  std::vector<std::string> listens;    ///< per host: where its node listens
  bool local = false;                  ///< nobody is on another machine
};
struct OwnPlace {
  std::string address = {};  ///< empty: as the hosts see this machine
  std::uint16_t port = 0;
};
/// Takes a free port where none is given. Throws UserError (exit 4).
Meeting meeting_of(const std::vector<Host>& hosts, const std::vector<Answer>& answers,
                   const OwnPlace& own);

}  // namespace troupe
