/// Toy actors and a toy plan: what tests of the host need instead of training.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "actors/actor.hpp"
#include "runtime/cluster/cluster.hpp"

namespace troupe::toys {

/// Does what its functions say; those that are not set do nothing.
struct Toy : Actor {
  std::function<void(Context&)> begin;
  std::function<void(Context&, ActorId, Message&)> hear;
  std::function<void(Context&, std::uint64_t)> wake;

  void start(Context& context) override {
    if (begin) begin(context);
  }
  void receive(Context& context, ActorId from, Message message) override {
    if (hear) hear(context, from, message);
  }
  void woken(Context& context, std::uint64_t token) override {
    if (wake) wake(context, token);
  }
};

inline constexpr ActorId server = 2;
inline constexpr ActorId first_worker = 3;

/// A server, workers, and edges both ways.
inline std::shared_ptr<Plan> star(std::uint32_t workers) {
  auto plan = std::make_shared<Plan>();
  plan->workers = workers;
  plan->partitions = workers;
  plan->drawing.nodes.push_back({Role::aggregator, 0});
  for (std::uint32_t w = 0; w < workers; ++w) {
    plan->drawing.nodes.push_back({Role::worker, w});
    plan->drawing.edges.push_back({0, w + 1});
    plan->drawing.edges.push_back({w + 1, 0});
  }
  return plan;
}

/// Pulls `exchanges` times, checks the order of the answers, then says Finished.
inline std::unique_ptr<Toy> puller(std::uint64_t exchanges) {
  auto toy = std::make_unique<Toy>();
  toy->begin = [](Context& context) { context.send(server, Pull{1, {}}); };
  toy->hear = [exchanges](Context& context, ActorId, Message& message) {
    const auto* answer = std::get_if<Parameters>(&message);
    if (answer == nullptr) return;
    if (answer->version < exchanges)
      context.send(server, Pull{answer->version + 1, {}});
    else
      context.send(Plan::coordinator, Finished{answer->version});
  };
  return toy;
}

/// Answers every Pull with the number that it carried.
inline std::unique_ptr<Toy> answerer() {
  auto toy = std::make_unique<Toy>();
  toy->hear = [](Context& context, ActorId from, Message& message) {
    if (const auto* pull = std::get_if<Pull>(&message))
      context.send(from, Parameters{pull->known_version, 0, {}, {}});
  };
  return toy;
}

inline void end_run(Context& context, std::string status, std::string reason, int code = 0) {
  EndReport end;
  end.t = context.now();
  end.status = std::move(status);
  end.reason = std::move(reason);
  end.exit_code = code;
  context.report(end);
  context.finished();
}

/// Ends the run when so many workers have finished or are lost, or somebody wants it to.
inline std::unique_ptr<Toy> counter(std::uint32_t workers,
                                    std::vector<std::string>* lost = nullptr) {
  auto toy = std::make_unique<Toy>();
  toy->hear = [workers, lost, gone = std::uint32_t{0}](Context& context, ActorId,
                                                       Message& message) mutable {
    if (const auto* stop = std::get_if<StopRequested>(&message))
      end_run(context, "stopped", stop->reason, stop->exit_code);
    if (const auto* failed = std::get_if<Failed>(&message))
      end_run(context, "failed", failed->line, failed->exit_code);
    const auto* loss = std::get_if<WorkersLost>(&message);
    if (loss != nullptr && lost != nullptr)
      for (const ActorId worker : loss->workers)
        lost->push_back(std::to_string(worker) + ": " + loss->detail);
    if (loss == nullptr && !std::holds_alternative<Finished>(message)) return;
    gone += loss != nullptr ? static_cast<std::uint32_t>(loss->workers.size()) : 1;
    if (gone >= workers) end_run(context, "done", "all");
  };
  return toy;
}

using Cast = std::function<std::unique_ptr<Actor>(ActorId)>;

inline ActorMaker maker(Cast cast) {
  return [cast = std::move(cast)](const std::shared_ptr<const Plan>&, ActorId id) {
    auto actor = cast(id);
    return actor ? std::move(actor) : std::make_unique<Toy>();
  };
}

/// What went through the sink: the end, mostly.
struct Ending {
  std::vector<EndReport> ends;
  ReportSink sink() {
    return [this](const Report& report) {
      if (const auto* end = std::get_if<EndReport>(&report)) ends.push_back(*end);
    };
  }
};

/// Everything that a run in one process needs.
inline ClusterRequest request(std::shared_ptr<const Plan> plan, Ending& ending, Cast cast) {
  return ClusterRequest{.plan = std::move(plan),
                        .pace = {},
                        .report = ending.sink(),
                        .run_id = 77,
                        .settings_text = {},
                        .node_command = {},
                        .version = "test",
                        .make = maker(std::move(cast))};
}

/// Runs it, and asks it to stop if that takes suspiciously long.
inline void run(Cluster& cluster) {
  std::mutex mutex;
  std::condition_variable done;
  bool over = false;
  std::jthread watch([&] {
    std::unique_lock lock(mutex);
    if (!done.wait_for(lock, std::chrono::seconds(60), [&] { return over; }))
      cluster.request_stop({"the test took too long", 1});
  });
  const auto tell = [&] {
    const std::lock_guard lock(mutex);
    over = true;
    done.notify_all();
  };
  try {
    cluster.run();
  } catch (...) {
    tell();
    throw;
  }
  tell();
}

}  // namespace troupe::toys
