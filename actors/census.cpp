#include "actors/census.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "actors/handover.hpp"

namespace troupe {

Census::Census(std::shared_ptr<const Plan> plan)
    : plan_(std::move(plan)), fencing_(plan_->fence_epoch.has_value()) {
  if (plan_->opening) epoch_ = plan_->opening->progress.epoch;
}

std::uint64_t Census::draws() const {
  return (plan_->opening ? plan_->opening->progress.delivered : 0) + computed_;
}

void Census::on(Context& context, ActorId from, Tally tally) {
  if (ended_) return;
  for (const WorkerCount& each : tally.heard) {
    std::uint64_t& most = heard_[each.worker];
    most = std::max(most, each.rows);
  }
  forget(from);
  computed_ += tally.computed;
  if (tally.last) ++over_;
  tallies_[from] = std::move(tally);
  if (tallies_.size() >= plan_->workers && over_ == tallies_.size()) return finish(context);
  const std::uint64_t epoch = draws() / plan_->training.size();
  if (epoch == epoch_ && context.now() - reported_at_ < plan_->report_seconds) return;
  reported_at_ = context.now();
  const bool epoch_ends = std::exchange(epoch_, epoch) != epoch;
  context.send(Plan::coordinator, progress());
  if (epoch_ends) epoch_over(context, epoch);
}

void Census::on(Context& context, ActorId from, Evaluate evaluate) {
  context.send(from, Received{});
  if (ended_) return;
  // The one who shows its model can only guess how far the others are.
  const std::uint64_t before = plan_->opening ? plan_->opening->progress.updates : 0;
  evaluate.updates = std::min(evaluate.updates, before + updates());
  context.send(Plan::evaluator, std::move(evaluate));
}

void Census::on(Context& context, ActorId, Proceed proceed) {
  if (plan_->reduces && !ended_) context.send(plan_->worker(0), proceed);
}

void Census::on(Context& context, ActorId, Stop stop) {
  if (ended_) return;
  stopping_ = true;
  fencing_ = stop.fence;
  if (stop.at_once) return finish(context);
  for (std::uint32_t i = 0; i < plan_->workers; ++i) context.send(plan_->worker(i), Stop{});
  context.wake(plan_->stop_seconds, 0);
}

void Census::on(Context&, ActorId, WorkersLost lost) {
  for (const ActorId peer : lost.workers) {
    lost_.insert(peer);
    Tally& tally = tallies_[peer];
    if (!std::exchange(tally.last, true)) ++over_;  // what it did stays counted
    tally.state = {};                               // its state is lost
  }
}

// Sums are kept as tallies come: to add up all of them for each would take their square.
void Census::forget(ActorId peer) {
  const auto known = tallies_.find(peer);
  if (known == tallies_.end()) return;
  computed_ -= known->second.computed;
  if (known->second.last) --over_;
}

void Census::woken(Context& context, std::uint64_t) {
  if (!ended_) finish(context);
}

bool Census::handed_over(ActorId peer, const Tally& tally) const {
  return ended_ && tally.last && !lost_.contains(peer) &&
         (plan_->consensus || peer == plan_->worker(0));
}

// Where all hold one model, the first one's is kept: draws of a round that it did not
// finish are in nobody's.
std::uint64_t Census::in_first(ActorId peer) const {
  const auto first = tallies_.find(plan_->worker(0));
  if (first == tallies_.end()) return 0;
  const auto said = std::ranges::find(first->second.heard, peer, &WorkerCount::worker);
  return said == first->second.heard.end() ? 0 : said->rows;
}

std::uint64_t Census::delivered(ActorId peer, const Tally& tally) const {
  if (plan_->reduces) return std::min(in_first(peer), tally.computed);
  if (handed_over(peer, tally)) return tally.computed;
  const auto most = heard_.find(peer);
  return most == heard_.end() ? 0 : std::min(most->second, tally.computed);
}

std::uint64_t Census::updates() const {
  std::uint64_t sum = 0;
  for (const auto& [peer, tally] : tallies_)
    sum = plan_->rounds ? std::max(sum, tally.exchanges) : sum + tally.exchanges;
  return sum;
}

Progress Census::progress() {
  Progress sum = plan_->opening ? plan_->opening->progress : Progress();
  sum.epoch = epoch_;
  sum.updates += updates();
  sum.loss = 0;
  sum.gossip = {};
  double loss = 0;
  double distance = 0;
  std::uint64_t computed = 0;
  for (const auto& [peer, tally] : tallies_) {
    sum.delivered += delivered(peer, tally);
    computed += tally.computed;
    loss += tally.loss;
    sum.bytes_sent += tally.bytes_sent;
    sum.bytes_received += tally.bytes_received;
    sum.bytes_moved += tally.bytes_moved;
    sum.writes += tally.writes;
    sum.gossip.accepted += tally.accepted;
    sum.gossip.refused += tally.refused;
    sum.gossip.overwritten += tally.overwritten;
    distance += tally.distance / static_cast<double>(tallies_.size());
    sum.staleness.resize(std::max(sum.staleness.size(), tally.staleness.size()));
    for (std::size_t i = 0; i < tally.staleness.size(); ++i) sum.staleness[i] += tally.staleness[i];
  }
  sum.gossip.distance = distance;
  if (computed > told_computed_)
    sum.loss = (loss - told_loss_) / static_cast<double>(computed - told_computed_);
  told_loss_ = loss;
  told_computed_ = computed;
  return sum;
}

SharedBlock Census::model(Context& /*context*/) const {
  std::vector<double> sum(plan_->parameters);
  std::size_t count = 0;
  for (const auto& [peer, tally] : tallies_) {
    if (tally.state.size() != plan_->parameters) continue;
    ++count;
    for (std::size_t i = 0; i < sum.size(); ++i)
      sum[i] += static_cast<double>(tally.state.values()[i]);
  }
  Block mean = Block::zeros(plan_->parameters);
  if (count == 0) plan_->begin(mean.values());
  for (std::size_t i = 0; count > 0 && i < sum.size(); ++i)
    mean.values()[i] = static_cast<float>(sum[i] / static_cast<double>(count));
  return std::move(mean).freeze();
}

void Census::finish(Context& context) {
  ended_ = true;
  Final final{.model = model(context), .progress = progress()};
  Ledger ledger;
  take_over(ledger, *plan_);
  std::vector<std::uint64_t> steps(plan_->partitions);
  for (const auto& [peer, tally] : tallies_) {
    ledger.computed(peer, tally.computed);
    ledger.discard(plan_->reduces ? "unfinished round" : "not heard",
                   tally.computed - delivered(peer, tally));
    // Whoever tells has the rows of its number; around a ring all are where the first one is.
    if (plan_->reduces && peer == plan_->worker(0))
      std::ranges::fill(steps, tally.exchanges);
    else if (!plan_->reduces)
      steps.at(plan_->drawing.nodes.at(peer - Plan::first_drawn).index) = tally.exchanges;
  }
  final.discarded = ledger.discarded();
  final.computed = ledger.computed();
  const std::uint64_t done = plan_->reduces ? final.progress.delivered : draws();
  final.progress.epoch = done / plan_->training.size();
  final.fenced = fencing_ && unfinished(*plan_, done, final.progress.updates);
  if (final.fenced) final.cursors = cursors_at(*plan_, steps);
  // The mean is one more model, which nobody has scored yet.
  if (plan_->consensus && plan_->workers > 1) ++final.progress.updates;
  context.send(Plan::coordinator, std::move(final));
}

}  // namespace troupe
