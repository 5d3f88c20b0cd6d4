#include "runtime/cluster/place.hpp"

#include <algorithm>
#include <caf/blocking_actor.hpp>
#include <caf/send.hpp>
#include <deque>
#include <optional>
#include <queue>
#include <thread>

#include "actors/handover.hpp"
#include "base/check.hpp"
#include "base/user_error.hpp"
#include "runtime/cluster/wire.hpp"
#include "runtime/delivery.hpp"
#include "runtime/watch/gauge.hpp"

namespace troupe {
namespace {

// Local deliveries per look at the mailbox: more, and whoever shares the server's
// place starves the others.
constexpr int local_burst = 4;
constexpr int mailbox_burst = 64;
constexpr auto spin_time = std::chrono::microseconds(200);
// After that, whoever else wants the core has it in between: it may be the very one
// that we wait for.
constexpr auto spin_alone_time = std::chrono::microseconds(20);
constexpr auto pad_slice = std::chrono::milliseconds(20);

double seconds_since(Clock::time_point then) {
  return std::chrono::duration<double>(Clock::now() - then).count();
}

void relax() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

class Place final : public caf::blocking_actor {
 public:
  Place(caf::actor_config& config, std::shared_ptr<Process> process,
        const std::shared_ptr<std::vector<Tenant>>& tenants, std::size_t number);

  void act() override;
  const char* name() const override { return "troupe.place"; }

 private:
  class Resident;
  struct Local {
    ActorId from;
    Resident* to;
    std::optional<std::uint64_t> token;  // set: a wake-up, not a message
    Message message;
    Clock::time_point sent = {};  // set: this one is timed
  };
  struct Timer {
    Clock::time_point at;
    std::uint64_t order;
    Resident* who;
    std::uint64_t token;
    bool operator>(const Timer& other) const {
      return at != other.at ? at > other.at : order > other.order;
    }
  };

  void wait_for_begin();
  void look();
  void take(caf::mailbox_element& element);
  void accept(Parcel& parcel);
  bool fresh(const Envelope& envelope, Resident& to);
  void show();
  void fire_timers();
  void deliver_some();
  void await_something();
  bool spin() const;
  void deliver(ActorId from, Resident& to, Message&& message);
  void wake(Resident& resident, std::uint64_t token);
  template <class Step>
  void guarded(Resident& resident, Step&& step);
  void fail(Resident& resident, int exit_code, const std::string& line);
  void send(Resident& from, ActorId to, Message&& message);
  Resident* resident_of(ActorId id) const;

  void vacate();

  std::shared_ptr<Process> process_;
  std::shared_ptr<std::vector<Tenant>> tenants_;
  std::size_t number_;  // on the board
  std::atomic<ActorId>& at_work_;
  Delivery delivery_;
  std::vector<std::unique_ptr<Resident>> residents_;
  std::vector<Resident*> by_id_;
  std::vector<Parcel> early_;  // arrived before the start
  std::deque<Local> local_;
  std::priority_queue<Timer, std::vector<Timer>, std::greater<>> timers_;
  std::uint64_t timer_order_ = 0;
  bool spins_ = false;
  bool begun_ = false;
  bool started_ = false;  // so have the residents: what came behind the word may be heard
  bool ended_ = false;
};

class Place::Resident final : public Context {
 public:
  Resident(Place& place, Tenant tenant)
      : actor(std::move(tenant.actor)), place_(place), id_(tenant.id) {
    const Plan& plan = *place.process_->plan;
    if (id_ < Plan::first_drawn || id_ >= Plan::first_drawn + plan.drawing.nodes.size()) return;
    const DrawingNode& node = plan.drawing.nodes[id_ - Plan::first_drawn];
    if (node.role == Role::aggregator) return;
    worker_ = node.index;
    sleeps_ = place.process_->pace.sleeps(node.index);
    computations_ = computed_before(plan, node.index);
  }

  ActorId self() const override { return id_; }
  void send(ActorId to, Message message) override { place_.send(*this, to, std::move(message)); }
  double now() const override {
    return std::chrono::duration<double>(Clock::now() - place_.process_->start).count();
  }
  void wake(double seconds, std::uint64_t token) override {
    if (seconds > 0)
      place_.timers_.push(
          {Clock::now() + duration_of(seconds), place_.timer_order_++, this, token});
    else
      place_.local_.push_back({id_, this, token, {}, {}});
  }
  void spend(std::uint64_t rows) override {
    gauge.computed(rows);
    if (!sleeps_) return;
    const Pace& pace = place_.process_->pace;
    const double seconds =
        pace.padded(*worker_) ? pace.computation(*worker_, computations_++, rows) : 0;
    const double start = std::chrono::duration<double>(began - place_.process_->start).count();
    pad_until(began + duration_of(pace.done(*worker_, start, seconds) - start));
  }
  SharedMemory& shared() override {
    return place_.process_->memory ? *place_.process_->memory : Context::shared();
  }
  void report(Report report) override {
    if (place_.process_->report) place_.process_->report(report);
  }
  void redraw(Handover left_to_others) override {
    if (place_.process_->redraw) place_.process_->redraw(std::move(left_to_others));
  }
  void finished() override {
    left = true;
    if (id_ == Plan::coordinator) place_.process_->over();
    if (worker_ && place_.process_->retired) place_.process_->retired();
  }

  bool paced() const { return sleeps_; }

  std::unique_ptr<Actor> actor;
  Gauge gauge;
  Clock::time_point began{};  // of the event at hand, when paced
  bool left = false;

 private:
  // In slices, so that the end of the run does not wait for a long pad.
  void pad_until(Clock::time_point end) const {
    while (!place_.process_->ended.load(std::memory_order_relaxed)) {
      const auto left_over = end - Clock::now();
      if (left_over <= Clock::duration::zero()) return;
      std::this_thread::sleep_for(std::min<Clock::duration>(left_over, pad_slice));
    }
  }

  Place& place_;
  ActorId id_;
  std::optional<std::uint32_t> worker_;
  bool sleeps_ = false;
  std::uint64_t computations_ = 0;
};

Place::Place(caf::actor_config& config, std::shared_ptr<Process> process,
             const std::shared_ptr<std::vector<Tenant>>& tenants, std::size_t number)
    : caf::blocking_actor(config),
      process_(std::move(process)),
      tenants_(tenants),
      number_(number),
      at_work_(process_->board.at_work(number)),
      delivery_(process_->run, process_->graph_epoch, process_->mine),
      by_id_(process_->plan->actors(), nullptr) {
  for (Tenant& tenant : *tenants) {
    const ActorId id = tenant.id;
    residents_.push_back(std::make_unique<Resident>(*this, std::move(tenant)));
    by_id_[id] = residents_.back().get();
    // The control place has no step to hurry for.
    spins_ = spins_ || (process_->spin && id >= Plan::first_drawn &&
                        id < Plan::first_drawn + process_->plan->drawing.nodes.size());
  }
}

void Place::act() {
  wait_for_begin();
  for (const auto& resident : residents_)
    guarded(*resident, [&] { resident->actor->start(*resident); });
  started_ = true;
  for (Parcel& parcel : early_) accept(parcel);
  early_.clear();
  while (!ended_) {
    look();
    fire_timers();
    deliver_some();
    if (!ended_ && local_.empty()) await_something();
  }
  vacate();
  process_.reset();  // it holds this place, too
}

// What came too late still costs its sender until it is taken.
void Place::vacate() {
  while (has_next_message()) {
    const caf::mailbox_element_ptr element = dequeue();
    if (!element->content().match_elements<Parcel>()) continue;
    const auto& parcel = element->content().get_as<Parcel>(0);
    if (parcel.credit && parcel.credit->add()) caf::anon_send(process_->endpoint, Settle{});
  }
  tenants_->clear();
  for (const auto& resident : residents_)
    if (resident->self() < Plan::first_drawn)
      tenants_->push_back({resident->self(), std::move(resident->actor)});
  residents_.clear();
}

// Places that began earlier may already talk to this one.
void Place::wait_for_begin() {
  while (!begun_ && !ended_) {
    await_data();
    look();
  }
}

void Place::look() {
  for (int n = 0; n < mailbox_burst && !ended_ && has_next_message(); ++n) {
    const caf::mailbox_element_ptr element = dequeue();
    take(*element);
  }
}

void Place::take(caf::mailbox_element& element) {
  if (!element.content().match_elements<Parcel>()) return;
  auto& parcel = element.content().get_mutable_as<Parcel>(0);
  switch (parcel.kind) {
    case Parcel::Kind::begin:
      begun_ = true;
      return;
    case Parcel::Kind::end:
      ended_ = true;
      return;
    case Parcel::Kind::look:
      show();
      return;
    case Parcel::Kind::envelope:
    case Parcel::Kind::injected:
      if (started_)
        accept(parcel);
      else
        early_.push_back(std::move(parcel));
  }
}

void Place::accept(Parcel& parcel) {
  if (parcel.credit && parcel.credit->add()) caf::anon_send(process_->endpoint, Settle{});
  parcel.receipt.reset();
  Resident* to = resident_of(parcel.envelope.to);
  if (to == nullptr) return;
  if (parcel.kind == Parcel::Kind::envelope && !fresh(parcel.envelope, *to)) return;
  deliver(parcel.envelope.from, *to, std::move(parcel.envelope.message));
}

// Refused ones are counted; the coordinator hears of the first.
bool Place::fresh(const Envelope& envelope, Resident& to) {
  if (delivery_.judge(envelope) == Freshness::fresh) return true;
  if (delivery_.refused() == 1) {
    const Plan& plan = *process_->plan;
    send(to, Plan::coordinator,
         Notice{"stale_message", plan.name_of(envelope.to),
                "number " + std::to_string(envelope.sequence) + " of " +
                    plan.name_of(envelope.from) + " was refused"});
  }
  return false;
}

// Between two events, and only when somebody asked.
void Place::show() {
  std::vector<Condition> conditions;
  for (const auto& resident : residents_) {
    Condition condition{.actor = resident->self(), .left = resident->left};
    if (!resident->left) resident->actor->describe(condition);
    resident->gauge.fill(condition);
    condition.queue =
        static_cast<std::uint64_t>(std::ranges::count(local_, resident.get(), &Local::to));
    conditions.push_back(std::move(condition));
  }
  process_->board.post(number_, std::move(conditions));
}

void Place::fire_timers() {
  if (timers_.empty()) return;
  const auto now = Clock::now();
  while (!ended_ && !timers_.empty() && timers_.top().at <= now) {
    const Timer timer = timers_.top();
    timers_.pop();
    wake(*timer.who, timer.token);
  }
}

void Place::deliver_some() {
  for (int n = 0; n < local_burst && !local_.empty(); ++n) {
    // Whoever yielded did so to the mailbox too: look there first.
    if (n > 0 && (local_.front().token || has_next_message())) return;
    Local next = std::move(local_.front());
    local_.pop_front();
    if (next.sent != Clock::time_point{})
      resident_of(next.from)->gauge.delayed(next.to->self(), seconds_since(next.sent));
    if (next.token)
      wake(*next.to, *next.token);
    else
      deliver(next.from, *next.to, std::move(next.message));
  }
}

void Place::await_something() {
  if (has_next_message() || (spins_ && spin())) return;
  if (timers_.empty()) {
    await_data();
    return;
  }
  const auto left = timers_.top().at - Clock::now();
  if (left > Clock::duration::zero())
    await_data(std::chrono::high_resolution_clock::now() +
               std::chrono::duration_cast<timeout_type::duration>(left));
}

// True when there is something to do before the time was over.
bool Place::spin() const {
  const auto now = Clock::now();
  auto until = now + spin_time;
  if (!timers_.empty() && timers_.top().at < until) until = timers_.top().at;
  auto* self = const_cast<Place*>(this);
  while (!self->has_next_message()) {
    for (int n = 0; n < 16; ++n) relax();
    const auto then = Clock::now();
    if (then >= until) return !timers_.empty() && timers_.top().at <= until;
    if (then - now >= spin_alone_time) std::this_thread::yield();
  }
  return true;
}

void Place::deliver(ActorId from, Resident& to, Message&& message) {
  to.gauge.heard(from, static_cast<std::uint8_t>(message.index()),
                 process_->board.coarse_now.load(std::memory_order_relaxed));
  guarded(to, [&] { to.actor->receive(to, from, std::move(message)); });
}

void Place::wake(Resident& resident, std::uint64_t token) {
  guarded(resident, [&] { resident.actor->woken(resident, token); });
}

template <class Step>
void Place::guarded(Resident& resident, Step&& step) {
  if (resident.left || ended_) return;
  at_work_.store(resident.self(), std::memory_order_relaxed);
  if (resident.paced()) resident.began = Clock::now();
  try {
    step();
  } catch (const UserError& error) {
    fail(resident, static_cast<int>(error.code()), error.what());
  } catch (const std::exception& error) {
    fail(resident, static_cast<int>(ExitCode::failed),
         "bug in " + process_->plan->name_of(resident.self()) + ": " + error.what());
  }
}

void Place::fail(Resident& resident, int exit_code, const std::string& line) {
  resident.left = true;
  if (resident.self() != Plan::coordinator) {
    send(resident, Plan::coordinator, Failed{exit_code, line});
    return;
  }
  EndReport end;
  end.t = resident.now();
  end.status = "failed";
  end.reason = line;
  end.exit_code = exit_code;
  try {
    process_->report(end);
  } catch (const std::exception&) {
    // The sink itself is what failed; the run ends all the same.
  }
  process_->over();
}

void Place::send(Resident& from, ActorId to, Message&& message) {
  TROUPE_CHECK(to, <, by_id_.size());
  const bool timed = from.gauge.times_next(to);
  from.gauge.sent(to, message);
  if (by_id_[to] != nullptr) {
    local_.push_back({from.self(),
                      by_id_[to],
                      {},
                      std::move(message),
                      timed ? Clock::now() : Clock::time_point{}});
    return;
  }
  Envelope envelope;
  envelope.from = from.self();
  envelope.to = to;
  envelope.message = std::move(message);
  delivery_.stamp(envelope);
  if (process_->place_of[to]) {
    caf::anon_send(process_->place_of[to],
                   Parcel{Parcel::Kind::envelope, std::move(envelope), {}, {}});
    return;
  }
  // Edges of the coordinator carry words, not models; an edge never changes sides.
  if (envelope.from == Plan::coordinator || to == Plan::coordinator)
    caf::anon_send(process_->endpoint, Shipment{process_->processes[to], true, encode(envelope)});
  else
    process_->data->send(process_->processes[to], envelope);
}

Place::Resident* Place::resident_of(ActorId id) const {
  return id < by_id_.size() ? by_id_[id] : nullptr;
}

}  // namespace

caf::actor spawn_place(caf::actor_system& system, const std::shared_ptr<Process>& process,
                       const std::shared_ptr<std::vector<Tenant>>& tenants, std::size_t number) {
  return system.spawn<Place, caf::detached>(process, tenants, number);
}

}  // namespace troupe
