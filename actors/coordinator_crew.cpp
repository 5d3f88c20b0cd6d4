/// Who of the crew is lost, leaves or joins, and who has their partitions then. No partition is
/// without a holder while somebody is left.
#include <algorithm>
#include <iterator>

#include "actors/coordinator.hpp"

namespace troupe {
namespace {

std::string list(const std::vector<std::uint32_t>& partitions) {
  std::string text;
  for (const std::uint32_t p : partitions) text += (text.empty() ? "" : ",") + std::to_string(p);
  return text;
}

}  // namespace

void Coordinator::on(Context& context, ActorId, WorkersLost lost) {
  std::vector<ActorId> holders;
  if (!final_ && !plan_->peers())
    std::ranges::copy_if(lost.workers, std::back_inserter(holders),
                         [this](ActorId actor) { return plan_->holds_model(actor); });
  std::erase_if(lost.workers, [this](ActorId worker) {
    const auto crew = crew_.find(worker);
    return crew == crew_.end() || !crew->second.alive;
  });
  if (!holders.empty()) return orphaned(context, holders, lost);
  if (lost.workers.empty()) return;
  for (const ActorId worker : lost.workers)
    event(context, lost.what, plan_->name_of(worker), lost.detail);
  dismiss(context, lost.workers);
}

// Nobody will hand over a model. Who keeps the accounts closes them, or what is known of its
// last days has to do.
void Coordinator::orphaned(Context& context, const std::vector<ActorId>& holders,
                           const WorkersLost& lost) {
  for (const ActorId worker : lost.workers) crew_.at(worker).alive = false;
  const std::string name = plan_->name_of(holders.front());
  const bool accounts = std::ranges::count(holders, plan_->keeper()) > 0;
  const std::string line =
      accounts ? "the model is gone: " + lost.detail +
                     "; without cluster.server it stays in this process"
               : "a slice of the model is gone: " + name + " was lost, " + lost.detail +
                     "; with training.server.shards = 1 all of it is in one process";
  event(context, "server_lost", name, line);
  outcome_ = Outcome{"failed", line, 4};
  if (!accounts) return context.send(plan_->keeper(), WorkersLost{.workers = holders});
  Final last;
  last.progress.delivered = last_delivered_;
  last.progress.updates = last_updates_;
  on(context, plan_->keeper(), std::move(last));
}

// Their word comes behind the step under way, and with it their partitions.
void Coordinator::on(Context& context, ActorId, WorkersLeaving leaving) {
  for (const ActorId worker : leaving.workers) {
    const auto crew = crew_.find(worker);
    if (final_ || crew == crew_.end() || !crew->second.alive) continue;
    crew->second.leaves = leaving.detail;
    context.send(worker, Finish{});
  }
}

void Coordinator::on(Context& context, ActorId from, WorkersJoined joined) {
  // Before the holder of the model knows of them, it would not listen to them.
  if (from == plan_->aggregator()) return deal(context, joined.workers);
  std::erase_if(joined.workers, [this](ActorId worker) {
    const auto crew = crew_.find(worker);
    return final_ || crew == crew_.end() || crew->second.alive;
  });
  if (joined.workers.empty()) return;
  for (const ActorId worker : joined.workers) {
    crew_.at(worker) = {};
    crew_.at(worker).listened = false;
    event(context, "worker_joined", plan_->name_of(worker), joined.detail);
  }
  context.send(plan_->aggregator(), std::move(joined));
}

void Coordinator::dismiss(Context& context, const std::vector<ActorId>& workers) {
  for (const ActorId worker : workers) crew_.at(worker).alive = false;
  std::vector<ActorId> others;
  for (const auto& [id, crew] : crew_)
    if (crew.alive && crew.leaves.empty()) others.push_back(id);
  context.send(plan_->keeper(), WorkersLost{.workers = workers});
  if (final_) return close_when_complete(context);
  if (plan_->peers()) {
    const std::string line =
        "a run of peers ends when one is lost: " + plan_->name_of(workers.front()) +
        " is gone; start it again, or take "
        "topology = \"server\", which leases its rows to others";
    return end(context, {"failed", line, 4}, true);
  }
  if (others.empty()) {
    const std::string line =
        "no worker is left: " + plan_->name_of(workers.back()) + " was the last";
    return end(context, {"failed", line, 4}, true);
  }
  for (const ActorId worker : workers) lease_again(context, worker, others);
}

void Coordinator::deal(Context& context, const std::vector<ActorId>& newcomers) {
  if (final_ ||
      std::ranges::any_of(newcomers, [this](ActorId worker) { return !crew_.at(worker).alive; }))
    return;  // gone again: what they had was dealt out then
  for (const ActorId worker : newcomers) crew_.at(worker).listened = true;
  const std::map<ActorId, Crew> before = crew_;
  const auto count = [](const Crew& crew) { return crew.partitions.size(); };
  for (std::size_t turn = 0;; ++turn) {
    Crew& poor = crew_.at(newcomers[turn % newcomers.size()]);
    Crew* rich = &poor;
    for (auto& [worker, crew] : crew_)
      if (crew.alive && count(crew) > count(*rich)) rich = &crew;
    if (count(*rich) < count(poor) + 2) break;
    poor.partitions.push_back(rich->partitions.back());
    rich->partitions.pop_back();
  }
  for (const auto& [worker, crew] : crew_) {
    if (!crew.alive || count(crew) == count(before.at(worker))) continue;
    const bool gains = count(crew) > count(before.at(worker));
    if (gains)
      event(context, "leased", plan_->name_of(worker), "partitions " + list(crew.partitions));
    context.send(worker,
                 Lease{.partitions = crew.partitions, .no_others = !gains, .number = ++leases_});
  }
}

void Coordinator::lease_again(Context& context, ActorId from, const std::vector<ActorId>& others) {
  const std::vector<std::uint32_t> partitions = std::exchange(crew_.at(from).partitions, {});
  std::map<ActorId, std::vector<std::uint32_t>> leases;
  for (const std::uint32_t p : partitions) leases[others[p % others.size()]].push_back(p);
  for (auto& [to, theirs] : leases) {
    Crew& crew = crew_.at(to);
    crew.partitions.insert(crew.partitions.end(), theirs.begin(), theirs.end());
    event(context, "leased", plan_->name_of(to),
          "takes over partitions " + list(theirs) + " of " + plan_->name_of(from) +
              (plan_->descends && !plan_->plain ? "; their update rule starts anew" : ""));
    context.send(to, Lease{.partitions = std::move(theirs), .number = ++leases_});
  }
}

}  // namespace troupe
