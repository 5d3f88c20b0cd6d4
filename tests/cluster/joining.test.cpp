/// Node processes that do not come, do not fit or are no longer wanted.
#include <doctest/doctest.h>

#include "runtime/cluster/handshake.hpp"
#include "tests/cluster/plays.hpp"

using namespace troupe;
using namespace troupe::toys;

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

TEST_CASE("nodes: whoever has no ticket takes no place of those that were started here") {
  Ending ending;
  auto request = play_on_nodes("pull", ending, usual(2));
  const std::vector<std::string> node = request.node_command;
  request.node_command = {"/bin/sh", "-c", "unset TROUPE_TICKET; exec \"$@\"", "sh"};
  request.node_command.insert(request.node_command.end(), node.begin(), node.end());
  Cluster cluster(request);
  CHECK_THROWS_WITH_AS(run(cluster), doctest::Contains("ended with exit code 4"), UserError);
}

TEST_CASE("nodes: a shell between a node and who started it is no stranger") {
  Ending ending;
  auto request = play_on_nodes("pull", ending, usual(2));
  const std::vector<std::string> node = request.node_command;
  request.node_command = {"/bin/sh", "-c", "\"$@\"; exit $?", "sh"};
  request.node_command.insert(request.node_command.end(), node.begin(), node.end());
  Cluster cluster(request);
  run(cluster);
  CHECK(ending.ends.at(0).status == "done");
}

TEST_CASE("nodes: a ticket is what was handed over, and nonsense is none") {
  const Ticket ticket = ticket_of(to_text({3, ~std::uint64_t{0}}).c_str());
  CHECK(ticket.number == 3);
  CHECK(ticket.proof == ~std::uint64_t{0});
  for (const char* text : {"", ":", "3", "3:", "x:4", "3:4x", "99999999999:1"})
    CHECK(ticket_of(text).number == 0);
  CHECK(ticket_of(nullptr).number == 0);
}

TEST_CASE("nodes: who is asked to leave just before the start says so after it") {
  Ending ending;
  std::vector<ActorId> leaving;
  Cluster cluster(play_on_nodes("leave early", ending, [&](ActorId id) -> std::unique_ptr<Actor> {
    if (id != Plan::coordinator) return nullptr;
    auto toy = std::make_unique<Toy>();
    toy->hear = [&](Context& context, ActorId, Message& message) {
      const auto* said = std::get_if<WorkersLeaving>(&message);
      if (said == nullptr) return;
      leaving.insert(leaving.end(), said->workers.begin(), said->workers.end());
      if (leaving.size() == 2) end_run(context, "done", "all have said so");
    };
    return toy;
  }));
  run(cluster);
  CHECK(ending.ends.at(0).reason == "all have said so");
}

TEST_CASE("nodes: words that are not a worker's are dropped, counted and said once a process") {
  Ending ending;
  std::vector<std::string> said;
  auto request = play_on_nodes("mutiny", ending, usual(2));
  request.report = [&](const Report& report) {
    const auto* event = std::get_if<EventReport>(&report);
    if (event != nullptr && event->what == "message_refused") said.push_back(event->detail);
    ending.sink()(report);
  };
  Cluster cluster(request);
  run(cluster);
  CHECK(ending.ends.at(0).reason == "all");
  REQUIRE(said.size() == 1);
  CHECK(said[0].find("which only the coordinator or the holder of the model may send") !=
        std::string::npos);
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

TEST_CASE("nodes: another machine is neither joined nor listened to without a certificate") {
  NodeRequest node{.join = "192.0.2.1:80", .assemble = {}, .version = {}, .make = {}};
  CHECK(run_node(node) == 2);
  node.join = "127.0.0.1:80";
  node.listen = "0.0.0.0";
  CHECK(run_node(node) == 2);
}

TEST_CASE("nodes: where nobody listens it is tried for a while, and no longer") {
  std::vector<std::string> said;
  NodeRequest node{.join = "127.0.0.1:1", .join_seconds = 0.1, .assemble = {}, .version = {}};
  node.log = [&](const std::string& line) { said.push_back(line); };
  CHECK(run_node(node) == 4);
  CHECK(said ==
        std::vector<std::string>{"cannot reach 127.0.0.1:1: Connection refused; trying for 0.1 s"});
}
