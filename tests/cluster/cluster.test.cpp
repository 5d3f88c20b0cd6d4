/// The cluster host in one process, with toy actors.
#include "runtime/cluster/cluster.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <iterator>
#include <thread>

#include "base/user_error.hpp"
#include "tests/cluster/toys.hpp"

using namespace troupe;
using namespace troupe::toys;

namespace {

std::size_t threads() {
  const std::filesystem::directory_iterator tasks("/proc/self/task");
  return static_cast<std::size_t>(std::distance(begin(tasks), end(tasks)));
}

/// CAF lets go of a thread a moment before the kernel does.
bool threads_become(std::size_t count) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (threads() != count && std::chrono::steady_clock::now() < deadline)
    std::this_thread::yield();
  return threads() == count;
}

/// A worker whose step takes as long as the pace says.
std::unique_ptr<Toy> stepper() {
  auto toy = std::make_unique<Toy>();
  toy->begin = [](Context& context) {
    context.spend(16);
    context.send(Plan::coordinator, Finished{16});
  };
  return toy;
}

ClusterRequest paced(const char* step, Ending& ending) {
  auto paced = request(star(1), ending, [](ActorId id) -> std::unique_ptr<Actor> {
    if (id == Plan::coordinator) return counter(1);
    return id == first_worker ? stepper() : nullptr;
  });
  paced.pace.real = false;
  paced.pace.step = Distribution::parse(step);
  return paced;
}

}  // namespace

TEST_CASE("workers in two places exchange with a server and the run ends") {
  const std::size_t before = threads();
  Ending ending;
  Cluster cluster(request(star(3), ending, [](ActorId id) -> std::unique_ptr<Actor> {
    if (id == Plan::coordinator) return counter(3);
    if (id == server) return answerer();
    return id >= first_worker ? puller(2000) : nullptr;
  }));
  run(cluster);
  REQUIRE(ending.ends.size() == 1);
  CHECK(ending.ends[0].status == "done");
  CHECK(threads_become(before));
}

TEST_CASE("what one actor says to another arrives in the order in which it was said") {
  Ending ending;
  std::vector<std::uint64_t> heard;
  Cluster cluster(request(star(2), ending, [&](ActorId id) -> std::unique_ptr<Actor> {
    auto toy = std::make_unique<Toy>();
    if (id == first_worker + 1)
      toy->begin = [](Context& context) {
        for (std::uint64_t n = 0; n < 500; ++n) context.send(server, Pull{n, {}});
      };
    if (id == server)
      toy->hear = [&](Context& context, ActorId, Message& message) {
        heard.push_back(std::get<Pull>(message).known_version);
        if (heard.size() == 500) context.send(Plan::coordinator, Finished{});
      };
    if (id == Plan::coordinator) return counter(1);
    return toy;
  }));
  run(cluster);
  REQUIRE(heard.size() == 500);
  CHECK(std::ranges::is_sorted(heard));
}

TEST_CASE("a worker in the server's place does not starve one in another place") {
  Ending ending;
  std::atomic<std::uint64_t> neighbour = 0;
  Cluster cluster(request(star(2), ending, [&](ActorId id) -> std::unique_ptr<Actor> {
    if (id == Plan::coordinator) return counter(1);
    if (id == server) return answerer();
    if (id == first_worker + 1) return puller(3000);
    if (id != first_worker) return nullptr;
    auto toy = puller(UINT64_MAX);
    toy->hear = [&, answer = toy->hear](Context& context, ActorId from, Message& message) {
      ++neighbour;
      answer(context, from, message);
    };
    return toy;
  }));
  run(cluster);
  CHECK(ending.ends[0].status == "done");
  CHECK(neighbour > 0);
}

TEST_CASE("a wake-up of zero seconds lets everything that has arrived go first") {
  Ending ending;
  std::vector<std::string> order;
  Cluster cluster(request(star(1), ending, [&](ActorId id) -> std::unique_ptr<Actor> {
    if (id == Plan::coordinator) return counter(1);
    if (id != server) return nullptr;
    auto toy = std::make_unique<Toy>();
    toy->begin = [](Context& context) {
      context.send(server, Pull{});
      context.wake(0, 5);
    };
    toy->hear = [&](Context&, ActorId, Message&) { order.emplace_back("message"); };
    toy->wake = [&](Context& context, std::uint64_t token) {
      order.push_back("token " + std::to_string(token));
      context.send(Plan::coordinator, Finished{});
    };
    return toy;
  }));
  run(cluster);
  CHECK(order == std::vector<std::string>{"message", "token 5"});
}

TEST_CASE("wake-ups come in the order of their times") {
  Ending ending;
  std::vector<std::uint64_t> tokens;
  double woken_at = 0;
  Cluster cluster(request(star(1), ending, [&](ActorId id) -> std::unique_ptr<Actor> {
    if (id == Plan::coordinator) return counter(1);
    if (id != server) return nullptr;
    auto toy = std::make_unique<Toy>();
    toy->begin = [](Context& context) {
      context.wake(0.02, 2);
      context.wake(0.01, 1);
    };
    toy->wake = [&](Context& context, std::uint64_t token) {
      tokens.push_back(token);
      woken_at = context.now();
      if (token == 2) context.send(Plan::coordinator, Finished{});
    };
    return toy;
  }));
  run(cluster);
  CHECK(tokens == std::vector<std::uint64_t>{1, 2});
  CHECK(woken_at >= 0.02);
}

TEST_CASE("a paced step takes as long as was drawn for it") {
  Ending ending;
  Cluster cluster(paced("0.03", ending));
  run(cluster);
  CHECK(ending.ends.at(0).status == "done");
  CHECK(ending.ends[0].t >= 0.03);
}

TEST_CASE("a stop does not wait for the end of a paced step") {
  Ending ending;
  Cluster cluster(paced("3600", ending));
  cluster.request_stop({"signal", 130});
  run(cluster);
  CHECK(ending.ends.at(0).reason == "signal");
}

TEST_CASE("an exception in an actor reaches the coordinator as one line with its name") {
  Ending ending;
  Cluster cluster(request(star(2), ending, [](ActorId id) -> std::unique_ptr<Actor> {
    if (id == Plan::coordinator) return counter(2);
    auto toy = std::make_unique<Toy>();
    if (id == first_worker + 1)
      toy->begin = [](Context&) { throw std::out_of_range("row 7 of 5"); };
    return toy;
  }));
  run(cluster);
  REQUIRE(ending.ends.size() == 1);
  CHECK(ending.ends[0].reason == "bug in worker 1: row 7 of 5");
  CHECK(ending.ends[0].exit_code == 1);
}

TEST_CASE("an exception in the coordinator ends the run as failed") {
  Ending ending;
  Cluster cluster(request(star(1), ending, [](ActorId id) -> std::unique_ptr<Actor> {
    auto toy = std::make_unique<Toy>();
    if (id == Plan::coordinator)
      toy->begin = [](Context&) { throw std::logic_error("no such epoch"); };
    return toy;
  }));
  run(cluster);
  REQUIRE(ending.ends.size() == 1);
  CHECK(ending.ends[0].status == "failed");
  CHECK(ending.ends[0].reason == "bug in coordinator: no such epoch");
}

TEST_CASE("a user's mistake while actors are made comes out of run") {
  Ending ending;
  Cluster cluster(request(star(1), ending, [](ActorId id) -> std::unique_ptr<Actor> {
    if (id == server) throw UserError(ExitCode::data, "d.h5: segment 3 is damaged");
    return nullptr;
  }));
  CHECK_THROWS_WITH_AS(run(cluster), "d.h5: segment 3 is damaged", UserError);
}

TEST_CASE("a stop that was asked for before the run ends it at once") {
  Ending ending;
  Cluster cluster(request(star(1), ending, [](ActorId id) -> std::unique_ptr<Actor> {
    return id == Plan::coordinator ? counter(1) : nullptr;
  }));
  cluster.request_stop({"signal", 130});
  run(cluster);
  REQUIRE(ending.ends.size() == 1);
  CHECK(ending.ends[0].reason == "signal");
  CHECK(ending.ends[0].exit_code == 130);
}

TEST_CASE("a stop from another thread ends a run that would go on for ever") {
  Ending ending;
  std::atomic<bool> running = false;
  Cluster cluster(request(star(2), ending, [&](ActorId id) -> std::unique_ptr<Actor> {
    if (id == Plan::coordinator) return counter(2);
    if (id != server) return puller(UINT64_MAX);
    auto toy = answerer();
    toy->hear = [&, answer = toy->hear](Context& context, ActorId from, Message& message) {
      running = true;
      running.notify_all();
      answer(context, from, message);
    };
    return toy;
  }));
  std::jthread stopper([&] {
    running.wait(false);
    cluster.request_stop({"asked", 143});
  });
  run(cluster);
  CHECK(ending.ends.at(0).reason == "asked");
}
