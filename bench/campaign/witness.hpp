/// Watches a run from outside and says what it must never do: deliver a draw twice, lose
/// count, go back in its metrics, end twice or not at all. It changes nothing.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "actors/actor.hpp"
#include "actors/plan.hpp"

namespace troupe::campaign {

class Witness {
 public:
  explicit Witness(const Plan& plan) : plan_(plan) {}

  /// The plan with an exchange that tells the witness of each sum that goes into a model.
  std::shared_ptr<Plan> watched();
  /// The actor behind a mask, through which the witness sees what reaches it.
  std::unique_ptr<Actor> masked(std::unique_ptr<Actor> actor);
  void take(const Report& report);

  /// What was broken first; empty: nothing.
  const std::string& broken() const { return broken_; }
  const std::optional<EndReport>& end() const { return end_; }
  std::size_t workers_lost() const { return lost_; }
  /// The events, a line each.
  const std::string& story() const { return story_; }

 private:
  class Mask;
  class Ear;

  void absorbed(const Arrived& arrived);
  void take(const StepReport& step);
  void take(const EvalReport& eval);
  void take(const EventReport& event);
  void take(const EndReport& end);
  void said_at(double t);
  void must(bool holds, const std::string& what);
  void balance();

  const Plan& plan_;
  const Push* at_hand_ = nullptr;  ///< what the holder of the model is being told
  std::map<std::pair<std::uint32_t, std::uint64_t>, unsigned> absorbed_;  ///< by partition, step
  std::uint64_t absorbed_rows_ = 0;
  StepReport last_;
  double t_ = 0;
  std::size_t lost_ = 0;
  std::optional<EndReport> end_;
  std::string broken_;
  std::string story_;
};

}  // namespace troupe::campaign
