/// The evaluator scores models on rows that nobody trains on. It looks at one
/// model at a time, a slice of rows per event, so that it never blocks its place.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "actors/actor.hpp"
#include "actors/plan.hpp"

namespace troupe {

class Evaluator : public Actor {
 public:
  explicit Evaluator(std::shared_ptr<const Plan> plan) : plan_(std::move(plan)) {}

  /// The rows stay, and so does what is to be scored.
  void enter(std::shared_ptr<const Plan> plan) override { plan_ = std::move(plan); }
  void receive(Context& context, ActorId from, Message message) override {
    dispatch(*this, context, from, message);
  }
  void describe(Condition& condition) const override;
  void on(Context& context, ActorId from, Evaluate evaluate);
  void on(Context& context, ActorId from, Finish finish);
  void woken(Context& context, std::uint64_t token) override;

 private:
  /// Rows to score, loaded when they are first asked for and kept; where memory is
  /// bounded one segment at a time, and none between two models.
  struct Split {
    std::string name;
    std::shared_ptr<const Dataset> data;
    RowRange range;
    bool only_last;
    std::vector<Cut> parts = {};
    std::size_t part = 0;  ///< at work on it
    Shard shard = {};
    bool loaded = false;
  };
  struct Task {
    Evaluate what;
    std::size_t split = 0;
    std::uint64_t row = 0;  ///< of the part
    Evaluation sum = {};
    std::vector<Score> scores = {};
  };

  void list_splits();
  bool load(Context& context, Split& split);
  void slice(Task& task, Split& split);
  void score(Task& task, const Split& split) const;
  void answer(Context& context, Task& task);

  std::shared_ptr<const Plan> plan_;
  std::vector<Split> splits_;
  std::deque<Task> tasks_;
  std::vector<std::uint32_t> picks_;
  std::uint64_t skipped_ = 0;
};

}  // namespace troupe
