/// `troupe doctor`: what this machine has, a line each, with what to do about it.
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <ostream>
#include <thread>

#include "apps/library/commands.hpp"
#include "apps/library/commands/doctor.hpp"
#include "apps/library/finding.hpp"
#include "apps/library/launch/doorbell.hpp"
#include "apps/library/progress.hpp"
#include "base/cpu_level.hpp"
#include "base/user_error.hpp"
#include "datasets/model_file.hpp"
#include "runtime/gateway/client.hpp"
#include "runtime/gateway/gateway.hpp"

namespace troupe {
namespace {

using Verdict = Finding::Verdict;

constexpr std::chrono::seconds answer_time{60};
constexpr std::chrono::seconds reach_time{5};

Finding processor() {
  const std::string level(to_text(best_cpu_level()));
  if (best_cpu_level() == CpuLevel::v2)
    return {Verdict::warn, "x86-64-v2 or another CPU: the portable kernels, several times slower"};
  return {Verdict::ok, "kernels for x86-64-" + level};
}

Finding cores() {
  const unsigned count = std::thread::hardware_concurrency();
  if (count < 2)
    return {Verdict::warn, "1: workers and server share it; take training.workers = 1"};
  return {Verdict::ok, std::to_string(count)};
}

Finding memory() {
  std::ifstream file("/proc/meminfo");
  std::string word;
  std::uint64_t kib = 0;
  while (file >> word)
    if (word == "MemAvailable:" && file >> kib) break;
  const std::string text = count_text(kib >> 10U) + " MiB free";
  if (kib < (1U << 18U)) return {Verdict::fail, text + "; at least 256 MiB are needed"};
  if (kib < (1U << 20U)) return {Verdict::warn, text + "; large data sets will not fit"};
  return {Verdict::ok, text};
}

Finding descriptors() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  const std::string text = std::to_string(limit.rlim_cur);
  if (limit.rlim_cur < 64) return {Verdict::fail, text + "; raise it with 'ulimit -n 1024'"};
  if (limit.rlim_cur < 1024) return {Verdict::warn, text + "; many nodes need 'ulimit -n 1024'"};
  return {Verdict::ok, text};
}

/// A file written and read back says more than a version number.
Finding hdf5() {
  namespace fs = std::filesystem;
  std::error_code error;
  const fs::path path =
      fs::temp_directory_path(error) / ("troupe-doctor-" + std::to_string(::getpid()) + ".h5");
  try {
    const std::vector<float> values = {1.5F, -2.0F, 3.25F};
    ModelFile file;
    file.kind = "doctor";
    file.features = 3;
    file.parameters = Block::copy_of(values).freeze();
    save_model(path.string(), file);
    const ModelFile back = load_model(path.string());
    fs::remove(path, error);
    if (weights_crc32c(back.parameters.values()) != weights_crc32c(values))
      return {Verdict::fail, "a file read back differs from what was written; check libhdf5"};
    return {Verdict::ok, "a file was written and read back"};
  } catch (const UserError& wrong) {
    fs::remove(path, error);
    return {Verdict::fail, std::string(wrong.what()) + "; check TMPDIR and libhdf5"};
  }
}

Finding loopback() {
  try {
    const Gateway gateway({.token = "doctor", .state = [] { return std::string("{}"); }});
    const ControlAnswer answer = ask({gateway.address(), "GET", "/healthz", ""});
    if (answer.status == 200) return {Verdict::ok, "a request over 127.0.0.1 was answered"};
    return {Verdict::fail, "127.0.0.1 does not answer: " + answer.error + "; is 'lo' up?"};
  } catch (const UserError& error) {
    return {Verdict::fail, error.what()};
  }
}

Finding privacy() {
  return {Verdict::warn,
          "the ports of --nodes are plain, for machines of one user; others who log in here "
          "could disturb a run, unless cluster.tls = \"auto\""};
}

Finding run_folders() {
  std::error_code error;
  const std::string path = std::filesystem::is_directory("runs", error) ? "runs" : ".";
  if (::access(path.c_str(), W_OK | X_OK) != 0)
    return {Verdict::fail, "no run folder can be made here; go elsewhere or use --run-dir"};
  const auto space = std::filesystem::space(path, error);
  const std::string text = count_text(space.available >> 20U) + " MiB free for run folders";
  if (error || space.available < (64U << 20U)) return {Verdict::warn, text + "; make room"};
  return {Verdict::ok, text};
}

/// Opened as a run opens it, its manifest verified.
Finding data_file(const std::string& path) {
  try {
    return {Verdict::ok,
            fmt::format("{}, manifest {:08x}", path, open_dataset(path)->facts().manifest_crc32c)};
  } catch (const UserError& error) {
    return {Verdict::fail, error.what()};
  }
}

/// Prints a line; 1 when something must be mended.
int tell(std::ostream& out, const std::string& name, const Finding& finding) {
  out << word_of(finding.verdict) << "  " << name
      << std::string(13 - std::min<std::size_t>(12, name.size()), ' ') << finding.text << std::endl;
  return finding.verdict == Verdict::fail ? 1 : 0;
}

int answer(const std::string& address, std::ostream& out) {
  const std::string why = answer_at(address, answer_time, [&] {
    tell(out, "answer", {Verdict::ok, "listening at " + address});
  });
  if (why.empty()) return 0;
  return tell(out, "answer",
              {Verdict::fail, "cannot listen at " + address + ": " + why +
                                  "; see what has the port with 'ss -ltnp', or take another with "
                                  "--port"});
}

int reach(const std::vector<std::string>& addresses, std::ostream& out) {
  int code = 0;
  for (const std::string& address : addresses) {
    const std::string why = why_not_reached(address, reach_time);
    code |= tell(out, "reach",
                 why.empty() ? Finding{Verdict::ok, address}
                             : Finding{Verdict::fail,
                                       fmt::format("cannot reach {}: {}; open the port in the "
                                                   "firewalls between them",
                                                   address, why)});
  }
  return code;
}

int look_here(const Arguments& arguments, std::ostream& out) {
  const std::pair<const char*, Finding (*)()> parts[] = {
      {"processor", processor},     {"cores", cores},     {"memory", memory},
      {"descriptors", descriptors}, {"hdf5", hdf5},       {"loopback", loopback},
      {"privacy", privacy},         {"disk", run_folders}};
  int code = 0;
  for (const auto& [name, look] : parts) code |= tell(out, name, look());
  for (const std::string& path : arguments.all("--data"))
    code |= tell(out, "data", data_file(path));
  return code;
}

int doctor(const Arguments& arguments, Invocation& invocation) {
  if (arguments.has("--answer")) return answer(arguments.text("--answer"), invocation.out);
  if (arguments.has("--reach")) return reach(arguments.all("--reach"), invocation.out);
  if (arguments.has("--hosts") || arguments.has("--host"))
    return look_at_hosts(arguments, invocation);
  for (const char* option : {"--keys", "--port", "--ssh", "--program", "--address"})
    if (arguments.has(option)) arguments.refuse(std::string(option) + " goes with --hosts or -H");
  return look_here(arguments, invocation.out);
}

}  // namespace

Command doctor_command() {
  return {.name = "doctor",
          .sentence = "what this machine has and lacks; exit 1 when something must be mended",
          .arguments = {{.name = "--data",
                         .value = "FILE",
                         .sentence = "a data file to open; with --hosts, on every host",
                         .repeated = true},
                        {.name = "--hosts",
                         .value = "FILE",
                         .sentence = "looks at these hosts by ssh: lines 'host address=ADDR'"},
                        {.name = "-H,--host", .value = "LIST", .sentence = "the same: alpha,beta"},
                        {.name = "--keys",
                         .value = "DIR",
                         .sentence = "of 'troupe keys new': are the hosts' certificates good?"},
                        {.name = "--port",
                         .value = "N",
                         .sentence = "of the coordinator (7000); nodes are tried at the next one"},
                        {.name = "--program",
                         .value = "PATH",
                         .sentence = "the program on the hosts (troupe)"},
                        {.name = "--ssh",
                         .value = "COMMAND",
                         .sentence = "with its options, as \"ssh -p 2222 -i key\" (ssh)"},
                        {.name = "--address",
                         .value = "ADDR",
                         .sentence = "this machine's, where hosts reach it (as ssh shows it)"},
                        {.name = "--answer",
                         .value = "HOST:PORT",
                         .sentence = "listens there for a minute, for somebody's --reach"},
                        {.name = "--reach",
                         .value = "HOST:PORT",
                         .sentence = "can that be reached from here?",
                         .repeated = true}},
          .act = doctor};
}

}  // namespace troupe
