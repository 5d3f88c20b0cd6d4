/// A worker holds partitions on lease and computes the turns that the aggregator
/// gives them. It knows neither gate nor merge nor how many colleagues it has.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>

#include "actors/actor.hpp"
#include "actors/descent.hpp"
#include "actors/partial.hpp"
#include "actors/plan.hpp"
#include "actors/scratch.hpp"
#include "actors/slices.hpp"
#include "actors/tree_sum.hpp"
#include "base/user_error.hpp"

namespace troupe {

class Worker : public Actor {
 public:
  explicit Worker(std::shared_ptr<const Plan> plan);
  ~Worker() override;

  void receive(Context& context, ActorId from, Message message) override {
    dispatch(*this, context, from, message);
  }
  void describe(Condition& condition) const override;
  void on(Context& context, ActorId from, Lease lease);
  void woken(Context& context, std::uint64_t token) override;
  void on(Context& context, ActorId from, Parameters parameters);
  void on(Context& context, ActorId from, Slice slice);
  void on(Context& context, ActorId from, Merged merged);
  void on(Context& context, ActorId from, Advice advice);
  void on(Context& context, ActorId from, Finish finish);

 private:
  struct Seat;
  struct Draws;

  /// What was answered, with a model that is whole.
  void begin(Context& context, Parameters parameters);
  void put_together(Context& context);
  /// Cuts what a push has to say, and tells the holders of other slices theirs.
  void cut_up(Context& context, Push& push);
  bool fits(const Payload& payload) const;
  bool holds_something() const;

  void install(Parameters& parameters);
  /// Puts turns behind those that are still to be taken, where nobody waits for answers.
  void line_up(Context& context, const std::vector<Turn>& turns);
  /// The forward phase of the next turn, and the question what its gradient will meet.
  void look_forward(Context& context);
  /// The mean loss of a turn's rows at the model at hand.
  double forward(Seat& seat, const Turn& turn);
  void give_up(Context& context, const UserError& error);
  void take_turns(Context& context, const std::vector<Turn>& turns, std::uint64_t draws);
  void take_turn(Context& context, Turn turn, std::uint64_t draws, bool last, float factor = 1);
  void give_back_model();
  /// One turn's part of the sum; turn.rows becomes the rows that it really took.
  Partial compute(Seat& seat, Turn& turn, std::uint64_t draws);
  void differentiate(Partial& partial, Seat& seat, const Draws& wanted, std::uint64_t draws);
  void differentiate_entries(Partial& partial, Seat& seat, const Draws& wanted,
                             std::uint64_t draws);
  void descend(Partial& partial, Seat& seat, const Draws& wanted, std::uint64_t draws);
  /// Where the descent begins: at the model, or where the last one left the replica.
  Block replica_of(Seat& seat) const;
  Draws drawn(std::uint32_t partition, std::uint64_t step) const;

  /// What a sparse pull brought for a turn: to entries_, or to the mirror.
  void read_aligned(Seat& seat, std::uint64_t step);
  Seat* held(const Turn& turn);
  /// How many values an answer has for a turn.
  static std::size_t wished_for(Seat& seat, std::uint64_t step);
  std::span<const float> model() const;

  void add(Push& push, Subtree where, Partial& partial);
  void say(Context& context, Push push, std::uint64_t rows);
  Wish wish_for(Seat& seat, std::uint64_t step);
  Features features_of(Seat& seat, std::uint64_t step);

  std::shared_ptr<const Plan> plan_;
  std::unique_ptr<Codec> codec_;
  std::unique_ptr<Merge> merge_;  ///< of replicas that only meet the model
  std::map<std::uint32_t, std::unique_ptr<Seat>> seats_;
  Descent descent_;
  Scratch scratch_;
  Accumulator seen_;                  ///< features of a batch, each once
  SharedBlock pulled_;                ///< a dense pull, read in place
  Block mirror_;                      ///< kept up to date by sparse and changed pulls
  std::vector<float> aligned_;        ///< a sparse pull: what the turns read, one after another
  std::size_t read_ = 0;              ///< of aligned_
  std::optional<Assembly> assembly_;  ///< where several hold the model
  std::deque<Parameters> arriving_;   ///< of which slices may be missing
  std::uint64_t pushes_ = 0;
  bool is_aligned_ = false;             ///< the last pull was a sparse one
  std::vector<float> entries_;          ///< of the turn at hand
  bool brought_ = false;                ///< the last answer had a model
  ActorId holder_ = 0;                  ///< of the model, or who stands between
  std::unique_ptr<Codec> reply_codec_;  ///< of merged gradients, and the rule that applies them
  std::unique_ptr<Update> update_;      ///< or that makes something of advice
  std::deque<Turn> turns_;              ///< still to be taken, with a look at the mail between two
  std::deque<Parameters> later_;        ///< answers that wait for the end of the turn at hand
  std::optional<Outlook> asked_;        ///< the turn at hand waits for advice
  std::uint64_t draws_ = 0;             ///< as the aggregator said last
  bool awake_ = false;                  ///< will be woken for the next turn
  double told_at_ = 0;                  ///< when the aggregator was last told something
  double pull_seconds_ = 0;
  double compute_seconds_ = 0;
  std::uint64_t version_ = 0;
  std::uint64_t computed_ = 0;
  std::uint64_t bytes_moved_ = 0;
};

}  // namespace troupe
