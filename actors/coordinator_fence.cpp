/// What the coordinator does when the actors of the drawing come to rest and others go on
/// in their place: it waits until all have said what they did, and leaves nobody out.
#include <algorithm>

#include "actors/coordinator.hpp"
#include "actors/handover.hpp"

namespace troupe {

void Coordinator::on(Context& context, ActorId, FenceRequested request) {
  if (outcome_ || closed_) return;  // it ends anyway
  if (!request.raise) {
    holding_ = false;
    return close_when_complete(context);
  }
  holding_ = holding_ || request.hold;
  if (passed_) wanted_ = request;  // of the next ones
  if (fencing_ || final_) return;
  fencing_ = true;
  event(context, "fence", "coordinator", request.detail);
  context.send(plan_->keeper(), Stop{.fence = true});
}

void Coordinator::score_last(Context& context) {
  const bool more = resting();
  const auto told = told_.find(plan_->validation.size() > 0 ? "validation" : "training");
  const bool known = told != told_.end() && told->second == final_->progress.updates;
  scored_ = in_trouble() || (more && known);  // then there is nothing to score
  if (scored_) return;
  context.send(Plan::evaluator, Evaluate{.epoch = final_->progress.epoch,
                                         .updates = final_->progress.updates,
                                         .last = !more,
                                         .model = final_->model});
}

void Coordinator::pass_on(Context& context) {
  const bool arrived = std::exchange(fencing_, false);
  if (holding_) {
    if (arrived) event(context, "paused", "coordinator", "every step under way is finished");
    return;
  }
  passed_ = true;
  std::vector<std::uint64_t> computed;
  for (std::uint32_t i = 0; i < plan_->workers; ++i)
    computed.push_back(computed_by(plan_->worker(i)));
  context.redraw(handed_over(*plan_, *final_, computed));
}

void Coordinator::conclude(Context& context) {
  passed_ = false;
  final_->fenced = false;
  score_last(context);
  close_when_complete(context);
}

void Coordinator::enter(std::shared_ptr<const Plan> plan) {
  if (outcome_) return;  // they will not play
  std::map<ActorId, Crew> crew;
  for (std::uint32_t i = 0; i < plan->workers; ++i) {
    const Crew& before = crew_.at(plan_->worker(i));
    crew[plan->worker(i)] = {
        .alive = before.alive, .leaves = before.leaves, .partitions = before.partitions};
  }
  crew_ = std::move(crew);
  plan_ = std::move(plan);
  final_.reset();
  scored_ = false;
  passed_ = false;
}

void Coordinator::start_again(Context& context) {
  std::vector<ActorId> lost;
  for (const auto& [worker, crew] : crew_) {
    if (crew.alive)
      context.send(worker, Lease{.partitions = crew.partitions, .number = ++leases_});
    else
      lost.push_back(worker);
  }
  if (!lost.empty()) dismiss(context, lost);
  if (plan_->stop.seconds)
    context.wake(std::max(0.0, *plan_->stop.seconds - context.now()), time_is_up);
  if (auto wanted = std::exchange(wanted_, std::nullopt))
    on(context, Plan::coordinator, std::move(*wanted));
}

}  // namespace troupe
