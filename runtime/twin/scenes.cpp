/// When others take the place of a twin's actors: the next drawing, processes that end and
/// come back, and words from outside. Nobody plays here.
#include <algorithm>
#include <utility>

#include "actors/handover.hpp"
#include "runtime/twin/stage.hpp"

namespace troupe {

TwinStage::TwinStage(const TwinRequest& request) : request_(request), monitor_(request.plan) {
  draw(request.plan);
}

// Those outside of the drawing live on; what was under way between the others is lost.
void TwinStage::draw(const std::shared_ptr<const Plan>& drawn) {
  // Nobody's patience runs out here: steps of a virtual minute are finished at a stop.
  const auto plan = std::make_shared<Plan>(*drawn);
  plan->stop_seconds = twin_forever;
  plan_ = plan;
  if (!hosts_ && request_.pace.troubled()) hosts_.emplace(plan_, request_.pace, request_.door);
  memory_.reset();
  if (plan->sharing) memory_.emplace(*plan);
  if (!slots_.empty()) monitor_ = Monitor(plan);
  std::vector<Slot> before = std::exchange(slots_, std::vector<Slot>(plan->actors()));
  for (ActorId id = 0; id < slots_.size(); ++id) {
    if (id < Plan::first_drawn && !before.empty()) {
      slots_[id] = std::move(before[id]);
      slots_[id].actor->enter(plan);
    } else if (!hosts_ || hosts_->runs(id)) {
      slots_[id].actor = request_.make(plan_, id);
    }
  }
  for (std::uint32_t i = 0; i < plan->workers; ++i) {
    slots_[plan->worker(i)].worker = i;
    slots_[plan->worker(i)].computations = computed_before(*plan, i);
  }
}

void TwinStage::start() {
  for (ActorId id = 0; id < slots_.size(); ++id)
    if (slots_[id].actor) begin(id, now_);  // none where its process is gone
}

void TwinStage::redraw() {
  Handover left = std::move(*std::exchange(left_, std::nullopt));
  const Scene scene =
      request_.next ? request_.next(std::move(left)) : again(*plan_, std::move(left));
  // Words from outside are for one who lives on.
  std::erase_if(due_, [this](const TwinDue& due) {
    const TwinEvent& event = events_[due.event];
    const bool word = event.message && event.from == event.to && event.to == Plan::coordinator;
    if (word) return false;
    events_[due.event] = {};
    free_.push_back(due.event);
    return true;
  });
  std::ranges::make_heap(due_, happens_later);
  edges_.clear();
  if (!scene.what.empty()) request_.report(event_of(scene, now_));
  draw(scene.plan);
  start();
}

// What becomes of processes until then, and what the starting one's host tells the coordinator.
void TwinStage::change_hosts(double by) {
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
void TwinStage::cast(ActorId id, double t) {
  Slot& slot = slots_[id];
  slot.actor = request_.make(plan_, id);
  slot.busy_until = t;
  slot.left = false;
  begin(id, t);
}

void TwinStage::inject(double t, Message message) {
  put(t, {.from = Plan::coordinator, .to = Plan::coordinator, .message = std::move(message)});
}

void TwinStage::listen() {
  if (request_.asked) hear(request_.asked());
}

// Patience that never runs out is no event.
bool TwinStage::nothing_happens() const { return due_.empty() || due_.front().t >= twin_forever; }

void TwinStage::hear(std::optional<Message> word) {
  if (!word) return;
  if (const auto* fence = std::get_if<FenceRequested>(&*word))
    paused_ = fence->raise && (paused_ || fence->hold);
  if (std::holds_alternative<StopRequested>(*word)) paused_ = false;
  inject(nothing_happens() ? now_ : due_.front().t, std::move(*word));
}

}  // namespace troupe
