#include "actors/steward.hpp"

#include <algorithm>
#include <utility>

#include "base/finite.hpp"

namespace troupe {

using Part = SharedMemory::Part;

Steward::Steward(std::shared_ptr<const Plan> plan) : Census(std::move(plan)) {
  const Plan& run = this->plan();
  if (run.opening) steps_ = run.opening->progress.updates;
  if (!run.steps_every) return;
  update_ = run.update();
  merge_ = run.merge();
  sum_ = Accumulator(run.parameters);
  sum_.make_dense();
  model_ = Block(run.parameters);
}

void Steward::start(Context& context) {
  if (update_ == nullptr) return;
  context.shared().copy(Part::model, model_.values(), false);
  context.wake(*plan().steps_every, next_step);
}

void Steward::woken(Context& context, std::uint64_t token) {
  if (token != next_step) return Census::woken(context, token);
  if (ended() || stopping()) return;
  if (plan().stop.steps && steps_ >= *plan().stop.steps)
    return Census::on(context, context.self(), Stop{});
  step(context);
}

void Steward::step(Context& context) {
  const double began = context.now();
  SharedMemory& memory = context.shared();
  const float rate = plan().schedule.rate(memory.worked(0));
  memory.copy(Part::gradients, sum_.values(), false);
  const Arrived all{.rows = plan().partitions, .partitions = plan().partitions};
  update_->apply(model_.values(), sum_, merge_->gradient_factor(all), rate);
  ++steps_;
  if (!all_finite(std::as_const(model_).values())) {
    context.send(
        Plan::coordinator,
        Refused{.worker = context.self(), .update = steps_, .rate = rate, .diverged = true});
    return;
  }
  WriteCounts none;
  memory.change(Part::model, none, [this](const SharedValues& model) {
    write_shared(model, std::as_const(model_).values());
  });
  context.wake(std::max(0.0, *plan().steps_every - (context.now() - began)), next_step);
}

std::uint64_t Steward::delivered(ActorId /*worker*/, const Tally& tally) const {
  return tally.computed;
}

Progress Steward::progress() {
  Progress now = Census::progress();
  if (update_ != nullptr) {
    now.gradients = now.updates;
    now.updates = steps_;
  }
  updates_ = now.updates;
  return now;
}

SharedBlock Steward::model(Context& context) const {
  Block model(plan().parameters);
  context.shared().copy(Part::model, model.values(), plan().sharing->snapshots);
  return std::move(model).freeze();
}

void Steward::epoch_over(Context& context, std::uint64_t epoch) {
  if (epoch % plan().evaluate_every != 0) return;
  context.send(Plan::evaluator,
               Evaluate{.epoch = epoch, .updates = updates_, .model = model(context)});
}

}  // namespace troupe
