/// `troupe launch`: a run over hosts by ssh. The coordinator stays here, with the run
/// folder; every host gets a node.
#include <fmt/format.h>

#include <ostream>

#include "apps/library/commands.hpp"
#include "apps/library/launch/emit.hpp"
#include "apps/library/launch/launcher.hpp"
#include "apps/library/preparation.hpp"
#include "apps/library/run_folder.hpp"
#include "apps/library/session.hpp"

namespace troupe {
namespace {

std::vector<Host> hosts_of(const Arguments& arguments) {
  if (arguments.has("--hosts") == arguments.has("--host"))
    arguments.refuse("give the hosts by --hosts FILE or by -H a:4,b:4");
  if (arguments.has("--host")) return parse_host_list(arguments.text("--host"));
  const std::string file = arguments.text("--hosts");
  return parse_hosts(read_text(file, ExitCode::usage), file);
}

/// What `train` understands as well.
std::vector<std::string> train_words(const Arguments& arguments) {
  std::vector<std::string> words = {arguments.text("CONFIG")};
  for (const std::string& setting : arguments.all("--set")) {
    words.emplace_back("-s");
    words.push_back(setting);
  }
  if (arguments.has("--seed")) {
    words.emplace_back("--seed");
    words.push_back(arguments.text("--seed"));
  }
  for (const char* flag : {"--json", "--quiet", "--verbose"})
    if (arguments.has(flag)) words.emplace_back(flag);
  return words;
}

std::uint16_t port_of(const Arguments& arguments) {
  const std::uint64_t port = arguments.count("--port").value_or(0);
  if (port > 65535) arguments.refuse(fmt::format("--port {} is none; the last one is 65535", port));
  return static_cast<std::uint16_t>(port);
}

/// Into a new folder, so that nothing is replaced.
int write_files(const Arguments& arguments, Invocation& invocation, const EmitRequest& request) {
  const std::string kind = arguments.text("--emit");
  const std::string folder = arguments.text("--out", "troupe-" + kind);
  const RunFolder made = RunFolder::create(folder, "", 0);
  const Emitted emitted = emit(kind, request);
  for (const EmittedFile& file : emitted.files) {
    made.write(file.name, file.text);
    invocation.out << made.file(file.name) << "\n";
  }
  invocation.out << emitted.advice;
  return 0;
}

int launch(const Arguments& arguments, Invocation& invocation) {
  const std::vector<Host> hosts = hosts_of(arguments);
  const Config config = load_config(invocation.tables, config_sources(arguments));
  refuse_unplayed(config, invocation.tables);
  refuse_apart(config, invocation.tables, "'troupe launch'");
  if (arguments.has("--emit")) {
    for (const char* option : {"--set", "--seed", "--dry-run", "--copy-binary"})
      if (arguments.has(option))
        arguments.refuse(std::string(option) +
                         " does not go with --emit: what it writes is run "
                         "elsewhere; write settings into the configuration");
    const std::uint16_t port = port_of(arguments);
    return write_files(arguments, invocation,
                       {.hosts = hosts,
                        .config = config,
                        .config_text = read_text(arguments.text("CONFIG"), ExitCode::usage),
                        .port = port != 0 ? port : std::uint16_t{7000}});
  }
  const std::string& name = config.settings().text("name");
  RunFolder::check(arguments.text("--run-dir"));
  LaunchRequest request{.hosts = hosts,
                        .config = config,
                        .train_words = train_words(arguments),
                        .run_dir = arguments.text("--run-dir", RunFolder::fresh(name)),
                        .ssh = arguments.text("--ssh", "ssh"),
                        .program = shell_word(arguments.text("--program", "troupe")),
                        .address = arguments.text("--address"),
                        .port = port_of(arguments),
                        .copy_binary = arguments.has("--copy-binary"),
                        .quiet = arguments.has("--quiet"),
                        .err = invocation.err};
  try {
    Launcher launcher(std::move(request));
    if (arguments.has("--dry-run")) {
      invocation.out << launcher.plan();
      return 0;
    }
    if (!arguments.has("--quiet")) invocation.err << launcher.plan() << std::flush;
    return launcher.run();
  } catch (const Interrupted& interrupted) {
    return 128 + interrupted.signal;
  }
}

}  // namespace

Command launch_command() {
  Command command{.name = "launch",
                  .sentence = "trains over hosts: a node on each by ssh, the coordinator here",
                  .arguments = config_arguments(),
                  .act = launch};
  for (Argument& argument : session_arguments()) command.arguments.push_back(std::move(argument));
  const std::vector<Argument> own = {
      {.name = "--hosts", .value = "FILE", .sentence = "lines 'host slots=N address=ADDR'"},
      {.name = "-H,--host",
       .value = "LIST",
       .sentence = "hosts and their slots: alpha:4,me@beta:2"},
      {.name = "--copy-binary", .sentence = "copies this program to hosts that have another"},
      {.name = "--program",
       .value = "PATH",
       .sentence = "the program on the hosts (troupe, in the PATH that ssh gives)"},
      {.name = "--ssh",
       .value = "COMMAND",
       .sentence = "with its options, as \"ssh -p 2222 -i key\" (ssh)"},
      {.name = "--emit",
       .value = "KIND",
       .sentence = "writes files for systemd, slurm or k8s and starts nothing",
       .words = {"systemd", "slurm", "k8s"}},
      {.name = "--out",
       .value = "DIR",
       .sentence = "where --emit writes (troupe-KIND); must be new"},
      {.name = "--address",
       .value = "ADDR",
       .sentence = "this machine's, where hosts reach it (as ssh shows it to them)"},
      {.name = "--port", .value = "N", .sentence = "of the coordinator (any that is free)"}};
  for (const Argument& argument : own) command.arguments.push_back(argument);
  return command;
}

}  // namespace troupe
