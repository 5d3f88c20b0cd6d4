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
#include "runtime/twin/stage.hpp"

namespace troupe {
namespace {

constexpr double never = std::numeric_limits<double>::infinity();

}  // namespace

/// What an actor sees of the stage while it plays.
class TwinStage::Wings : public Context, private SharedMemory {
 public:
  Wings(TwinStage& stage, ActorId self, double t) : stage_(stage), self_(self), t_(t), began_(t) {}
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

  void redraw(Handover left) override { stage_.left_ = std::move(left); }

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

  TwinStage& stage_;
  ActorId self_;
  double t_;
  double began_;
  std::vector<VirtualMemory::Change> changes_;
};

void TwinStage::begin(ActorId id, double t) {
  Wings wings(*this, id, t);
  slots_[id].actor->start(wings);
}

void TwinStage::run() {
  start();
  double ended = 0;
  while (!over_) {
    if (left_) redraw();
    if (paused_ && request_.rests && nothing_happens()) hear(request_.rests());
    if (hosts_) change_hosts(due_.empty() ? twin_forever : due_.front().t);
    if (due_.empty()) throw std::logic_error("bug: somebody waits for what nobody will say");
    std::ranges::pop_heap(due_, happens_later);
    const TwinDue next = due_.back();
    due_.pop_back();
    ended = next.t;
    if (request_.watch.view && next.t >= next_look_) look(next.t);
    play(next);
    if (++played_ % 256 == 0) listen();
  }
  looked_ = {};  // once more, for the flight record's last moment
  if (request_.watch.view) look(ended);
  if (request_.watch.flight) request_.watch.flight(monitor_.flight());
}

void TwinStage::post(ActorId from, ActorId to, double began, double now, Message message) {
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

bool TwinStage::happens(const TwinEvent& event) {
  if (!hosts_) return true;
  if (!event.message) return hosts_->lives(event.to, event.life);
  const bool injected = event.from == event.to && event.token == 0;
  return injected || hosts_->admits(event.from, event.to, event.token, event.life);
}

void TwinStage::put(double t, TwinEvent event) {
  TwinDue due{.t = t, .order = caused_++};
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

void TwinStage::change_memory(double t, VirtualMemory::Change change) {
  put(t, {.from = 0, .to = 0, .message = {}, .token = 0, .change = std::move(change)});
}

void TwinStage::put(TwinDue due) {
  due_.push_back(due);
  std::ranges::push_heap(due_, happens_later);
}

void TwinStage::play(TwinDue due) {
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
  TwinEvent event = std::move(events_[due.event]);
  free_.push_back(due.event);
  if (slot.left || !happens(event)) return;
  if (event.message)
    slot.gauge.heard(event.from, static_cast<std::uint8_t>(event.message->index()), due.t);
  now_ = due.t;
  Wings wings(*this, event.to, due.t);
  if (event.message)
    slot.actor->receive(wings, event.from, std::move(*event.message));
  else
    slot.actor->woken(wings, event.token);
  slot.busy_until = wings.now();
}

void TwinStage::tell_messages(double t) {
  std::uint64_t said = 0;
  for (const auto& [edge, sent] : edges_)
    if (edge >> 32 >= Plan::first_drawn && (edge & UINT32_MAX) >= Plan::first_drawn)
      said += sent.count;
  request_.report(EventReport{.t = t, .what = "messages", .detail = std::to_string(said)});
}

// An actor that is at an event is busy with it until then.
void TwinStage::look(double t) {
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

Condition TwinStage::condition(ActorId id) {
  Slot& slot = slots_[id];
  Condition condition{.actor = id, .left = slot.left};
  if (!slot.left && slot.actor) slot.actor->describe(condition);
  slot.gauge.fill(condition);
  return condition;
}

void run_twin(const TwinRequest& request) { TwinStage(request).run(); }

}  // namespace troupe
