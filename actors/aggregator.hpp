/// The aggregator holds the model, or its first slice: it asks the gate who may go on, merges what
/// arrived and answers. It computes no gradient and chooses no worker.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "actors/actor.hpp"
#include "actors/direction.hpp"
#include "actors/intake.hpp"
#include "actors/ledger.hpp"
#include "actors/partial.hpp"
#include "actors/plan.hpp"
#include "actors/publication.hpp"
#include "actors/round_sum.hpp"
#include "actors/scratch.hpp"
#include "actors/slices.hpp"
#include "actors/standing.hpp"
#include "actors/strides.hpp"

namespace troupe {

class Aggregator : public Actor {
 public:
  explicit Aggregator(std::shared_ptr<const Plan> plan);

  void receive(Context& context, ActorId from, Message message) override {
    dispatch(*this, context, from, message);
    if (shards_) direct(context);
  }
  void start(Context& context) override;
  void woken(Context& context, std::uint64_t token) override;
  void describe(Condition& condition) const override;
  void on(Context& context, ActorId from, Pull pull);
  void on(Context& context, ActorId from, Push push);
  void on(Context& context, ActorId from, Outlook outlook);
  void on(Context& context, ActorId from, Proceed proceed);
  void on(Context& context, ActorId from, WorkersLost lost);
  void on(Context& context, ActorId from, WorkersJoined joined);
  void on(Context& context, ActorId from, Stop stop);
  void on(Context& context, ActorId from, Deposited kept);
  void on(Context& context, ActorId from, Slice slice);
  void on(Context& context, ActorId from, Refused refused);

 private:
  /// A turn on offer: somebody is to compute it.
  struct Due {
    std::uint64_t rows = 0;   ///< its quota
    bool given = false;       ///< the holder knows, and has not come back with it
    Features features = {};   ///< what the answer to its wish was aligned with
    SharedBlock pulled = {};  ///< the model that it was given with; Plan::remembers
  };
  /// Where a partition stands.
  struct Seat {
    std::optional<ActorId> holder;  ///< whom its turns go to
    ActorId worker = 0;             ///< the holder, or below it
    std::uint64_t lease = 0;        ///< the latest that was claimed
    std::uint64_t step = 0;         ///< of the first one due
    std::deque<Due> due;            ///< consecutive steps, at most Plan::ahead
    std::vector<Wish> wishes;       ///< for steps that are not due yet
    bool waits = false;             ///< for the gate to let it take the next step
  };
  /// What this holder remembers of a worker.
  struct Colleague {
    std::unique_ptr<Codec> codec;
    std::unique_ptr<Codec> reply_codec;  ///< of merged gradients
    std::uint64_t known_version = 0;
    unsigned refused_in_a_row = 0;
    bool wants_all = false;  ///< what it holds is no good
  };

  /// Where others hold further slices of the model.
  struct Shards {
    /// What goes out once the model in it is whole.
    struct Collected {
      std::uint64_t version = 0;
      ActorId to = 0;
      Message message = {};
    };
    explicit Shards(const Plan& plan);
    Gathering gathering;
    Direction direction;
    Assembly assembly;
    std::deque<Collected> collecting = {};  ///< one an epoch, and no push passes an older one
    bool overflowed = false;
    bool torn = false;
  };

  enum Alarm : std::uint64_t { nobody_comes, late_steps, next_step };

  /// A push that has come as a whole; `sound`: as far as others looked at it.
  void consider(Context& context, ActorId from, Push push, bool sound);
  void take_gathered(Context& context);
  void give_up(std::optional<Gathering::Gathered> gathered);
  /// A slice is lost, and with it the model: only the accounts are closed.
  void end_torn(Context& context);
  void describe_shards(Condition& condition) const;
  /// Tells the holders of other slices what it made of the event at hand.
  void direct(Context& context);
  /// Sends what has a model in it, once that is whole.
  void hand_over(Context& context, ActorId to, Message message);
  bool expected(ActorId from, const Push& push) const;
  /// Reads and checks the parts; false when one is not finite or does not fit.
  bool decode(Colleague& colleague, Push& push, bool wanted, std::vector<Partial>& parts);
  /// What the entries of a part that answers a wish stand for; nothing when it answers none.
  Features aligned_with(const Push& push, const Contribution& part);
  void keep_wishes(Push& push);
  void refuse(Context& context, ActorId worker, std::vector<Partial>& parts);
  /// What of these turns is still to be done by a branch whose push was of no use as a whole.
  void give_again(Context& context, ActorId branch, const std::vector<Turn>& turns);
  /// The worker of whom a push is, where it is of one.
  static ActorId author(ActorId from, const Push& push);
  void take(Context& context, const Push& push, std::vector<Partial> parts);
  /// Applies to the model what travelled alone, or a round, or what was put together.
  void absorb(Context& context, Partial& partial, bool together = false);
  // Where steps are taken on a clock of their own.
  void let_stand(Partial& partial);
  void step_freely(Context& context);
  void arrive(Context& context, const Turn& turn);
  void obey(Context& context, const Verdict& verdict);
  /// Keeps what has come until the gate names its partition.
  void hold(std::uint32_t partition, Partial partial);
  void discard_held(std::uint32_t partition);
  void recycle(Partial& partial);
  /// The gradient of the update that was just made, for those who apply it themselves.
  void remember(Partial& partial, float rate);
  /// Turns that were on offer are over.
  void withdraw(std::uint64_t quota, std::uint64_t turns = 1);
  void overflow(Context& context);
  /// After updates: epochs, evaluation, progress, the end.
  void look_around(Context& context);
  void look_at_epoch(Context& context);
  /// Steps of workers, and who is late with one.
  void step_begins(Context& context, ActorId worker, std::size_t turns);
  void step_ends(Context& context, ActorId worker, std::size_t turns);
  void look_for_late_steps(Context& context);
  /// Offers the next turns of these partitions and tells their holders.
  void release(Context& context, std::vector<std::uint32_t> partitions);
  /// One more turn of the partition, while there are rows left.
  bool offer(std::uint32_t partition);
  /// What a gate of rounds opened for, where workers do not wait: all hear of it.
  void tell_all(std::map<ActorId, std::vector<Turn>>& turns);
  Turn give(std::uint32_t partition, std::size_t which);
  Payload pulled(Colleague& colleague, const std::vector<Turn>& turns);
  Payload shared(const Colleague& colleague, bool again);
  std::optional<AlignedValues> granted(const std::vector<Turn>& turns);
  void answer(Context& context, ActorId worker, std::vector<Turn> turns, Payload payload);
  /// The gradient that made this version, to who has the one before it; false to others.
  bool answer_gradient(Context& context, ActorId worker, std::vector<Turn>& turns);
  std::uint64_t draws_left() const;
  bool enough() const;
  bool all_back() const;
  /// A fence: what the gate holds back is applied, as if nobody else were to come.
  void flush(Context& context);
  void finish(Context& context);

  std::shared_ptr<const Plan> plan_;
  std::unique_ptr<Exchange> exchange_;
  std::unique_ptr<Gate> gate_;
  std::unique_ptr<Update> update_;
  std::unique_ptr<Merge> merge_;
  Publication publication_;
  Ledger ledger_;
  Strides strides_;
  bool looks_for_late_ = false;
  double now_ = 0;  ///< when a step last began or ended
  Scratch scratch_;
  Intake intake_;
  std::vector<Seat> seats_;
  std::map<ActorId, Colleague> colleagues_;
  std::set<ActorId> lost_;  ///< nobody listens to them any more
  RoundSum round_;
  std::optional<Shards> shards_;
  std::optional<Standing> standing_;
  std::map<std::uint32_t, Partial> held_;  ///< by partition, until the gate names it
  Merged merged_;                          ///< of the last update, but for turns and payload
  Accumulator merged_sum_;                 ///< Plan::reply
  bool opened_ = false;                    ///< the gate, and those who do not wait do not know
  std::vector<std::uint32_t> waiting_;     ///< released by the gate, held back for a verdict
  std::uint32_t refused_partitions_ = 0;   ///< of the round, or in a row without rounds
  std::vector<std::vector<float>> spare_;  ///< read, and good for an answer
  std::uint64_t offered_rows_ = 0;         ///< quota on offer or under way
  std::uint64_t offered_turns_ = 0;
  std::uint64_t updates_ = 0;
  std::uint64_t epoch_ = 0;
  double reported_at_ = 0;
  bool awaiting_verdict_ = false;
  bool stopping_ = false;
  bool fencing_ = false;
  bool ended_ = false;
};

}  // namespace troupe
