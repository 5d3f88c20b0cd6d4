/// `troupe launch` with a shell of this machine in ssh's place: what it refuses, what it
/// plans, and what it writes for others to start.
#include <doctest/doctest.h>

#include <filesystem>

#include "apps/library/launch/passes.hpp"
#include "apps/library/own_program.hpp"
#include "apps/library/version.hpp"
#include "tests/library/toy.hpp"

using namespace troupe;
using troupe::test::call;
using troupe::test::Outcome;
using troupe::test::Scratch;
using troupe::test::small_config;

namespace {

std::string executable(const Scratch& scratch, const std::string& name, const std::string& body) {
  const std::string path = scratch.write(name, "#!/bin/sh\n" + body);
  std::filesystem::permissions(path, std::filesystem::perms::owner_all);
  return path;
}

/// Words of a launch whose hosts are this machine, seen from `caller`.
std::vector<std::string> launch(const Scratch& scratch, const std::string& hosts,
                                const std::string& caller = "127.0.0.1") {
  const std::string ssh = executable(
      scratch, "ssh",
      "for last; do :; done\nSSH_CONNECTION='" + caller + " 1 10.9.9.2 22' exec sh -c \"$last\"\n");
  const std::string program =
      executable(scratch, "program", "echo 'troupe " + version_text() + "'\n");
  return {"launch", "-H",   hosts,      small_config(scratch), "--ssh", ssh, "--program", program,
          "--port", "7000", "--dry-run"};
}

Outcome with(std::vector<std::string> words, const std::vector<std::string>& more) {
  words.insert(words.end(), more.begin(), more.end());
  return call(words);
}

std::size_t files_in(const std::string& folder) {
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder), {}));
}

}  // namespace

TEST_CASE("launch: the plan names the coordinator, the hosts and how they are safe") {
  const Scratch scratch;
  const Outcome local = call(launch(scratch, "alpha:2"));
  CHECK(local.code == 0);
  CHECK(local.out.find("coordinator here, at 127.0.0.1:7000, 2 workers on 1 hosts, in the clear on "
                       "this machine alone\nalpha (10.9.9.2, folder ") == 0);
  const Outcome far = call(launch(scratch, "alpha:2", "10.9.9.1"));
  CHECK(far.out.find("coordinator here, at 10.9.9.1:7000, 2 workers on 1 hosts, by TLS with "
                     "certificates of this run\n") == 0);
}

TEST_CASE("launch: explicit workers count, and have to fit the slots") {
  const Scratch scratch;
  const auto line = [&](const std::string& hosts) {
    const Outcome refused = call(launch(scratch, hosts));
    CHECK(refused.code == 2);
    return refused.err;
  };
  CHECK(
      line("alpha:1").find(": training.workers = 2 for 1 slots on 1 hosts; give hosts more slots, "
                           "or take fewer workers") != std::string::npos);
  CHECK(line("alpha:1,beta:1,gamma:1")
            .find(": training.workers = 2 leaves some of 3 hosts idle; take more workers, or fewer "
                  "hosts") != std::string::npos);
}

TEST_CASE("launch: certificates of the configuration are needed for every host") {
  const Scratch scratch;
  const std::string keys = scratch.file("keys");
  REQUIRE(call({"keys", "new", keys, "desk", "alpha"}).code == 0);
  const std::vector<std::string> tls = {"-s", "cluster.tls.ca=" + keys + "/ca.pem",
                                        "-s", "cluster.tls.certificate=" + keys + "/desk.pem",
                                        "-s", "cluster.tls.key=" + keys + "/desk.key"};
  const Outcome good = with(launch(scratch, "alpha:2", "10.9.9.1"), tls);
  CHECK(good.out.find("by TLS with the certificates of " + keys + "\n") != std::string::npos);
  const Outcome refused = with(launch(scratch, "alpha:1,beta:1", "10.9.9.1"), tls);
  CHECK(refused.code == 2);
  CHECK(refused.err.find(keys + "/beta.pem: the certificate cannot be read") == 0);
}

TEST_CASE("passes: those of one run are good for each other, private, and go with it") {
  CredentialFiles files;
  {
    const Passes passes = Passes::for_one_run("10.0.0.1");
    files = passes.own_files();
    const Credentials own = read_credentials(files);
    const Credentials node = passes.of("alpha");
    CHECK(own.authority == node.authority);
    CHECK_NOTHROW(check_credentials({own.authority, node.certificate, node.key}, {}));
    const auto folder = std::filesystem::path(files.key).parent_path();
    CHECK(std::filesystem::status(folder).permissions() == std::filesystem::perms::owner_all);
  }
  CHECK_FALSE(std::filesystem::exists(files.key));
}

TEST_CASE("launch: what does not go together is refused in a line") {
  const Scratch scratch;
  const std::string config = small_config(scratch);
  const auto line = [&](const std::vector<std::string>& words) {
    const Outcome refused = call(words);
    CHECK(refused.code == 2);
    return refused.err;
  };
  CHECK(line({"launch", config}) ==
        "troupe launch: give the hosts by --hosts FILE or by -H a:4,b:4");
  CHECK(line({"launch", config, "-H", "a", "--port", "70000"}) ==
        "troupe launch: --port 70000 is none; the last one is 65535");
  CHECK(line({"launch", config, "-H", "a", "--emit", "nomad"}) ==
        "troupe launch: --emit cannot be 'nomad'; it is one of systemd, slurm, k8s");
  CHECK(line({"launch", config, "-H", "a", "--emit", "k8s", "-s", "workers=3"}) ==
        "troupe launch: --set does not go with --emit: what it writes is run elsewhere; write "
        "settings into the configuration");
}

TEST_CASE("launch: emitted files go into a new folder and replace nothing") {
  const Scratch scratch;
  const std::string folder = scratch.file("units");
  const std::vector<std::string> words = {
      "launch", small_config(scratch), "-H", "alpha:2,[::1]:2", "--emit", "systemd", "--out",
      folder};
  CHECK(call(words).code == 0);
  CHECK(files_in(folder) == 4);
  CHECK(scratch.read("units/troupe-node-::1.service")
            .find(" --join alpha:7000 --listen [::]:7001 "
                  "--advertise ::1 --slots 2 ") != std::string::npos);
  const Outcome again = call(words);
  CHECK(again.code == 2);
  CHECK(again.err.find(folder) == 0);
}
