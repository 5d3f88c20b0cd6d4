#include "actors/evaluator.hpp"

#include <algorithm>
#include <numeric>

#include "base/user_error.hpp"

namespace troupe {
namespace {

constexpr std::uint64_t rows_at_a_time = 16384;
// Models waiting to be scored; training that outruns the evaluator by more loses
// the oldest of them, which is said, and never the last.
constexpr std::size_t tasks_max = 8;

}  // namespace

void Evaluator::on(Context& context, ActorId, Evaluate evaluate) {
  if (splits_.empty()) list_splits();
  tasks_.push_back({.what = std::move(evaluate)});
  if (tasks_.size() > tasks_max) {
    tasks_.erase(tasks_.begin() + 1);
    if (++skipped_ == 1)
      context.send(Plan::coordinator,
                   Notice{.what = "evaluation_skipped",
                          .who = "evaluator",
                          .detail = "training is faster than evaluation; raise "
                                    "training.evaluate_every to choose which epochs count"});
  }
  if (tasks_.size() == 1) context.wake(0, 0);
}

void Evaluator::on(Context& context, ActorId, Finish) { context.finished(); }

void Evaluator::woken(Context& context, std::uint64_t) {
  if (tasks_.empty()) return;
  Task& task = tasks_.front();
  while (task.split < splits_.size() && splits_[task.split].only_last && !task.what.last)
    ++task.split;
  if (task.split < splits_.size()) {
    Split& split = splits_[task.split];
    if (!split.loaded && !load(context, split)) return;
    slice(task, split);
  } else {
    answer(context, task);
    tasks_.pop_front();
  }
  if (!tasks_.empty()) context.wake(0, 0);
}

void Evaluator::list_splits() {
  if (plan_->validation.size() > 0)
    splits_.push_back({"validation", plan_->data, plan_->validation, false});
  // The objective on the training rows is only needed by the rule that watches it,
  // and where there is nothing else to look at.
  if (plan_->stop.tolerance || plan_->validation.size() == 0)
    splits_.push_back({"training", plan_->data, plan_->training, false});
  if (plan_->test != nullptr)
    splits_.push_back({"test", plan_->test, {0, plan_->test->facts().rows}, true});
  for (Split& split : splits_)
    split.parts = plan_->bounded ? cuts_within(*split.data, split.range)
                                 : std::vector<Cut>{{.rows = split.range}};
}

bool Evaluator::load(Context& context, Split& split) {
  try {
    split.shard = split.data->load(split.parts[split.part].rows);
    split.loaded = true;
  } catch (const UserError& error) {
    tasks_.clear();
    context.send(Plan::coordinator,
                 Failed{.exit_code = static_cast<int>(error.code()), .line = error.what()});
  }
  return split.loaded;
}

void Evaluator::slice(Task& task, Split& split) {
  const Rows& rows = split.shard.rows();
  const std::uint64_t count = std::min<std::uint64_t>(rows_at_a_time, rows.size() - task.row);
  picks_.resize(count);
  std::iota(picks_.begin(), picks_.end(), static_cast<std::uint32_t>(task.row));
  task.sum += plan_->model->evaluate(task.what.model.values(), {rows, picks_});
  task.row += count;
  if (task.row < rows.size()) return;
  task.row = 0;
  if (plan_->bounded) {
    split.shard = {};
    split.loaded = false;
  }
  if (++split.part < split.parts.size()) return;
  split.part = 0;
  score(task, split);
}

void Evaluator::score(Task& task, const Split& split) const {
  const auto n = static_cast<double>(std::max<std::uint64_t>(1, task.sum.rows));
  task.scores.push_back(
      {.split = split.name,
       .loss = task.sum.loss_sum / n + plan_->model->penalty(task.what.model.values()),
       .accuracy = accuracy_of(*plan_->model, task.sum),
       .rows = task.sum.rows});
  ++task.split;
  task.sum = {};
}

void Evaluator::answer(Context& context, Task& task) {
  context.send(Plan::coordinator, Evaluated{.epoch = task.what.epoch,
                                            .updates = task.what.updates,
                                            .last = task.what.last,
                                            .scores = std::move(task.scores),
                                            .model = std::move(task.what.model)});
}

}  // namespace troupe
