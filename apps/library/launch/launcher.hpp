/// A run over hosts: the coordinator in a process here, a node on each host by ssh,
/// their logs in one stream, and one end for all. It decides nothing about training.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "apps/library/launch/crew.hpp"
#include "apps/library/launch/hosts.hpp"
#include "apps/library/launch/judgement.hpp"
#include "apps/library/launch/passes.hpp"
#include "apps/library/launch/probing.hpp"
#include "base/user_error.hpp"
#include "config/config.hpp"

namespace troupe {

struct LaunchRequest {
  std::vector<Host> hosts;
  const Config& config;
  std::vector<std::string> train_words;  ///< what the coordinator is started with
  std::string run_dir;
  std::string ssh = "ssh";
  std::string program = "troupe";  ///< on the hosts; a word of their shells
  std::string address = {};        ///< this machine's for the hosts; empty: as ssh shows it
  std::uint16_t port = 0;          ///< of the coordinator; 0: any that is free
  bool copy_binary = false;
  bool quiet = false;
  std::ostream& err;
};

class Launcher {
 public:
  /// Asks the hosts and judges their answers; nothing is started. Throws UserError: exit 4
  /// for hosts, 3 for data, and Interrupted.
  explicit Launcher(LaunchRequest request);
  /// What would be run, a line each.
  std::string plan() const;
  /// The run's exit code.
  int run();

 private:
  void survey();
  void copy_where_needed();
  void settle_slots();
  std::vector<std::string> coordinator_words() const;
  NodeOrder order_for(std::size_t host) const;

  int watch();
  void heard(const Crew::Event& event);
  bool run_has_begun() const;
  void dismiss();
  void say(const std::string& who, const std::string& line) const;
  /// Prints all lines but the last, which is thrown.
  void refuse_if_any(const std::vector<std::string>& lines, ExitCode code) const;

  LaunchRequest request_;
  Crew crew_;
  std::vector<Answer> answers_;
  Meeting meeting_;
  std::uint32_t workers_ = 0;
  std::optional<Passes> passes_;
  std::size_t coordinator_ = 0;  ///< members of the crew
  std::vector<std::size_t> nodes_;
  int failure_ = 0;  ///< the exit code of a run that was ended from here
};

}  // namespace troupe
