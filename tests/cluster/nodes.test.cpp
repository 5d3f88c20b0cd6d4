/// The cluster host over real child processes: traffic, losses, ends.
#include <doctest/doctest.h>
#include <poll.h>
#include <signal.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <iostream>
#include <iterator>
#include <set>
#include <sstream>
#include <thread>

#include "tests/cluster/certificates.hpp"
#include "tests/cluster/plays.hpp"

using namespace troupe;
using namespace troupe::toys;

namespace {

/// Runs a cluster of its own, kills the starting process once its nodes are up, and returns
/// what all of them wrote; "the end" stands where the last one that could write was gone.
std::string output_of_killed_cluster(const char* how) {
  std::array<int, 2> ends{};
  REQUIRE(pipe(ends.data()) == 0);
  const std::string self = program();
  const pid_t child = fork();
  if (child == 0) {
    dup2(ends[1], STDERR_FILENO);
    close(ends[0]);
    close(ends[1]);
    execl(self.c_str(), self.c_str(), "-tc=run a cluster until somebody kills it", "--no-skip", how,
          nullptr);
    _exit(127);
  }
  close(ends[1]);
  std::string output;
  std::array<char, 256> buffer{};
  pollfd readable{ends[0], POLLIN, 0};
  while (poll(&readable, 1, 20'000) == 1) {
    const ssize_t size = read(ends[0], buffer.data(), buffer.size());
    if (size <= 0) {
      output += "the end\n";
      break;
    }
    output.append(buffer.data(), static_cast<std::size_t>(size));
    if (output.starts_with("up\n")) kill(child, SIGKILL);
  }
  close(ends[0]);
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  return output;
}

/// Addresses, as the kernel writes them, that this process and its children listen on.
std::vector<std::string> listening() {
  std::vector<std::string> family{"self"};
  std::ifstream children("/proc/self/task/" + std::to_string(getpid()) + "/children");
  for (std::string pid; children >> pid;) family.push_back(pid);
  std::set<std::string> sockets;
  for (const std::string& pid : family)
    for (const auto& open : std::filesystem::directory_iterator("/proc/" + pid + "/fd"))
      sockets.insert(std::filesystem::read_symlink(open.path()).string());
  std::vector<std::string> addresses;
  for (const char* table : {"/proc/net/tcp", "/proc/net/tcp6"}) {
    std::ifstream file(table);
    for (std::string line; std::getline(file, line);) {
      std::istringstream words(line);
      const std::vector<std::string> word{std::istream_iterator<std::string>(words), {}};
      const bool listens = word.size() > 9 && word[3] == "0A";
      if (listens && sockets.contains("socket:[" + word[9] + "]"))
        addresses.push_back(word[1].substr(0, word[1].find(':')));
    }
  }
  return addresses;
}

}  // namespace

TEST_CASE("serve as a node of another test" * doctest::skip()) {
  auto play = std::make_shared<std::string>();
  const auto leave = std::make_shared<LeaveRequest>();
  NodeRequest node{.join = last_argument(),
                   .credentials = credentials_on_input(),
                   .leave = leave,
                   .assemble =
                       [play](const std::string& settings, const NodeData&) {
                         *play = settings;
                         return std::pair{std::shared_ptr<const Plan>(plan_of(settings)), Pace{}};
                       },
                   .version = "test",
                   .make =
                       [play, leave](const std::shared_ptr<const Plan>&, ActorId id) {
                         if (*play == "leave early") leave->ask();
                         return worker_of(*play, id);
                       }};
  std::_Exit(run_node(node));
}

TEST_CASE("nodes: workers of two processes exchange with the server and nothing stays behind") {
  Ending ending;
  Cluster cluster(play_on_nodes("pull", ending, usual(2)));
  run(cluster);
  REQUIRE(ending.ends.size() == 1);
  CHECK(ending.ends[0].status == "done");
  CHECK_FALSE(has_children());
}

TEST_CASE("nodes: with a slot here one worker stays in the starting process") {
  Ending ending;
  auto request = play_on_nodes("pull", ending, [](ActorId id) -> std::unique_ptr<Actor> {
    if (id == Plan::coordinator) return counter(2);
    if (id == server) return answerer();
    return id == first_worker ? puller(300) : nullptr;
  });
  request.nodes = 1;
  request.slots = 1;
  Cluster cluster(request);
  run(cluster);
  CHECK(ending.ends.at(0).reason == "all");
}

TEST_CASE("nodes: every process listens at one port, of the loopback address") {
  Ending ending;
  std::vector<std::string> addresses;
  Cluster cluster(play_on_nodes("pull", ending, [&](ActorId id) -> std::unique_ptr<Actor> {
    if (id == Plan::coordinator) return counter(2);
    if (id != server) return nullptr;
    auto toy = answerer();
    toy->begin = [&](Context&) { addresses = listening(); };
    return toy;
  }));
  run(cluster);
  CHECK(addresses.size() == 3);
  CHECK(std::ranges::all_of(addresses, [](const auto& each) { return each == "0100007F"; }));
}

TEST_CASE("nodes: blocks of 44 MB go both ways and come back unchanged") {
  Ending ending;
  Cluster cluster(play_on_nodes("echo", ending, usual(2)));
  run(cluster);
  REQUIRE(ending.ends.size() == 1);
  CHECK(ending.ends[0].reason == "all");
}

TEST_CASE("nodes: the same through TLS, on every connection") {
  for (const char* play : {"echo", "ring"}) {
    CAPTURE(play);
    Ending ending;
    auto request = play_on_nodes(play, ending, usual(std::string("ring") == play ? 1 : 2));
    request.credentials = TestAuthority().node();
    Cluster cluster(request);
    run(cluster);
    CHECK(ending.ends.at(0).reason == "all");
    CHECK_FALSE(has_children());
  }
}

TEST_CASE("nodes: NaN, infinity, denormals and minus zero arrive bit for bit") {
  Ending ending;
  Cluster cluster(play_on_nodes("odd", ending, usual(2)));
  run(cluster);
  CHECK(ending.ends.at(0).reason == "all");
}

TEST_CASE("nodes: a node that is killed is reported once for each of its workers") {
  Ending ending;
  std::vector<std::string> lost;
  pid_t victim = 0;
  Cluster cluster(play_on_nodes("die", ending, [&](ActorId id) -> std::unique_ptr<Actor> {
    // It waits a little after the first loss: a second report would come within that time.
    auto patient = counter(2, &lost);
    patient->wake = [](Context& context, std::uint64_t) { end_run(context, "done", "all"); };
    patient->hear = [hear = patient->hear](Context& context, ActorId from, Message& message) {
      if (std::holds_alternative<WorkersLost>(message)) context.wake(0.15, 1);
      hear(context, from, message);
    };
    if (id == Plan::coordinator) return patient;
    if (id != server) return nullptr;
    auto toy = std::make_unique<Toy>();
    toy->hear = [&](Context&, ActorId from, Message& message) {
      if (from != first_worker + 1) return;
      victim = static_cast<pid_t>(std::get<Pull>(message).known_version);
      kill(victim, SIGKILL);
    };
    return toy;
  }));
  run(cluster);
  CHECK(ending.ends.at(0).reason == "all");
  CHECK(lost == std::vector{"4: node 2 (pid " + std::to_string(victim) + ") killed by signal 9"});
  CHECK_FALSE(has_children());
}

TEST_CASE("nodes: a frozen node is given up and killed") {
  Ending ending;
  std::vector<std::string> lost;
  auto request = play_on_nodes("die", ending, [&](ActorId id) -> std::unique_ptr<Actor> {
    if (id == Plan::coordinator) return counter(1, &lost);
    if (id != server) return nullptr;
    auto toy = std::make_unique<Toy>();
    toy->hear = [&](Context&, ActorId from, Message& message) {
      if (from == first_worker)
        kill(static_cast<pid_t>(std::get<Pull>(message).known_version), SIGSTOP);
    };
    return toy;
  });
  request.lost_after_seconds = 1;
  Cluster cluster(request);
  run(cluster);
  REQUIRE(lost.size() >= 1);
  CHECK(lost[0].find("gave no sign of life") != std::string::npos);
  CHECK_FALSE(has_children());
}

TEST_CASE("nodes: every edge has a connection of its own, also between nodes") {
  Ending ending;
  Cluster cluster(play_on_nodes("ring", ending, usual(1)));
  run(cluster);
  CHECK(ending.ends.at(0).reason == "all");
}

TEST_CASE("nodes: an exception in a worker elsewhere reaches the coordinator with its exit code") {
  Ending ending;
  Cluster cluster(play_on_nodes("throw", ending, usual(2)));
  run(cluster);
  CHECK(ending.ends.at(0).reason == "d.h5: segment 3 is damaged");
  CHECK(ending.ends.at(0).exit_code == 3);
}

TEST_CASE("nodes: a stop ends a run that would go on for ever, and its processes") {
  Ending ending;
  std::atomic<bool> running = false;
  Cluster cluster(play_on_nodes("pull for ever", ending, [&](ActorId id) -> std::unique_ptr<Actor> {
    if (id == Plan::coordinator) return counter(2);
    if (id != server) return nullptr;
    auto toy = answerer();
    toy->hear = [&, pull = toy->hear](Context& context, ActorId from, Message& message) {
      running = true;
      running.notify_all();
      pull(context, from, message);
    };
    return toy;
  }));
  std::chrono::steady_clock::time_point asked;
  std::jthread stopper([&] {
    running.wait(false);
    asked = std::chrono::steady_clock::now();
    cluster.request_stop({"asked", 130});
  });
  run(cluster);
  CHECK(std::chrono::steady_clock::now() - asked < std::chrono::seconds(2));
  CHECK(ending.ends.at(0).reason == "asked");
  CHECK_FALSE(has_children());
}

TEST_CASE("run a cluster until somebody kills it" * doctest::skip()) {
  Ending ending;
  int heard = 0;
  auto request = play_on_nodes("die", ending, [&heard](ActorId id) {
    auto toy = std::make_unique<Toy>();
    if (id == server)
      toy->hear = [&heard](Context&, ActorId, Message&) {
        if (++heard == 2) std::cerr << "up\n" << std::flush;
      };
    return toy;
  });
  // A shell in between takes the signal that the kernel sends to orphans.
  if (last_argument() == "orphans")
    request.node_command.insert(request.node_command.begin(),
                                {"/bin/sh", "-c", "\"$0\" \"$@\" & wait"});
  Cluster(request).run();
}

TEST_CASE("nodes: when the starting process is killed every node goes with it") {
  std::string output = output_of_killed_cluster("children");
  CHECK(output.starts_with("up\n"));
  CHECK(output.ends_with("the end\n"));
}

TEST_CASE("nodes: a node that loses the starting process's connection ends by itself") {
  std::string output = output_of_killed_cluster("orphans");
  CHECK(output.ends_with("the end\n"));
  CHECK(output.find("troupe node: the coordinator's process is gone\n") != std::string::npos);
}
