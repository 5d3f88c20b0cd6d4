/// The census counts what peers did, and says so to the coordinator; at the end it takes
/// their states and hands over the model. Nobody asks it before a step.
#pragma once

#include <map>
#include <memory>
#include <set>

#include "actors/actor.hpp"
#include "actors/plan.hpp"

namespace troupe {

class Census : public Actor {
 public:
  explicit Census(std::shared_ptr<const Plan> plan);

  void receive(Context& context, ActorId from, Message message) override {
    dispatch(*this, context, from, message);
  }
  void describe(Condition& condition) const override;
  void woken(Context& context, std::uint64_t token) override;
  void on(Context& context, ActorId from, Tally tally);
  void on(Context& context, ActorId from, Evaluate evaluate);
  void on(Context& context, ActorId from, Proceed proceed);
  void on(Context& context, ActorId from, Stop stop);
  void on(Context& context, ActorId from, WorkersLost lost);

 protected:
  /// A peer's draws are delivered as far as another one let in a state that has them.
  virtual std::uint64_t delivered(ActorId peer, const Tally& tally) const;
  virtual Progress progress();
  virtual SharedBlock model(Context& context) const;
  /// So many epochs were computed, all peers together.
  virtual void epoch_over(Context& /*context*/, std::uint64_t /*epoch*/) {}
  /// Draws of all since the run began.
  std::uint64_t draws() const;
  void finish(Context& context);

  const Plan& plan() const { return *plan_; }
  bool ended() const { return ended_; }
  bool stopping() const { return stopping_; }

 private:
  void forget(ActorId peer);
  std::uint64_t in_first(ActorId peer) const;
  bool handed_over(ActorId peer, const Tally& tally) const;
  std::uint64_t updates() const;

  std::shared_ptr<const Plan> plan_;
  std::map<ActorId, Tally> tallies_;
  std::set<ActorId> lost_;
  std::map<ActorId, std::uint64_t> heard_;  ///< of each peer's draws, the most that another let in
  std::uint64_t computed_ = 0;              ///< by all of tallies_
  std::size_t over_ = 0;                    ///< of them, those that were the last
  double told_loss_ = 0;
  std::uint64_t told_computed_ = 0;
  std::uint64_t epoch_ = 0;
  double reported_at_ = 0;
  bool stopping_ = false;
  bool fencing_ = false;
  bool ended_ = false;
};

}  // namespace troupe
