/// The campaign is worth what it finds: each of these breaks a rule on purpose, and must
/// be found within as many seeds as the checks play.
#include <doctest/doctest.h>

#include <map>
#include <set>
#include <utility>

#include "bench/campaign/trial.hpp"
#include "tests/runtime/all_tables.hpp"

using namespace troupe;
using namespace troupe::campaign;
using troupe::testing::all;

namespace troupe {
GateKind bounded_gate();
}

namespace {

constexpr std::uint64_t seeds_most = 500;  // the first few find each

/// The first seed of any topology that finds it; 0: none does.
std::uint64_t found_at(const Mutation& mutation) {
  const std::vector<Programme> played = programmes(all());
  for (std::uint64_t seed = 1; seed <= seeds_most; ++seed)
    for (const Programme& programme : played) {
      const Finding finding = try_seed(all(), programme, seed, mutation);
      if (finding.broken.empty()) continue;
      MESSAGE(mutation.name, ": seed ", seed, ", ", programme.topology, ": ", finding.broken);
      return seed;
    }
  return 0;
}

/// Lets in what lost processes still say, and nothing twice.
class NoFence : public Door {
 public:
  bool admits(Delivery&, const Envelope& envelope, bool) const override {
    return seen_.emplace(std::pair{envelope.from, envelope.to}, envelope.sequence).second;
  }

 private:
  mutable std::set<std::pair<std::pair<ActorId, ActorId>, std::uint64_t>> seen_;
};

class NoDedup : public Door {
 public:
  bool admits(Delivery&, const Envelope&, bool given_up) const override { return !given_up; }
};

/// Hands on what it hears, and may be overridden where it should not.
class Masked : public Actor {
 public:
  explicit Masked(std::unique_ptr<Actor> actor) : actor_(std::move(actor)) {}
  void start(Context& context) override { actor_->start(context); }
  void receive(Context& context, ActorId from, Message message) override {
    actor_->receive(context, from, std::move(message));
  }
  void woken(Context& context, std::uint64_t token) override { actor_->woken(context, token); }

 private:
  std::unique_ptr<Actor> actor_;
};

/// Nobody learns that a worker is gone, and so nobody stops waiting for it.
class Deaf : public Masked {
 public:
  using Masked::Masked;
  void receive(Context& context, ActorId from, Message message) override {
    if (!std::holds_alternative<WorkersLost>(message))
      Masked::receive(context, from, std::move(message));
  }
};

/// Takes a push for what the partition's holder is to bring now, whoever sends it and
/// whatever step it is of.
class Credulous : public Masked {
 public:
  using Masked::Masked;
  void receive(Context& context, ActorId from, Message message) override {
    if (auto* push = std::get_if<Push>(&message); push != nullptr && push->turns.size() == 1) {
      Turn& turn = push->turns.front();
      from = holder_.contains(turn.partition) ? holder_.at(turn.partition) : from;
      turn.step = next_[turn.partition];
    }
    Overheard overheard(*this, context);
    if (const auto* pull = std::get_if<Pull>(&message))
      for (const std::uint32_t p : pull->partitions) holder_[p] = from;
    Masked::receive(overheard, from, std::move(message));
  }

 private:
  /// Sees which step of a partition is due.
  class Overheard : public Context {
   public:
    Overheard(Credulous& owner, Context& context) : owner_(owner), context_(context) {}
    ActorId self() const override { return context_.self(); }
    void send(ActorId to, Message message) override {
      if (const auto* parameters = std::get_if<Parameters>(&message))
        for (const Turn& turn : parameters->turns) owner_.next_[turn.partition] = turn.step;
      context_.send(to, std::move(message));
    }
    double now() const override { return context_.now(); }
    void wake(double seconds, std::uint64_t token) override { context_.wake(seconds, token); }
    void spend(std::uint64_t rows) override { context_.spend(rows); }
    void report(Report report) override { context_.report(std::move(report)); }
    void finished() override { context_.finished(); }
    SharedMemory& shared() override { return context_.shared(); }

   private:
    Credulous& owner_;
    Context& context_;
  };

  std::map<std::uint32_t, ActorId> holder_;
  std::map<std::uint32_t, std::uint64_t> next_;
};

/// Takes the last word for a partition for the word of its last lease.
class Forgetful : public Masked {
 public:
  using Masked::Masked;
  void receive(Context& context, ActorId from, Message message) override {
    if (auto* pull = std::get_if<Pull>(&message)) pull->lease = 0;
    Masked::receive(context, from, std::move(message));
  }
};

template <class Mask>
std::unique_ptr<Actor> behind(std::unique_ptr<Actor> actor, bool wears_it) {
  if (!wears_it) return actor;
  return std::make_unique<Mask>(std::move(actor));
}

bool keeps_the_model(const Plan& plan, ActorId id) {
  return !plan.peers() && id == plan.aggregator();
}

}  // namespace

TEST_CASE("campaign: it finds hosts that let in what lost processes say") {
  CHECK(found_at({.name = "no fencing", .door = [] { return std::make_shared<NoFence>(); }}) > 0);
}

TEST_CASE("campaign: it finds hosts that let in a message twice") {
  CHECK(found_at({.name = "no dedup", .door = [] { return std::make_shared<NoDedup>(); }}) > 0);
}

TEST_CASE("campaign: it finds a holder of the model that takes any push for the one due") {
  CHECK(found_at({.name = "a stale step", .cast = [](auto actor, const Plan& plan, ActorId id) {
                    return behind<Credulous>(std::move(actor), keeps_the_model(plan, id));
                  }}) > 0);
}

TEST_CASE("campaign: it finds somebody who goes by the last word for a partition") {
  CHECK(found_at({.name = "leases without numbers", .cast = [](auto actor, const Plan&, ActorId) {
                    return behind<Forgetful>(std::move(actor), true);
                  }}) > 0);
}

TEST_CASE("campaign: it finds somebody who waits for the dead") {
  CHECK(found_at({.name = "no deadline", .cast = [](auto actor, const Plan&, ActorId id) {
                    return behind<Deaf>(std::move(actor), id == Plan::coordinator);
                  }}) > 0);
}

TEST_CASE("campaign: it finds sums that are applied on arrival behind a barrier") {
  CHECK(found_at({.name = "on arrival", .plan = [](Plan& plan) {
                    if (!plan.rounds || plan.peers()) return;
                    Settings settings;
                    settings.set("training.bounded.staleness_max", std::int64_t{0});
                    plan.rounds = false;
                    plan.gate = [settings] { return bounded_gate().make(settings); };
                  }}) > 0);
}
