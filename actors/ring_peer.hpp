/// A peer on a ring computes its partitions' turns, adds up with all others around the
/// ring, part by part (Patarasuk, Yuan 2009), and makes the same step of the same model as
/// they do. It talks to its two neighbours; nobody holds the model for it.
#pragma once

#include <deque>
#include <memory>
#include <vector>

#include "actors/actor.hpp"
#include "actors/plan.hpp"
#include "actors/publication.hpp"
#include "actors/worker.hpp"
#include "algorithms/exact_sum.hpp"

namespace troupe {

class RingPeer : public Actor {
 public:
  explicit RingPeer(std::shared_ptr<const Plan> plan);

  void receive(Context& context, ActorId from, Message message) override {
    dispatch(*this, context, from, message);
  }
  void describe(Condition& condition) const override;
  void woken(Context& context, std::uint64_t token) override;
  void on(Context& context, ActorId from, Lease lease);
  void on(Context& context, ActorId from, Segment segment);
  void on(Context& context, ActorId from, Received received);
  void on(Context& context, ActorId from, Proceed proceed);
  void on(Context& context, ActorId from, Stop stop);
  void on(Context& context, ActorId from, Finish finish);

 private:
  class Inward;

  /// The turns of a round, of all partitions: everybody deals the same ones.
  std::vector<Turn> dealt() const;
  void begin(Context& context);
  /// What our turns came to, added up.
  void gather(Push push);
  /// Takes what has arrived from behind, as far as it is the next to come.
  void go_round(Context& context);
  bool fits(const Segment& segment) const;
  void take(Segment segment);
  /// The part of the vector that this peer passes on in a hop of the sum.
  std::uint32_t part_of(std::uint32_t hop) const;
  RowRange part(std::uint32_t which) const;
  void pass_on(Context& context);
  void agree();
  void finish_round(Context& context);
  void show(Context& context);
  void report(Context& context, bool last);
  void leave(Context& context);
  std::uint32_t owner_of(std::uint32_t partition) const;

  std::shared_ptr<const Plan> plan_;
  std::unique_ptr<Exchange> exchange_;
  std::unique_ptr<Update> update_;
  std::unique_ptr<Merge> merge_;
  Worker worker_;  ///< computes; it believes to talk to the holder of the model
  Publication publication_;
  Accumulator gradients_;
  std::vector<std::uint32_t> partitions_;
  std::uint32_t place_ = 0;  ///< on the ring
  std::uint32_t peers_ = 1;

  // The round at hand.
  std::vector<Turn> turns_;
  Block sum_;
  std::vector<Block> terms_;  ///< of an exact sum, until the exponent is agreed on
  std::unique_ptr<ExactSum> exact_;
  int exponent_ = 0;  ///< the largest heard of so far
  int passing_ = 0;   ///< what the neighbour behind said last
  std::uint32_t hop_ = 0;
  bool reducing_ = false;
  std::deque<Segment> arrived_;  ///< from behind, not looked at yet

  std::uint64_t round_ = 0;
  std::uint64_t before_ = 0;  ///< updates of others, in whose places these came
  std::uint64_t delivered_ = 0;
  std::uint64_t epoch_ = 0;
  std::vector<std::uint64_t> applied_;  ///< draws in the model, by the peer who computed them
  Tally tally_;
  double reported_at_ = 0;
  unsigned shown_ = 0;
  bool waiting_ = false;  ///< for a verdict
  bool ended_ = false;
};

}  // namespace troupe
