/// The cluster host over real child processes: this program runs itself again as
/// a node, by way of a test case that is skipped otherwise.
#include <doctest/doctest.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <chrono>
#include <fstream>
#include <iostream>
#include <limits>
#include <numeric>
#include <thread>

#include "base/user_error.hpp"
#include "tests/cluster/toys.hpp"

using namespace troupe;
using namespace troupe::toys;

namespace {

constexpr auto serve = "serve as a node of another test";
constexpr std::size_t big = 11'000'000;  // floats: 44 MB

std::string program() {
  std::array<char, 4096> path{};
  const auto size = readlink("/proc/self/exe", path.data(), path.size());
  return {path.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))};
}

std::string last_argument() {
  std::ifstream file("/proc/self/cmdline");
  std::string word;
  std::string last;
  while (std::getline(file, word, '\0')) last = word;
  return last;
}

/// Sends a dense gradient and says Finished when it comes back bit for bit.
std::unique_ptr<Toy> echoer(std::size_t size) {
  auto toy = std::make_unique<Toy>();
  toy->begin = [size](Context& context) {
    Block block(size);
    std::iota(block.values().begin(), block.values().end(), 1.0F);
    const std::array odd{std::numeric_limits<float>::quiet_NaN(),
                         -std::numeric_limits<float>::infinity(),
                         std::numeric_limits<float>::denorm_min(), -0.0F, 1e-39F};
    std::ranges::copy(odd, block.values().begin());
    Parameters sent{1, 0, {}, DenseValues{std::move(block).freeze()}};
    context.send(server, std::move(sent));
  };
  toy->hear = [size](Context& context, ActorId, Message& message) {
    const auto* back = std::get_if<Parameters>(&message);
    if (back == nullptr) return;
    const auto values = std::get<DenseValues>(back->payload).values.values();
    const bool same = values.size() == size &&
                      std::bit_cast<std::uint32_t>(values[0]) == 0x7fc00000U &&
                      std::bit_cast<std::uint32_t>(values[1]) == 0xff800000U &&
                      std::bit_cast<std::uint32_t>(values[2]) == 1U &&
                      std::bit_cast<std::uint32_t>(values[3]) == 0x80000000U &&
                      values[4] == 1e-39F && values[size - 1] == static_cast<float>(size);
    if (same)
      context.send(Plan::coordinator, Finished{1});
    else
      context.send(Plan::coordinator, Failed{1, "the block came back changed"});
  };
  return toy;
}

std::unique_ptr<Toy> mirror() {
  auto toy = answerer();
  toy->hear = [pull = toy->hear](Context& context, ActorId from, Message& message) {
    if (std::holds_alternative<Parameters>(message))
      context.send(from, std::move(message));
    else
      pull(context, from, message);
  };
  return toy;
}

/// Tells the server its process, over and over, so that somebody can be killed.
std::unique_ptr<Toy> pid_teller() {
  auto toy = std::make_unique<Toy>();
  toy->begin = [](Context& context) {
    context.send(server, Pull{static_cast<std::uint64_t>(getpid()), {}});
  };
  return toy;
}

/// A ring: every worker passes a token on to the next one, `laps` times round.
std::unique_ptr<Toy> runner(ActorId self, std::uint32_t workers, std::uint64_t laps) {
  auto toy = std::make_unique<Toy>();
  const ActorId next = first_worker + (self - first_worker + 1) % workers;
  if (self == first_worker)
    toy->begin = [next](Context& context) { context.send(next, Pull{1, {}}); };
  toy->hear = [=](Context& context, ActorId, Message& message) {
    const auto* token = std::get_if<Pull>(&message);
    if (token == nullptr) return;
    if (token->known_version == laps * workers)
      context.send(Plan::coordinator, Finished{token->known_version});
    else
      context.send(next, Pull{token->known_version + 1, {}});
  };
  return toy;
}

std::shared_ptr<Plan> plan_of(const std::string& play) {
  if (play == "no plan") throw UserError(ExitCode::data, "d.h5: no such file");
  auto plan = star(play == "ring" ? 3 : 2);
  if (play == "ring")
    for (std::uint32_t w = 0; w < 3; ++w) plan->drawing.edges.push_back({w + 1, (w + 1) % 3 + 1});
  if (play == "other model") plan->parameters = 5;
  return plan;
}

std::unique_ptr<Actor> worker_of(const std::string& play, ActorId id) {
  if (play == "pull") return puller(300);
  if (play == "pull for ever") return puller(UINT64_MAX);
  if (play == "echo") return echoer(big);
  if (play == "odd") return echoer(5000);
  if (play == "die") return pid_teller();
  if (play == "ring") return runner(id, 3, 200);
  if (play == "throw") {
    auto toy = std::make_unique<Toy>();
    toy->begin = [](Context&) { throw UserError(ExitCode::data, "d.h5: segment 3 is damaged"); };
    return toy;
  }
  return std::make_unique<Toy>();
}

ClusterRequest play_on_nodes(const std::string& play, Ending& ending, Cast cast) {
  auto plan = plan_of(play == "no plan" || play == "other model" ? "" : play);
  auto request = toys::request(plan, ending, std::move(cast));
  request.nodes = play == "ring" ? 3 : 2;
  request.settings_text = play;
  request.node_command = {program(), std::string("-tc=") + serve, "--no-skip"};
  request.start_seconds = 20;
  request.lost_after_seconds = 5;  // a loaded machine is not a dead node
  return request;
}

Cast usual(std::uint32_t workers, std::vector<std::string>* lost = nullptr) {
  return [=](ActorId id) -> std::unique_ptr<Actor> {
    if (id == Plan::coordinator) return counter(workers, lost);
    return id == server ? mirror() : nullptr;
  };
}

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

bool has_children() { return waitpid(-1, nullptr, WNOHANG) != -1; }

}  // namespace

TEST_CASE("serve as a node of another test" * doctest::skip()) {
  auto play = std::make_shared<std::string>();
  NodeRequest node{.join = last_argument(),
                   .assemble =
                       [play](const std::string& settings) {
                         *play = settings;
                         return std::pair{std::shared_ptr<const Plan>(plan_of(settings)), Pace{}};
                       },
                   .version = "test",
                   .make = [play](const std::shared_ptr<const Plan>&,
                                  ActorId id) { return worker_of(*play, id); }};
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

TEST_CASE("nodes: blocks of 44 MB go both ways and come back unchanged") {
  Ending ending;
  Cluster cluster(play_on_nodes("echo", ending, usual(2)));
  run(cluster);
  REQUIRE(ending.ends.size() == 1);
  CHECK(ending.ends[0].reason == "all");
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
      if (std::holds_alternative<WorkerLost>(message)) context.wake(0.15, 1);
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

TEST_CASE("nodes: a stop while nodes are still awaited is reported and starts nothing") {
  Ending ending;
  auto request = play_on_nodes("pull", ending, usual(2));
  request.node_command = {"/bin/sh", "-c", "sleep 30"};
  Cluster cluster(request);
  cluster.request_stop({"signal", 130});
  run(cluster);
  CHECK(ending.ends.at(0).status == "stopped");
  CHECK(ending.ends.at(0).exit_code == 130);
  CHECK_FALSE(has_children());
}

TEST_CASE("nodes: what does not come in time is named") {
  Ending ending;
  auto request = play_on_nodes("pull", ending, usual(2));
  request.node_command = {"/bin/sh", "-c", "sleep 30"};
  request.start_seconds = 0.1;
  Cluster cluster(request);
  try {
    run(cluster);
    FAIL("the nodes cannot have come");
  } catch (const UserError& error) {
    CHECK(error.code() == ExitCode::cluster);
    CHECK(
        std::string(error.what()).starts_with("waited 0.1 s for 0/2 nodes; missing: node 1 (pid "));
  }
  CHECK_FALSE(has_children());
}

TEST_CASE("nodes: a program that ends before it joins is not waited for") {
  Ending ending;
  auto request = play_on_nodes("pull", ending, usual(2));
  request.node_command = {"/bin/false"};
  Cluster cluster(request);
  CHECK_THROWS_WITH_AS(run(cluster), doctest::Contains("ended with exit code 1"), UserError);
}

TEST_CASE("nodes: another model is refused and both sizes are named") {
  Ending ending;
  Cluster cluster(play_on_nodes("other model", ending, usual(2)));
  CHECK_THROWS_WITH_AS(run(cluster),
                       doctest::Contains("has a model of 5 parameters, this process 0"), UserError);
}

TEST_CASE("nodes: a node of another version is refused and both versions are named") {
  Ending ending;
  auto request = play_on_nodes("pull", ending, usual(2));
  request.version = "2.0.0";
  Cluster cluster(request);
  CHECK_THROWS_WITH_AS(run(cluster), doctest::Contains("is troupe test, this process 2.0.0"),
                       UserError);
}

TEST_CASE("nodes: a node that cannot read the data says so in the starting process") {
  Ending ending;
  Cluster cluster(play_on_nodes("no plan", ending, usual(2)));
  try {
    run(cluster);
    FAIL("there is no data");
  } catch (const UserError& error) {
    CHECK(error.code() == ExitCode::data);
    CHECK(std::string(error.what()).ends_with("d.h5: no such file"));
  }
}

TEST_CASE("nodes: more nodes than workers are a usage error") {
  Ending ending;
  auto request = play_on_nodes("pull", ending, usual(2));
  request.nodes = 3;
  Cluster cluster(request);
  CHECK_THROWS_WITH_AS(run(cluster), doctest::Contains("3 nodes for 2 workers"), UserError);
}

TEST_CASE("nodes: an address of another machine is refused until there is TLS") {
  NodeRequest node{.join = "example.org:80", .assemble = {}, .version = {}, .make = {}};
  CHECK(run_node(node) == 2);
}
