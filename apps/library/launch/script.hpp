/// What a host's shell is told, and what it says of its host. Texts only: whoever
/// runs them is elsewhere.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "runtime/tls/keys.hpp"

namespace troupe {

/// One word for a POSIX shell, whatever is in it.
std::string shell_word(const std::string& word);

/// The words that run a script on a host: it comes on standard input, so that what is
/// secret in it shows in no list of processes; what follows stays on standard input.
std::vector<std::string> ssh_words(const std::string& ssh, const std::string& login,
                                   const std::string& remote_command);
extern const char* const run_script;  ///< the remote command for a script on standard input
std::string as_input(const std::string& script);

/// Asked of each host before anything starts.
struct ProbeRequest {
  std::string folder;   ///< preferred, the home folder otherwise
  std::string program;  ///< a word of the shell, quoted as need be
  std::vector<std::string> files;
  bool checkup = false;  ///< the host's own doctor looks, too
};
std::string probe_script(const ProbeRequest& request);

struct Probe {
  std::string caller;                       ///< this machine's address as the host sees it
  std::string address;                      ///< the host's own, by which ssh reached it
  std::vector<std::string> addresses = {};  ///< all that it has, as far as it can say
  std::string folder;
  std::string program;  ///< empty: not found
  std::string version;
  std::uint32_t cores = 0;
  std::uint64_t descriptors = 0;
  std::int64_t clock = 0;                     ///< seconds since 1970
  std::map<std::string, std::int64_t> files;  ///< bytes; -1: cannot be read
  /// Of a checkup: lines of the host's own doctor, and the manifests of the files.
  std::vector<std::string> doctor = {};
  std::map<std::string, std::string> manifests = {};
  bool complete = false;

  void take(const std::string& line);
};

struct NodeOrder {
  std::string folder;
  std::string program;
  std::vector<std::string> words;  ///< after the program, but for certificates
  std::optional<Credentials> credentials = {};
};
/// Runs a node, and ends it when standard input ends.
std::string node_script(const NodeOrder& order);

}  // namespace troupe
