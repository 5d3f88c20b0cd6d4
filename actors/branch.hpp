/// A branch stands between those below it and the holder of the model: it adds up what
/// a round's turns came to, and hands turns and parameters down. It holds no model, asks
/// no gate, and leaves to the holder whatever is not as it should be.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <vector>

#include "actors/actor.hpp"
#include "actors/intake.hpp"
#include "actors/ledger.hpp"
#include "actors/plan.hpp"
#include "actors/round_sum.hpp"
#include "actors/scratch.hpp"

namespace troupe {

class Branch : public Actor {
 public:
  explicit Branch(std::shared_ptr<const Plan> plan);

  void receive(Context& context, ActorId from, Message message) override {
    dispatch(*this, context, from, message);
  }
  void describe(Condition& condition) const override;
  void on(Context& context, ActorId from, Pull pull);
  void on(Context& context, ActorId from, Push push);
  void on(Context& context, ActorId from, Parameters parameters);
  void on(Context& context, ActorId from, WorkersLost lost);
  void on(Context& context, ActorId from, WorkersJoined joined);

 private:
  /// A partition's step.
  using Step = std::pair<std::uint32_t, std::uint64_t>;
  struct Holder {
    ActorId child = 0;
    ActorId worker = 0;  ///< the child, or below it
  };

  struct Wished {
    std::size_t entries = 0;  ///< of the list: answers say nothing but values
    bool stands = true;       ///< who wished it holds the partition still
  };

  /// Nobody of ours will come with a turn of it any more.
  void forget(std::uint32_t partition);
  /// All turns are out with this sender, and it answers them all.
  bool expected(ActorId from, const Push& push) const;
  /// Passes on one push as it is, however it is.
  void relay(Context& context, Push push, std::vector<Partial>& parts, bool sound);
  void collect(Push push, std::vector<Partial>& parts);
  /// Passes on what has come back so far, as merged as it can be.
  void flush(Context& context);
  void say(Context& context, Push push);
  Contribution written(Subtree where, Partial& partial);
  void keep_wishes(ActorId from, std::vector<Wish>& wishes);
  Wished wished_for(const Turn& turn);
  void hand_down(Context& context, Parameters& parameters);

  std::shared_ptr<const Plan> plan_;
  std::unique_ptr<Codec> codec_;
  Scratch scratch_;
  Intake intake_;
  Ledger ledger_;  ///< of those below
  std::map<ActorId, std::unique_ptr<Codec>> codecs_;
  std::map<std::uint32_t, Holder> holders_;  ///< of partitions
  std::vector<std::uint64_t> leases_;        ///< the latest heard of, of each
  std::map<Step, Wished> wished_;            ///< by those below
  std::set<Step> out_;                       ///< of this round, and not back
  RoundSum sums_;
  Push together_;  ///< of this round, back and not passed on; the parts are in sums_
  std::uint64_t version_ = 0;
};

}  // namespace troupe
