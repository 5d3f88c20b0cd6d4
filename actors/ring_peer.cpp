#include "actors/ring_peer.hpp"

#include <algorithm>
#include <climits>
#include <limits>
#include <utility>

#include "base/check.hpp"
#include "base/finite.hpp"

namespace troupe {
namespace {

/// On their way to be evaluated.
constexpr unsigned notices_max = 8;
/// In the place of an exponent, so that all hear of it.
constexpr int not_finite = INT_MAX;

RowRange dealt_to(const Plan& plan, std::uint32_t place) {
  return partition_range({0, plan.partitions}, place, plan.workers);
}

}  // namespace

/// What the worker within sees: of what it says its pushes stay here.
class RingPeer::Inward : public Context {
 public:
  explicit Inward(Context& outside) : outside_(outside) {}
  ActorId self() const override { return outside_.self(); }
  double now() const override { return outside_.now(); }
  void send(ActorId to, Message message) override {
    if (auto* said = std::get_if<Push>(&message))
      push = std::move(*said);
    else if (std::holds_alternative<Failed>(message)) {
      failed = true;
      outside_.send(to, std::move(message));
    }
  }
  void wake(double, std::uint64_t) override {}
  void spend(std::uint64_t rows) override { outside_.spend(rows); }
  void report(Report) override {}
  void finished() override {}

  Push push;
  bool failed = false;

 private:
  Context& outside_;
};

RingPeer::RingPeer(std::shared_ptr<const Plan> plan)
    : plan_(std::move(plan)),
      exchange_(plan_->exchange()),
      update_(plan_->update()),
      merge_(plan_->merge()),
      worker_(plan_),
      publication_(plan_->parameters, PullKind::dense),
      gradients_(plan_->descends ? 0 : plan_->parameters),
      peers_(plan_->workers),
      applied_(plan_->workers) {
  tally_.staleness.resize(1);
  plan_->begin(publication_.model());
  if (!plan_->opening) return;
  delivered_ = plan_->opening->progress.delivered;
  before_ = plan_->opening->progress.updates;
  epoch_ = plan_->opening->progress.epoch;
}

void RingPeer::on(Context& context, ActorId from, Lease lease) {
  if (ended_ || !partitions_.empty()) return;
  place_ = context.self() - Plan::first_drawn;
  partitions_ = lease.partitions;
  Inward inward(context);
  worker_.on(inward, from, std::move(lease));
  ended_ = inward.failed;
  context.wake(0, 0);
}

void RingPeer::woken(Context& context, std::uint64_t) {
  if (ended_ || reducing_ || waiting_) return;
  turns_ = dealt();
  if (turns_.empty()) return leave(context);
  begin(context);
}

std::vector<Turn> RingPeer::dealt() const {
  const std::uint64_t planned =
      plan_->draws_planned().value_or(std::numeric_limits<std::uint64_t>::max());
  std::uint64_t left = planned - delivered_;
  // All of them come to the same.
  const bool fenced =
      plan_->fence_epoch && delivered_ / plan_->training.size() >= *plan_->fence_epoch;
  if (left == 0 || fenced || (plan_->stop.steps && before_ + round_ >= *plan_->stop.steps))
    return {};
  std::vector<Turn> turns;
  for (std::uint32_t p = 0; p < plan_->partitions; ++p) {
    turns.push_back({p, round_, std::min(plan_->drawn(p, round_).size(), left)});
    left -= turns.back().rows;
  }
  return turns;
}

void RingPeer::begin(Context& context) {
  Parameters parameters{.version = publication_.version(),
                        .draws = delivered_,
                        .payload = DenseValues{publication_.snapshot()}};
  for (const std::uint32_t p : partitions_) parameters.turns.push_back(turns_[p]);
  Inward inward(context);
  worker_.on(inward, Plan::coordinator, std::move(parameters));
  if (inward.failed) {
    ended_ = true;
    return;
  }
  gather(std::move(inward.push));
  reducing_ = true;
  hop_ = 0;
  passing_ = exponent_;
  if (peers_ > 1) pass_on(context);
  go_round(context);
}

void RingPeer::gather(Push push) {
  tally_.computed = std::max(tally_.computed, push.computed);
  tally_.bytes_moved = std::max(tally_.bytes_moved, push.bytes_moved);
  sum_ = Block();
  exact_.reset();
  terms_.clear();
  exponent_ = INT_MIN;
  for (Contribution& part : push.contributions) {
    tally_.loss += part.loss;
    Block values = std::move(std::get<DenseValues>(part.payload).values).thaw();
    if (plan_->exact) {
      const std::span<const float> term = std::as_const(values).values();
      exponent_ = std::max(exponent_, all_finite(term) ? exponent_of(term) : not_finite);
      terms_.push_back(std::move(values));
    } else if (sum_.size() == 0) {
      sum_ = std::move(values);
    } else {
      for (std::size_t i = 0; i < plan_->parameters; ++i) sum_.values()[i] += values.values()[i];
    }
  }
  if (sum_.size() == 0) sum_ = Block::zeros(plan_->parameters);
}

// Hops in which an exponent goes all the way round come first, where there is one.
std::uint32_t RingPeer::part_of(std::uint32_t hop) const {
  const std::uint32_t n = peers_;
  // Sums end one place ahead of where they began; from there they are handed round.
  return hop < n - 1 ? (place_ + n - hop) % n : (place_ + 2 * n - hop) % n;
}

RowRange RingPeer::part(std::uint32_t which) const {
  return {plan_->parameters * which / peers_, plan_->parameters * (which + 1) / peers_};
}

void RingPeer::pass_on(Context& context) {
  const std::uint32_t first = plan_->exact ? peers_ - 1 : 0;
  Segment segment{.round = round_, .hop = hop_, .exponent = passing_};
  if (hop_ >= first) {
    const RowRange range = part(part_of(hop_ - first));
    if (exact_ != nullptr) {
      const auto sums = exact_->sums().subspan(range.first, range.size());
      segment.sums.assign(sums.begin(), sums.end());
    } else {
      segment.values =
          Block::copy_of(std::as_const(sum_).values().subspan(range.first, range.size())).freeze();
    }
  }
  tally_.bytes_sent +=
      segment.values.size() * sizeof(float) + segment.sums.size() * sizeof(std::int64_t);
  context.send(Plan::first_drawn + (place_ + 1) % peers_, std::move(segment));
}

void RingPeer::on(Context& context, ActorId from, Segment segment) {
  place_ = context.self() - Plan::first_drawn;  // whoever is behind may be leased first
  const bool behind = from == Plan::first_drawn + (place_ + peers_ - 1) % peers_;
  // Nobody is further ahead than once around the ring.
  if (ended_ || !behind || arrived_.size() > 4U * peers_) return;
  tally_.bytes_received +=
      segment.values.size() * sizeof(float) + segment.sums.size() * sizeof(std::int64_t);
  arrived_.push_back(std::move(segment));
  if (reducing_) go_round(context);
}

bool RingPeer::fits(const Segment& segment) const {
  const std::uint32_t first = plan_->exact ? peers_ - 1 : 0;
  std::size_t size = 0;
  if (segment.hop >= first)
    size = part((part_of(segment.hop - first) + peers_ - 1) % peers_).size();
  return segment.round == round_ && segment.hop == hop_ &&
         segment.values.size() == (plan_->exact ? 0 : size) &&
         segment.sums.size() == (plan_->exact ? size : 0);
}

void RingPeer::go_round(Context& context) {
  const std::uint32_t agreeing = plan_->exact ? peers_ - 1 : 0;
  const std::uint32_t hops = agreeing + 2 * (peers_ - 1);
  if (hop_ == agreeing && plan_->exact && exact_ == nullptr) agree();
  while (hop_ < hops && !arrived_.empty()) {
    Segment segment = std::move(arrived_.front());
    arrived_.pop_front();
    if (!fits(segment)) continue;
    take(std::move(segment));
    if (++hop_ == agreeing) agree();
    if (hop_ < hops) pass_on(context);
  }
  if (hop_ == hops) finish_round(context);
}

void RingPeer::take(Segment segment) {
  const std::uint32_t agreeing = plan_->exact ? peers_ - 1 : 0;
  passing_ = segment.exponent;
  exponent_ = std::max(exponent_, segment.exponent);
  if (hop_ < agreeing) return;
  const std::uint32_t hop = hop_ - agreeing;
  const RowRange range = part((part_of(hop) + peers_ - 1) % peers_);
  const bool adds = hop < peers_ - 1;
  if (exact_ != nullptr) {
    const auto to = exact_->sums().subspan(range.first, range.size());
    for (std::size_t i = 0; i < to.size(); ++i)
      to[i] = adds ? to[i] + segment.sums[i] : segment.sums[i];
    return;
  }
  const auto to = sum_.values().subspan(range.first, range.size());
  const auto from = segment.values.values();
  for (std::size_t i = 0; i < to.size(); ++i) to[i] = adds ? to[i] + from[i] : from[i];
}

void RingPeer::agree() {
  const bool finite = exponent_ != not_finite;
  exact_ = std::make_unique<ExactSum>(plan_->parameters, finite ? exponent_ : 0, plan_->partitions);
  for (const Block& term : terms_)
    if (finite) TROUPE_CHECK(exact_->add(term.values()), ==, true);
  terms_.clear();
}

void RingPeer::finish_round(Context& context) {
  reducing_ = false;
  Arrived arrived;
  for (const Turn& turn : turns_) {
    arrived.rows += turn.rows;
    arrived.partitions += plan_->descends || turn.rows > 0 ? 1 : 0;
    applied_[owner_of(turn.partition)] += turn.rows;
  }
  if (exact_ != nullptr) exact_->read(sum_.values());
  if (!plan_->descends) {
    gradients_.make_dense();
    std::ranges::copy(std::as_const(sum_).values(), gradients_.values().begin());
  }
  const float rate = plan_->schedule.rate(delivered_);
  const bool finite = exponent_ != not_finite && all_finite(std::as_const(sum_).values()) &&
                      exchange_->absorb({.model = publication_.model(),
                                         .gradients = plan_->descends ? nullptr : &gradients_,
                                         .states = std::as_const(sum_).values(),
                                         .arrived = arrived,
                                         .partitions = plan_->partitions,
                                         .rate = rate},
                                        *merge_, *update_);
  publication_.advance();
  delivered_ += arrived.rows;
  ++tally_.staleness[0];
  ++round_;
  if (!finite) {
    ended_ = true;
    return context.send(
        Plan::coordinator,
        Refused{.worker = context.self(), .update = round_, .rate = rate, .diverged = true});
  }
  const std::uint64_t epoch = delivered_ / plan_->training.size();
  const bool over = std::exchange(epoch_, epoch) != epoch;
  if (over || context.now() - reported_at_ >= plan_->report_seconds) report(context, false);
  if (over && place_ == 0 && epoch % plan_->evaluate_every == 0) show(context);
  if (!waiting_) context.wake(0, 0);
}

std::uint32_t RingPeer::owner_of(std::uint32_t partition) const {
  std::uint32_t place = 0;
  while (partition >= dealt_to(*plan_, place).last) ++place;
  return place;
}

void RingPeer::show(Context& context) {
  // Nobody but this one waits for a verdict; without it the others get nowhere.
  waiting_ = plan_->stop.needs_verdict() && !dealt().empty();
  if (!waiting_ && shown_ >= notices_max) return;
  ++shown_;
  context.send(
      plan_->census(),
      Evaluate{.epoch = epoch_, .updates = before_ + round_, .model = publication_.snapshot()});
}

void RingPeer::on(Context&, ActorId, Received) {
  if (shown_ > 0) --shown_;
}

void RingPeer::on(Context& context, ActorId, Proceed) {
  if (std::exchange(waiting_, false) && !ended_) context.wake(0, 0);
}

void RingPeer::on(Context& context, ActorId, Stop) {
  if (!ended_) leave(context);
}

void RingPeer::on(Context& context, ActorId, Finish) {
  ended_ = true;
  Inward inward(context);
  worker_.on(inward, Plan::coordinator, Finish{});  // its rows are not needed any more
  context.send(Plan::coordinator, Finished{.computed = tally_.computed});
  context.finished();
}

void RingPeer::report(Context& context, bool last) {
  reported_at_ = context.now();
  tally_.exchanges = round_;
  tally_.heard.clear();
  for (std::uint32_t i = 0; i < peers_; ++i)
    tally_.heard.push_back({.worker = Plan::first_drawn + i, .rows = applied_[i]});
  Tally tally = tally_;
  tally.last = last;
  if (last && place_ == 0) tally.state = publication_.snapshot();
  context.send(plan_->census(), std::move(tally));
}

void RingPeer::leave(Context& context) {
  ended_ = true;
  report(context, true);
}

}  // namespace troupe
