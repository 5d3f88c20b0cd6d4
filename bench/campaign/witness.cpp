#include "bench/campaign/witness.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace troupe::campaign {

/// Stands between host and actor, and hands on everything.
class Witness::Mask : public Actor {
 public:
  Mask(Witness& witness, std::unique_ptr<Actor> actor)
      : witness_(witness), actor_(std::move(actor)) {}

  void start(Context& context) override { actor_->start(context); }
  void receive(Context& context, ActorId from, Message message) override {
    const auto* push = std::get_if<Push>(&message);
    const Push turns = push != nullptr ? Push{.turns = push->turns} : Push{};
    if (push != nullptr) witness_.at_hand_ = &turns;
    actor_->receive(context, from, std::move(message));
    witness_.at_hand_ = nullptr;
  }
  void woken(Context& context, std::uint64_t token) override { actor_->woken(context, token); }
  void describe(Condition& condition) const override { actor_->describe(condition); }

 private:
  Witness& witness_;
  std::unique_ptr<Actor> actor_;
};

/// An exchange that is overheard.
class Witness::Ear : public Exchange {
 public:
  Ear(Witness& witness, std::unique_ptr<Exchange> exchange)
      : witness_(witness), exchange_(std::move(exchange)) {}
  bool absorb(const Absorption& what, const Merge& merge, Update& update) override {
    witness_.absorbed(what.arrived);
    return exchange_->absorb(what, merge, update);
  }

 private:
  Witness& witness_;
  std::unique_ptr<Exchange> exchange_;
};

std::shared_ptr<Plan> Witness::watched() {
  auto plan = std::make_shared<Plan>(plan_);
  plan->exchange = [this, make = plan_.exchange] { return std::make_unique<Ear>(*this, make()); };
  return plan;
}

std::unique_ptr<Actor> Witness::masked(std::unique_ptr<Actor> actor) {
  return std::make_unique<Mask>(*this, std::move(actor));
}

void Witness::must(bool holds, const std::string& what) {
  if (!holds && broken_.empty()) broken_ = what;
}

// What is applied on arrival was said by the push at hand: each of its turns once.
void Witness::absorbed(const Arrived& arrived) {
  absorbed_rows_ += arrived.rows;
  if (plan_.rounds || plan_.holds || at_hand_ == nullptr) return;
  for (const Turn& turn : at_hand_->turns)
    must(++absorbed_[{turn.partition, turn.step}] == 1,
         fmt::format("step {} of partition {} was applied twice", turn.step, turn.partition));
}

void Witness::said_at(double t) {
  must(!end_, "something was said behind the end");
  must(t >= t_, fmt::format("time went back from {} to {}", t_, t));
  t_ = t;
}

void Witness::take(const Report& report) {
  std::visit([this](const auto& each) { take(each); }, report);
}

void Witness::take(const StepReport& step) {
  said_at(step.t);
  const auto grows = [this](std::uint64_t before, std::uint64_t now, const char* what) {
    must(now >= before, fmt::format("{} went back from {} to {}", what, before, now));
  };
  grows(last_.epoch, step.epoch, "epoch");
  grows(last_.updates, step.updates, "updates");
  grows(last_.samples, step.samples, "samples");
  grows(last_.bytes_sent, step.bytes_sent, "bytes_sent");
  grows(last_.bytes_received, step.bytes_received, "bytes_received");
  grows(last_.bytes_moved, step.bytes_moved, "bytes_moved");
  last_ = step;
}

// The evaluator hears of models from two sides: the last one may overtake the one before.
void Witness::take(const EvalReport& eval) { said_at(eval.t); }

void Witness::take(const EventReport& event) {
  said_at(event.t);
  if (event.what == "worker_lost") ++lost_;
  story_ += fmt::format("  {:8.3f} s  {} {}: {}\n", event.t, event.what, event.who, event.detail);
  must(event.what != "failed" || !event.detail.starts_with("bug"), event.detail);
}

void Witness::take(const EndReport& end) {
  said_at(end.t);
  end_ = end;
  balance();
}

void Witness::balance() {
  const EndReport& end = *end_;
  std::uint64_t discarded = 0;
  for (const Count& count : end.discarded) discarded += count.rows;
  must(end.computed == end.delivered + discarded,
       fmt::format("computed {} is not delivered {} + discarded {}", end.computed, end.delivered,
                   discarded));
  must(end.updates >= last_.updates && end.samples >= last_.samples, "the end is behind a step");
  if (end.status != "done" || plan_.peers()) return;
  must(end.delivered == plan_.draws_planned(),
       fmt::format("{} draws were delivered, and {} were planned", end.delivered,
                   plan_.draws_planned().value_or(0)));
  // What stands goes into every step, and what was folded went in with what was newer.
  if (plan_.stands || (plan_.holds && !plan_.waits)) return;
  must(absorbed_rows_ == 0 || absorbed_rows_ == end.delivered * plan_.shards(),
       fmt::format("{} rows were applied to {} slices and {} delivered", absorbed_rows_,
                   plan_.shards(), end.delivered));
}

}  // namespace troupe::campaign
