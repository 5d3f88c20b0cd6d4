#include "runtime/twin/twin.hpp"

#include <algorithm>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "messages/encoded_size.hpp"
#include "runtime/twin/hosts.hpp"
#include "runtime/twin/virtual_memory.hpp"
#include "runtime/watch/gauge.hpp"
#include "runtime/watch/monitor.hpp"

namespace troupe {
namespace {

constexpr double forever = 1e12;
constexpr double never = std::numeric_limits<double>::infinity();

/// Something that will happen to an actor.
struct Event {
  ActorId from = 0;
  ActorId to = 0;
  std::optional<Message> message;  ///< none: a wake-up
  std::uint64_t token = 0;         ///< of a message, its number where there are hosts
  std::optional<VirtualMemory::Change> change = {};  ///< or this, to nobody but the memory
  bool yields = false;     ///< to whatever has arrived when its time has come
  std::uint32_t life = 0;  ///< of whom it happens to, where there are hosts
};

/// When it will. Equal times happen in the order in which they were caused. These are
/// what the heap moves about; the events stay where they are.
struct Due {
  double t = 0;
  std::uint64_t order = 0;
  std::uint32_t event = 0;
};

bool later(const Due& a, const Due& b) { return a.t != b.t ? a.t > b.t : a.order > b.order; }

class Stage {
 public:
  explicit Stage(const TwinRequest& request);
  void run();

 private:
  class Wings;
  struct Slot {
    std::unique_ptr<Actor> actor;
    double busy_until = 0;
    std::uint64_t computations = 0;
    std::optional<std::uint32_t> worker;
    Gauge gauge = {};
    bool left = false;  ///< it takes no part any more
  };

  /// Messages of one edge so far, and when the last one arrives.
  struct Edge {
    std::uint64_t count = 0;
    double last = 0;
  };

  /// How many messages those of the drawing said to each other.
  void tell_messages(double t);
  void cast(ActorId id, double t);
  void inject(double t, Message message);
  void post(ActorId from, ActorId to, double began, double now, Message message);
  bool happens(const Event& event);
  void change_hosts(double by);
  void put(double t, Event event);
  void change_memory(double t, VirtualMemory::Change change);
  void put(Due due);
  void play(Due due);
  void look_for_interruption();
  void look(double t);
  Condition condition(ActorId id);

  const TwinRequest& request_;
  std::optional<VirtualMemory> memory_;
  std::shared_ptr<const Plan> plan_;
  std::optional<Hosts> hosts_;  ///< none where nothing goes wrong
  std::vector<Slot> slots_;
  std::vector<Due> due_;  ///< a heap, the next one in front
  std::vector<Event> events_;
  std::vector<std::uint32_t> free_;  ///< places in events_
  std::unordered_map<std::uint64_t, Edge> edges_;
  std::uint64_t caused_ = 0;
  std::uint64_t played_ = 0;
  bool interrupted_ = false;
  bool over_ = false;
  Monitor monitor_;
  double next_look_ = 0;
  std::chrono::steady_clock::time_point looked_{};
};

/// What an actor sees of the stage while it plays.
class Stage::Wings : public Context, private SharedMemory {
 public:
  Wings(Stage& stage, ActorId self, double t) : stage_(stage), self_(self), t_(t), began_(t) {}
  /// Its time is over: what it did to the memory is there.
  ~Wings() override { settle(); }

  ActorId self() const override { return self_; }
  double now() const override { return t_; }

  void send(ActorId to, Message message) override {
    if (stage_.request_.overheard) stage_.request_.overheard(self_, to, message);
    Gauge& gauge = stage_.slots_[self_].gauge;
    gauge.sent(to, message);
    if (stage_.hosts_) return stage_.post(self_, to, began_, t_, std::move(message));
    Edge& edge = stage_.edges_[std::uint64_t{self_} << 32 | to];
    // An edge keeps its order, as a connection does.
    edge.last = std::max(edge.last, t_ + stage_.request_.pace.message(self_, to, edge.count++));
    gauge.delayed(to, edge.last - t_);
    stage_.put(edge.last, {.from = self_, .to = to, .message = std::move(message)});
  }

  void wake(double seconds, std::uint64_t token) override {
    const std::uint32_t life = stage_.hosts_ ? stage_.hosts_->life(self_) : 0;
    stage_.put(t_ + seconds, {.from = self_,
                              .to = self_,
                              .message = {},
                              .token = token,
                              .yields = seconds == 0,
                              .life = life});
  }

  void spend(std::uint64_t rows) override {
    Slot& slot = stage_.slots_[self_];
    slot.gauge.computed(rows);
    if (!slot.worker) return;
    const double seconds =
        stage_.request_.pace.computation(*slot.worker, slot.computations++, rows);
    t_ = stage_.hosts_ ? stage_.hosts_->done(self_, t_, seconds) : t_ + seconds;
    settle();
  }

  SharedMemory& shared() override { return stage_.memory_ ? *this : Context::shared(); }

  void report(Report report) override {
    if (const auto* end = std::get_if<EndReport>(&report)) stage_.tell_messages(end->t);
    stage_.request_.report(report);
  }

  void finished() override {
    stage_.slots_[self_].left = true;
    if (self_ == Plan::coordinator) stage_.over_ = true;
  }

 private:
  void change(Part part, WriteCounts& /*counts*/, const Work& work) override {
    enter();
    changes_.push_back(stage_.memory_->compute(part, work));
  }
  void look(Part part, const Work& work) override {
    enter();
    // Nobody writes through it.
    const std::span<const float> values = stage_.memory_->values(part);
    work({.values = {const_cast<float*>(values.data()), values.size()}});
  }
  void copy(Part part, std::span<float> to, bool /*whole*/) override {
    enter();
    std::ranges::copy(stage_.memory_->values(part), to.begin());
  }
  std::uint64_t worked(std::uint64_t rows) override { return stage_.memory_->worked(rows); }
  std::uint64_t rows_at_once() const override { return 0; }

  /// Waits for whoever has the memory to himself.
  void enter() {
    if (stage_.memory_->locks) t_ = std::max(t_, stage_.memory_->locked_until);
  }
  void settle() {
    const bool locked = !changes_.empty() && stage_.memory_->locks;
    for (VirtualMemory::Change& change : std::exchange(changes_, {}))
      // Under the lock nobody can see it any sooner.
      if (locked || t_ == began_)
        stage_.memory_->apply(change);
      else
        stage_.change_memory(t_, std::move(change));
    if (locked) stage_.memory_->locked_until = t_;
  }

  Stage& stage_;
  ActorId self_;
  double t_;
  double began_;
  std::vector<VirtualMemory::Change> changes_;
};

Stage::Stage(const TwinRequest& request)
    : request_(request), slots_(request.plan->actors()), monitor_(request.plan) {
  // Nobody's patience runs out here: steps of a virtual minute are finished at a stop.
  const auto plan = std::make_shared<Plan>(*request.plan);
  if (plan->sharing) memory_.emplace(*plan);
  plan->stop_seconds = forever;
  plan_ = plan;
  if (request.pace.troubled()) hosts_.emplace(*plan_, request.pace, request.door);
  for (ActorId id = 0; id < slots_.size(); ++id) slots_[id].actor = request.make(plan_, id);
  for (std::uint32_t i = 0; i < request.plan->workers; ++i)
    slots_[request.plan->worker(i)].worker = i;
}

void Stage::run() {
  for (ActorId id = 0; id < slots_.size(); ++id) {
    Wings wings(*this, id, 0.0);
    slots_[id].actor->start(wings);
  }
  double ended = 0;
  while (!over_) {
    if (hosts_) change_hosts(due_.empty() ? forever : due_.front().t);
    if (due_.empty()) throw std::logic_error("bug: somebody waits for what nobody will say");
    std::ranges::pop_heap(due_, later);
    const Due next = due_.back();
    due_.pop_back();
    ended = next.t;
    if (request_.watch.view && next.t >= next_look_) look(next.t);
    play(next);
    if (++played_ % 256 == 0) look_for_interruption();
  }
  looked_ = {};  // once more, for the flight record's last moment
  if (request_.watch.view) look(ended);
  if (request_.watch.flight) request_.watch.flight(monitor_.flight());
}

// What becomes of processes until then, and what the starting one's host tells the coordinator.
void Stage::change_hosts(double by) {
  while (const auto change = hosts_->next(due_.empty() ? by : std::min(by, due_.front().t))) {
    const ActorId actor = hosts_->actor_of(*change);
    switch (change->kind) {
      case Hosts::Change::Kind::strike:
        break;
      case Hosts::Change::Kind::gone:
        slots_[actor].actor.reset();
        break;
      case Hosts::Change::Kind::lost:
        inject(change->t, WorkersLost{.workers = {actor}, .detail = hosts_->detail_of(*change)});
        break;
      case Hosts::Change::Kind::back:
        cast(actor, change->t);
        inject(change->t, WorkersJoined{.workers = {actor}, .detail = hosts_->detail_of(*change)});
        break;
    }
  }
}

// One who knows nothing takes the place of another.
void Stage::cast(ActorId id, double t) {
  Slot& slot = slots_[id];
  slot.actor = request_.make(plan_, id);
  slot.busy_until = t;
  slot.left = false;
  Wings wings(*this, id, t);
  slot.actor->start(wings);
}

void Stage::inject(double t, Message message) {
  put(t, {.from = Plan::coordinator, .to = Plan::coordinator, .message = std::move(message)});
}

void Stage::post(ActorId from, ActorId to, double began, double now, Message message) {
  ++edges_[std::uint64_t{from} << 32 | to].count;
  const std::vector<Hosts::Stamp> stamps =
      hosts_->send(from, to, began, now, wire::encoded_size(message));
  for (std::size_t i = 0; i < stamps.size(); ++i)
    put(stamps[i].arrives, {.from = from,
                            .to = to,
                            .message = i + 1 < stamps.size() ? message : std::move(message),
                            .token = stamps[i].sequence,
                            .life = stamps[i].life});
}

bool Stage::happens(const Event& event) {
  if (!hosts_) return true;
  if (!event.message) return hosts_->lives(event.to, event.life);
  const bool injected = event.from == event.to && event.token == 0;
  return injected || hosts_->admits(event.from, event.to, event.token, event.life);
}

void Stage::put(double t, Event event) {
  Due due{.t = t, .order = caused_++};
  if (free_.empty()) {
    due.event = static_cast<std::uint32_t>(events_.size());
    events_.push_back(std::move(event));
  } else {
    due.event = free_.back();
    free_.pop_back();
    events_[due.event] = std::move(event);
  }
  put(due);
}

void Stage::change_memory(double t, VirtualMemory::Change change) {
  put(t, {.from = 0, .to = 0, .message = {}, .token = 0, .change = std::move(change)});
}

void Stage::put(Due due) {
  due_.push_back(due);
  std::ranges::push_heap(due_, later);
}

void Stage::play(Due due) {
  if (std::optional<VirtualMemory::Change>& change = events_[due.event].change) {
    memory_->apply(*change);
    change.reset();
    free_.push_back(due.event);
    return;
  }
  const ActorId to = events_[due.event].to;
  Slot& slot = slots_[to];
  const double free = hosts_ ? hosts_->free(to, std::max(due.t, slot.busy_until)) : slot.busy_until;
  if (free == never) {  // it does not thaw any more
    free_.push_back(due.event);
    return;
  }
  if (free > due.t) {
    // It waits in the mailbox, in its old order, until the actor has time.
    due.t = free;
    put(due);
    return;
  }
  if (std::exchange(events_[due.event].yields, false)) {
    due.order = caused_++;
    put(due);
    return;
  }
  Event event = std::move(events_[due.event]);
  free_.push_back(due.event);
  if (slot.left || !happens(event)) return;
  if (event.message)
    slot.gauge.heard(event.from, static_cast<std::uint8_t>(event.message->index()), due.t);
  Wings wings(*this, event.to, due.t);
  if (event.message)
    slot.actor->receive(wings, event.from, std::move(*event.message));
  else
    slot.actor->woken(wings, event.token);
  slot.busy_until = wings.now();
}

void Stage::tell_messages(double t) {
  std::uint64_t said = 0;
  for (const auto& [edge, sent] : edges_)
    if (edge >> 32 >= Plan::first_drawn && (edge & UINT32_MAX) >= Plan::first_drawn)
      said += sent.count;
  request_.report(EventReport{.t = t, .what = "messages", .detail = std::to_string(said)});
}

// An actor that is at an event is busy with it until then.
void Stage::look(double t) {
  const auto now = std::chrono::steady_clock::now();
  next_look_ = t + request_.look_seconds;
  if (now - looked_ < request_.look_pause) return;
  looked_ = now;
  Beat beat;
  for (ActorId id = 0; id < slots_.size(); ++id) {
    beat.conditions.push_back(condition(id));
    if (slots_[id].busy_until <= t) continue;
    // What it waits for next is said when it begins to.
    beat.conditions.back().waits.clear();
    beat.busy.push_back({.actor = id, .seconds = 0, .others = {}});
  }
  monitor_.hear(0, beat, t);
  request_.watch.view(monitor_.view(t));
}

Condition Stage::condition(ActorId id) {
  Slot& slot = slots_[id];
  Condition condition{.actor = id, .left = slot.left};
  if (!slot.left && slot.actor) slot.actor->describe(condition);
  slot.gauge.fill(condition);
  return condition;
}

void Stage::look_for_interruption() {
  if (interrupted_ || !request_.interrupted) return;
  std::optional<StopRequested> stop = request_.interrupted();
  if (!stop) return;
  interrupted_ = true;
  inject(due_.empty() ? 0.0 : due_.front().t, std::move(*stop));
}

}  // namespace

void run_twin(const TwinRequest& request) { Stage(request).run(); }

}  // namespace troupe
