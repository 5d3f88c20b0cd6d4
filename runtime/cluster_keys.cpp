#include "runtime/cluster_keys.hpp"

#include <fmt/format.h>

#include "runtime/address.hpp"

namespace troupe {
namespace {

constexpr const char* mode = "cluster.tls.mode";
constexpr const char* files[] = {"cluster.tls.ca", "cluster.tls.certificate", "cluster.tls.key"};
// A run's own: nobody keeps them.
constexpr int run_days = 365;

Key duration(const char* path, double standard, const char* sentence) {
  return {.path = path,
          .type = KeyType::duration,
          .unit = "seconds",
          .minimum = 0,
          .standard = standard,
          .sentence = sentence,
          .exclusive = true};
}

Key count(const char* path, const char* unit, const char* sentence) {
  return {.path = path,
          .type = KeyType::integer,
          .unit = unit,
          .minimum = 0,
          .maximum = 1e5,
          .standard = std::int64_t{0},
          .sentence = sentence};
}

void check_tls(Config& config) {
  const Settings& settings = config.settings();
  const char* given = nullptr;
  const char* missing = nullptr;
  for (const char* file : files) (config.has(file) ? given : missing) = file;
  if (given != nullptr && missing != nullptr)
    config.refuse(given, fmt::format("{} needs {} beside it: TLS takes the CA's certificate, this "
                                     "host's and its key",
                                     given, missing));
  if (given != nullptr && config.set_by_user(mode) && settings.text(mode) != "files")
    config.refuse(given, fmt::format("{} contradicts {}: give one of them", config.describe(given),
                                     config.describe(mode)));
  if (given != nullptr) config.resolve(mode, std::string("files"), "the files are given");
  if (given == nullptr && settings.text(mode) == "files")
    config.refuse(
        mode, fmt::format("{} needs cluster.tls.ca, certificate and key", config.describe(mode)));
  const auto address = parse_address(settings.text("cluster.listen"));
  if (!address)
    config.refuse("cluster.listen",
                  fmt::format("{} is no address: give HOST, HOST:PORT or [ADDRESS]:PORT",
                              config.describe("cluster.listen")));
  if (!is_loopback(*address) && settings.text(mode) == "off")
    config.refuse("cluster.listen",
                  fmt::format("{} is reached from other machines, so it needs TLS: make "
                              "certificates with 'troupe keys new DIR HOST...' and give "
                              "cluster.tls = {{ ca, certificate, key }}",
                              config.describe("cluster.listen")));
}

void check_heartbeat(const Config& config) {
  if (config.settings().number("cluster.lost_after") <
      2 * config.settings().number("cluster.heartbeat"))
    config.refuse("cluster.lost_after",
                  fmt::format("{} must be at least twice {}", config.describe("cluster.lost_after"),
                              config.describe("cluster.heartbeat")));
}

}  // namespace

std::vector<Key> cluster_keys() {
  return {count("cluster.slots", "workers",
                "workers in the coordinator's process when there are nodes"),
          count("cluster.nodes", "nodes",
                "nodes started elsewhere by 'troupe node --join' that the run waits for, beside "
                "those of --nodes"),
          count("cluster.server", "",
                "the node, from 1, in whose process the model lives; 0: the coordinator's. The "
                "nodes of --nodes come first"),
          duration("cluster.coordinator_grace", 30,
                   "how long the nodes go on, where the model is on one of them, when the "
                   "coordinator's process is out of reach"),
          {.path = "cluster.listen",
           .standard = std::string("127.0.0.1"),
           .sentence = "where nodes join, HOST or HOST:PORT; without a port the system chooses "
                       "one. Any address but loopback needs cluster.tls"},
          {.path = mode,
           .type = KeyType::choice,
           .choices = {"off", "auto", "files"},
           .standard = std::string("off"),
           .sentence = "how the processes of a run know each other: off (loopback only), auto "
                       "(certificates made for this run, for local nodes), files; 'tls = \"auto\"' "
                       "is short for it, and naming the files chooses them"},
          {.path = files[0],
           .sentence = "the CA's certificate, of 'troupe keys new'; whoever has one that it signed "
                       "may join"},
          {.path = files[1], .sentence = "the certificate of this process's host"},
          {.path = files[2], .sentence = "the key of that certificate, readable by its owner only"},
          duration("cluster.start_timeout", 60, "how long to wait for all nodes to join"),
          duration("cluster.heartbeat", 0.2, "time between two signs of life of a process"),
          duration("cluster.lost_after", 1, "a process without a sign of life so long is lost"),
          duration("cluster.stop_timeout", 10, "time to finish the steps under way at a stop"),
          {.path = "cluster.kernels",
           .type = KeyType::choice,
           .choices = {"auto", "v2", "v3", "v4"},
           .standard = std::string("auto"),
           .sentence = "the x86-64 level of the kernels; no level changes a result"}};
}

void check_cluster(Config& config) {
  check_tls(config);
  check_heartbeat(config);
}

std::optional<Credentials> cluster_credentials(const Settings& settings) {
  const std::string how = settings.text(mode);
  if (how == "off") return {};
  if (how == "auto") {
    const Validity validity = Validity::days(run_days);
    return Authority::make("a run's own CA", validity).issue("localhost", validity);
  }
  return read_credentials(
      {settings.text(files[0]), settings.text(files[1]), settings.text(files[2])});
}

}  // namespace troupe
