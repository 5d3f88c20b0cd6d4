/// Whoever is frozen, killed or slowed down is named within two seconds: exactly, in virtual
/// time, for every role. Each actor is a process of its own here, which beats by itself.
#include <doctest/doctest.h>

#include <map>
#include <optional>

#include "runtime/assemble.hpp"
#include "runtime/watch/gauge.hpp"
#include "runtime/watch/monitor.hpp"
#include "tests/actors/toy_plan.hpp"

using namespace troupe;

namespace {

constexpr double look_seconds = 0.25;
constexpr double step_seconds = 0.05;

enum class Trouble { frozen, killed, slow };

class Play {
 public:
  explicit Play(const std::shared_ptr<Plan>& plan) : plan_(plan), monitor_(plan) {
    for (ActorId id = 0; id < plan->actors(); ++id) {
      actors_.push_back({.actor = make_actor(plan, id)});
      monitor_.settle({id}, id + 1, "host " + std::to_string(id));
    }
  }

  /// Plays on to that time, in looks; the time at which `named` was first the one to blame.
  std::optional<double> play(double until, std::optional<ActorId> named = {}) {
    for (; t_ < until; t_ += look_seconds) {
      while (!due_.empty() && due_.begin()->first.first <= t_) next();
      look();
      view_ = monitor_.view(t_);
      if (named && !view_.culprits.empty() && view_.culprits.front().actor == *named) return t_;
    }
    return {};
  }
  void strike(ActorId victim, Trouble fate) {
    if (fate == Trouble::slow) actors_[victim].factor = 1000;
    if (fate == Trouble::killed) monitor_.lose(victim + 1, t_);
    if (fate != Trouble::slow) actors_[victim].alive = false;
  }
  double now() const { return t_; }
  const View& view() const { return view_; }
  Monitor& monitor() { return monitor_; }

 private:
  struct Slot {
    std::unique_ptr<Actor> actor;
    Gauge gauge = {};
    double busy_until = 0;
    double factor = 1;
    bool alive = true;
    bool left = false;
  };
  class Wings : public Context {
   public:
    Wings(Play& play, ActorId self, double t) : play_(play), self_(self), t_(t) {}
    ActorId self() const override { return self_; }
    double now() const override { return t_; }
    void send(ActorId to, Message message) override {
      play_.actors_[self_].gauge.sent(to, message);
      play_.put(t_ + 0.001, {self_, to, std::move(message), 0});
    }
    void wake(double seconds, std::uint64_t token) override {
      play_.put(t_ + seconds, {self_, self_, {}, token});
    }
    void spend(std::uint64_t rows) override {
      play_.actors_[self_].gauge.computed(rows);
      t_ += step_seconds * play_.actors_[self_].factor;
    }
    void report(Report) override {}
    void finished() override { play_.actors_[self_].left = true; }

   private:
    Play& play_;
    ActorId self_;
    double t_;
  };
  struct Event {
    ActorId from;
    ActorId to;
    std::optional<Message> message;
    std::uint64_t token;
  };

  void put(double t, Event event) { due_.emplace(std::pair{t, order_++}, std::move(event)); }
  void next() {
    auto [key, event] = std::pair(due_.begin()->first, std::move(due_.begin()->second));
    due_.erase(due_.begin());
    Slot& slot = actors_[event.to];
    if (!slot.alive) return;
    if (slot.busy_until > key.first) return put(slot.busy_until, std::move(event));
    Wings wings(*this, event.to, key.first);
    if (event.message) {
      slot.gauge.heard(event.from, static_cast<std::uint8_t>(event.message->index()), key.first);
      slot.actor->receive(wings, event.from, std::move(*event.message));
    } else {
      slot.actor->woken(wings, event.token);
    }
    slot.busy_until = wings.now();
  }
  void look() {
    if (t_ == 0)
      for (ActorId id = 0; id < actors_.size(); ++id) {
        Wings wings(*this, id, 0);
        actors_[id].actor->start(wings);
      }
    for (ActorId id = 0; id < actors_.size(); ++id) {
      Slot& slot = actors_[id];
      if (!slot.alive) continue;
      Beat beat;
      Condition condition{.actor = id, .left = slot.left};
      slot.actor->describe(condition);
      slot.gauge.fill(condition);
      if (slot.busy_until > t_) {
        condition.waits.clear();
        beat.busy.push_back({.actor = id});
      }
      beat.conditions.push_back(std::move(condition));
      monitor_.hear(id + 1, beat, t_);
    }
  }

  std::shared_ptr<Plan> plan_;
  Monitor monitor_;
  std::vector<Slot> actors_;
  std::map<std::pair<double, std::uint64_t>, Event> due_;
  std::uint64_t order_ = 0;
  double t_ = 0;
  View view_;
};

/// Seconds from the blow until the victim is named.
std::optional<double> named_after(const std::shared_ptr<Plan>& plan, ActorId victim, Trouble fate) {
  Play play(plan);
  play.play(5);
  CHECK(play.view().culprits.empty());
  const double struck = play.now();
  play.strike(victim, fate);
  const std::optional<double> named = play.play(struck + 10, victim);
  if (!named) return {};
  return *named - struck;
}

std::shared_ptr<Plan> endless(const Toy& toy) {
  Toy longer = toy;
  longer.epochs = 1e6;
  return toy_plan(longer);
}

constexpr Trouble all_fates[] = {Trouble::frozen, Trouble::killed, Trouble::slow};

}  // namespace

TEST_CASE("watching: a worker that is frozen, killed or slow is named within 2 s") {
  for (const GateKind& gate : {barrier_gate(), open_gate(), bounded_gate()})
    for (const Trouble fate : all_fates) {
      CAPTURE(gate.kind.name);
      CAPTURE(static_cast<int>(fate));
      const auto plan = endless({.workers = 4, .partitions = 4, .gate = gate});
      const auto seconds = named_after(plan, plan->worker(2), fate);
      REQUIRE(seconds);
      CHECK(*seconds <= 2.0);
    }
}

TEST_CASE("watching: a frozen or killed holder of the model is named, and all workers wait") {
  for (const Trouble fate : {Trouble::frozen, Trouble::killed}) {
    const auto plan = endless({.workers = 3, .partitions = 3});
    Play play(plan);
    play.play(5);
    play.strike(plan->aggregator(), fate);
    const auto named = play.play(10, plan->aggregator());
    REQUIRE(named);
    CHECK(*named - 5 <= 2.0);
    play.play(8);
    CHECK(play.view().culprits.front().waiting.size() == 3);
    CHECK(play.view().culprits.front().message.find("parameters") == 0);
  }
}

TEST_CASE("watching: coordinator and evaluator are named too, though training goes on") {
  const auto plan = endless({.workers = 2, .partitions = 2});
  for (const ActorId victim : {Plan::coordinator, Plan::evaluator})
    for (const Trouble fate : {Trouble::frozen, Trouble::killed}) {
      const auto seconds = named_after(plan, victim, fate);
      REQUIRE(seconds);
      CHECK(*seconds <= 2.0);
    }
}

TEST_CASE("watching: a peer behind a barrier is named, whatever befalls it") {
  for (const Trouble fate : all_fates) {
    const auto plan = toy_peers({.workers = 4, .partitions = 4, .epochs = 1e5});
    const auto seconds = named_after(plan, plan->worker(1), fate);
    REQUIRE(seconds);
    CHECK(*seconds <= 2.0);
  }
}

TEST_CASE("watching: in a run where all is well nobody is blamed, for a minute") {
  for (const GateKind& gate : {barrier_gate(), open_gate(), bounded_gate(), round_robin_gate()}) {
    Play play(endless({.workers = 4, .partitions = 4, .gate = gate}));
    for (double t = look_seconds; t < 60.0 / TROUPE_FEWER; t += look_seconds) {
      play.play(t);
      CHECK(play.view().culprits.empty());
    }
  }
}

TEST_CASE("watching: who is named says host, message and since when") {
  const auto plan = endless({.workers = 3, .partitions = 3});
  Play play(plan);
  play.play(5);
  play.strike(plan->worker(1), Trouble::frozen);
  play.play(8);
  const Culprit& culprit = play.view().culprits.at(0);
  CHECK(culprit.name == "worker 1");
  CHECK(culprit.host == "host " + std::to_string(plan->worker(1)));
  CHECK(culprit.what == ActorState::silent);
  CHECK(culprit.message.find("push of step ") == 0);
  CHECK(culprit.seconds == doctest::Approx(3).epsilon(0.1));
}

TEST_CASE("watching: the flight record has each actor's last events, of the lost ones too") {
  const auto plan = endless({.workers = 2, .partitions = 2});
  Play play(plan);
  play.play(5);
  play.strike(plan->worker(1), Trouble::killed);
  play.play(8);
  std::size_t theirs = 0;
  for (const Flown& line : play.monitor().flight()) {
    if (line.actor != plan->worker(1)) continue;
    ++theirs;
    CHECK(line.happening.t <= 5);
  }
  CHECK(theirs > 4);
  CHECK(theirs <= 32);
}

TEST_CASE("watching: rates, traffic and staleness are those of the run") {
  const auto plan = endless({.workers = 4, .partitions = 4, .gate = open_gate()});
  Play play(plan);
  play.play(20);
  const View& view = play.view();
  const ActorView& worker = view.actors.at(plan->worker(0));
  CHECK(worker.state == ActorState::computing);
  CHECK(worker.steps_per_second == doctest::Approx(1 / (step_seconds + 0.002)).epsilon(0.1));
  CHECK(worker.samples_per_second == doctest::Approx(4 * worker.steps_per_second).epsilon(0.2));
  CHECK(worker.bytes_out > 0);
  CHECK(worker.bytes_in > 0);
  REQUIRE(worker.staleness.size() >= 2);
  const bool direct = std::ranges::any_of(view.edges, [&](const EdgeRate& edge) {
    return edge.from == plan->worker(0) && edge.to == plan->aggregator() &&
           edge.messages_per_second > 10;
  });
  CHECK(direct);
}
