/// `troupe node`: serves as a node of a run until it ends. `train --nodes` starts
/// it; in this version it joins over loopback only.
#include <unistd.h>

#include <csignal>
#include <ostream>

#include "apps/library/commands.hpp"
#include "apps/library/version.hpp"
#include "base/user_error.hpp"
#include "runtime/assemble.hpp"
#include "runtime/cluster/cluster.hpp"

namespace troupe {
namespace {

std::string join_address(const Arguments& arguments) {
  std::string address = arguments.text("--join");
  const std::string host = address.substr(0, address.rfind(':'));
  if (host == address || address.back() == ':')
    arguments.refuse("--join needs HOST:PORT, not '" + address + "'");
  if (host != "127.0.0.1" && host != "localhost")
    arguments.refuse("--join " + address +
                     ": other hosts come with a later version; this one joins 127.0.0.1");
  return address;
}

int node(const Arguments& arguments, Invocation& invocation) {
  NodeRequest request;
  request.join = join_address(arguments);
  request.version = version_text();
  request.assemble = [&invocation](const std::string& settings_text, const NodeData& data) {
    ConfigSources sources;
    sources.file = "the coordinator's settings";
    sources.text = settings_text;
    const Config config = load_config(invocation.tables, sources);
    Assembled assembled =
        assemble(config, invocation.tables, node_data(config.settings(), data.connect, data.news));
    return std::pair{std::move(assembled.plan), std::move(assembled.pace)};
  };
  if (!arguments.has("--quiet"))
    request.log = [&invocation](const std::string& line) {
      invocation.err << "troupe node: " + line + "\n" << std::flush;
    };
  std::signal(SIGPIPE, SIG_IGN);
  // Ctrl-C reaches the whole group of a terminal: the coordinator decides, and
  // whoever ends it takes its nodes along.
  if (::getpgrp() != ::getpid()) std::signal(SIGINT, SIG_IGN);
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
                        {.name = "-q,--quiet", .sentence = "nothing but errors on standard error"}},
          .later = {"--listen", "--advertise", "--slots", "--monitor"},
          .act = node};
}

}  // namespace troupe
