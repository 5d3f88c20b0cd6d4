/// The coordinator leases partitions, watches the clock and the evaluations, and
/// ends the run. It never touches a gradient; every run's story is told by it.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "actors/actor.hpp"
#include "actors/plan.hpp"

namespace troupe {

class Coordinator : public Actor {
 public:
  explicit Coordinator(std::shared_ptr<const Plan> plan);

  void start(Context& context) override;
  void enter(std::shared_ptr<const Plan> plan) override;
  void receive(Context& context, ActorId from, Message message) override {
    dispatch(*this, context, from, message);
  }
  void describe(Condition& condition) const override;
  void woken(Context& context, std::uint64_t token) override;
  void on(Context& context, ActorId from, Progress progress);
  void on(Context& context, ActorId from, Evaluated evaluated);
  void on(Context& context, ActorId from, Final final);
  void on(Context& context, ActorId from, Finished finished);
  void on(Context& context, ActorId from, Failed failed);
  void on(Context& context, ActorId from, Refused refused);
  void on(Context& context, ActorId from, WorkersLost lost);
  void on(Context& context, ActorId from, WorkersLeaving leaving);
  void on(Context& context, ActorId from, WorkersJoined joined);
  void on(Context& context, ActorId from, StopRequested request);
  void on(Context& context, ActorId from, Notice notice);
  void on(Context& context, ActorId from, FenceRequested request);

 private:
  enum Alarm : std::uint64_t { time_is_up, nobody_answers };

  /// How the run ends; the first reason counts.
  struct Outcome {
    std::string status;
    std::string reason;
    int exit_code = 0;
  };
  struct Crew {
    bool alive = true;
    bool answered = false;
    bool listened = true;     ///< the holder of the model knows of this life
    std::string leaves = {};  ///< why, when it is on its way out
    std::vector<std::uint32_t> partitions;
    std::uint64_t computed = 0;
  };

  void end(Context& context, Outcome outcome, bool at_once);
  bool in_trouble() const;
  void judge(Context& context, const Evaluated& evaluated);
  /// Why an evaluation ends the run, if it does.
  std::optional<std::string> verdict(const Evaluated& evaluated);
  void dismiss(Context& context, const std::vector<ActorId>& workers);
  void orphaned(Context& context, const std::vector<ActorId>& holders, const WorkersLost& lost);
  /// Takes partitions from those who hold most, for as long as that makes it more even.
  void deal(Context& context, const std::vector<ActorId>& newcomers);
  void lease_again(Context& context, ActorId from, const std::vector<ActorId>& others);
  void event(Context& context, std::string what, std::string who, std::string detail);
  void close_when_complete(Context& context);
  void close(Context& context);
  std::uint64_t computed_by(ActorId worker) const;
  // At a fence (coordinator_fence.cpp):
  /// The model was handed over for others to go on with.
  bool resting() const { return final_ && final_->fenced && !outcome_; }
  void score_last(Context& context);
  void pass_on(Context& context);
  /// There is a reason to end meanwhile, and the model is here.
  void conclude(Context& context);
  void start_again(Context& context);
  EndReport balance(double now);

  std::shared_ptr<const Plan> plan_;
  std::map<ActorId, Crew> crew_;
  std::uint64_t leases_ = 0;  ///< given so far
  std::optional<Outcome> outcome_;
  std::optional<Final> final_;
  std::optional<Evaluated> last_scores_;
  bool scored_ = false;
  bool closed_ = false;
  bool fencing_ = false;  ///< asked for, and not complete
  bool holding_ = false;  ///< the actors rest until somebody says go on
  std::optional<FenceRequested> wanted_;
  bool passed_ = false;   ///< the host is at work on the next ones
  bool unsound_ = false;  ///< the model is not fit to be kept, however the run ends
  std::map<std::string, std::uint64_t> told_;  ///< updates of the model last reported, by split
  double best_loss_;
  std::uint64_t evaluations_since_best_ = 0;
  std::optional<double> training_loss_;
  std::optional<double> stop_asked_at_;
  std::uint64_t last_delivered_ = 0;
  std::uint64_t last_updates_ = 0;
  double last_progress_at_ = 0;
  double last_loss_ = 0;
};

}  // namespace troupe
