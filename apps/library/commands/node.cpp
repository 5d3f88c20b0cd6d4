/// `troupe node`: serves as a node of a run until it ends. `train --nodes` starts
/// local ones; others are started where they are to work.
#include <algorithm>
#include <array>
#include <csignal>
#include <iostream>
#include <iterator>

#include "apps/library/commands.hpp"
#include "apps/library/signals.hpp"
#include "apps/library/version.hpp"
#include "apps/library/watching.hpp"
#include "base/user_error.hpp"
#include "runtime/assemble.hpp"
#include "runtime/cluster/cluster.hpp"
#include "runtime/tls/bundle.hpp"

namespace troupe {
namespace {

std::optional<Credentials> credentials(const Arguments& arguments) {
  if (arguments.has("--credentials-on-input")) {
    const std::string text{std::istreambuf_iterator<char>(std::cin), {}};
    auto handed_over = unbundle(text);
    if (!handed_over)
      arguments.refuse("--credentials-on-input is for nodes that 'train --nodes' starts");
    return handed_over;
  }
  const std::array<std::string, 3> options{"--ca", "--certificate", "--key"};
  const auto given = std::ranges::count_if(
      options, [&](const std::string& option) { return arguments.has(option); });
  if (given == 0) return {};
  if (given < 3) arguments.refuse("--ca, --certificate and --key go together");
  return read_credentials(
      {arguments.text("--ca"), arguments.text("--certificate"), arguments.text("--key")});
}

int watch(const NodeRequest& request, Invocation& invocation) {
  Spectator spectator(request);
  return show_sights(
      [&spectator] {
        Spectacle seen = spectator.look();
        Sight sight{.state = std::move(seen.state), .silent_seconds = seen.silent_seconds};
        if (!seen.over.empty()) sight.over = "troupe node: " + seen.over + "\n";
        return sight;
      },
      invocation.out);
}

int node(const Arguments& arguments, Invocation& invocation) {
  NodeRequest request;
  request.join = arguments.text("--join");
  request.listen = arguments.text("--listen", request.listen);
  request.advertise = arguments.text("--advertise");
  request.credentials = credentials(arguments);
  request.slots = static_cast<std::uint32_t>(arguments.count("--slots").value_or(0));
  request.join_seconds = arguments.number("--wait").value_or(request.join_seconds);
  try {
    check_addresses(request);
  } catch (const UserError& error) {
    arguments.refuse(error.what());
  }
  request.version = version_text();
  if (arguments.has("--monitor")) return watch(request, invocation);
  request.assemble = [&invocation](const std::string& settings_text, const NodeData& data) {
    ConfigSources sources;
    sources.file = "the coordinator's settings";
    sources.text = settings_text;
    const Config config = load_config(invocation.tables, sources);
    Assembled assembled =
        assemble(config, invocation.tables, node_data(config.settings(), data.connect, data.news));
    return std::pair{std::move(assembled.plan), assembled.pace.for_real_hosts()};
  };
  request.assemble_again = [&invocation](const std::string& settings_text, const Plan& before) {
    ConfigSources sources;
    sources.file = "the coordinator's settings";
    sources.text = settings_text;
    const Config config = load_config(invocation.tables, sources);
    return assemble_again(config, invocation.tables, before).plan;
  };
  if (!arguments.has("--quiet"))
    request.log = [&invocation](const std::string& line) {
      invocation.err << "troupe node: " + line + "\n" << std::flush;
    };
  std::signal(SIGPIPE, SIG_IGN);
  request.rejoin = arguments.has("--rejoin");
  request.leave = std::make_shared<LeaveRequest>();
  block_signals();
  const Signals signals({.stop = [&](int) { request.leave->ask(); },
                         .leave = [](int signal) { std::_Exit(128 + signal); },
                         .checkpoint = [] {}});
  return run_node(request);
}

}  // namespace

Command node_command() {
  return {.name = "node",
          .sentence = "serves as a node of a run; 'train --nodes' starts its own",
          .arguments = {{.name = "--join",
                         .value = "HOST:PORT",
                         .sentence = "where the coordinator listens",
                         .required = true},
                        {.name = "--listen",
                         .value = "HOST[:PORT]",
                         .sentence = "where other nodes reach this one (127.0.0.1); any address "
                                     "but loopback needs a certificate"},
                        {.name = "--advertise",
                         .value = "HOST[:PORT]",
                         .sentence = "where they really do, when that differs"},
                        {.name = "--slots",
                         .value = "N",
                         .sentence = "workers that it takes at most; as many as it is given"},
                        {.name = "--wait",
                         .value = "SECONDS",
                         .sentence = "how long to try while nobody listens there (60)"},
                        {.name = "--rejoin",
                         .sentence = "joins again, as a new node, when the connection to the "
                                     "coordinator's process is lost"},
                        {.name = "--monitor",
                         .sentence = "takes no part: shows the run, as 'troupe monitor' does"},
                        {.name = "--ca",
                         .value = "FILE",
                         .sentence = "the CA's certificate, of 'troupe keys new'"},
                        {.name = "--certificate",
                         .value = "FILE",
                         .sentence = "this host's certificate"},
                        {.name = "--key", .value = "FILE", .sentence = "and its key"},
                        {.name = "--credentials-on-input",
                         .sentence = "all three come on standard input; 'train --nodes' does so"},
                        {.name = "-q,--quiet", .sentence = "nothing but errors on standard error"}},
          .act = node};
}

}  // namespace troupe
