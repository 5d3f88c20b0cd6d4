/// A sharer is a worker on the memory that all share: it steps the model there, or puts its
/// newest gradient in the place of its last one. It asks nobody for leave, and tells the
/// census now and then what it did.
#pragma once

#include <memory>
#include <vector>

#include "actors/actor.hpp"
#include "actors/descent.hpp"
#include "actors/plan.hpp"
#include "actors/quota.hpp"
#include "actors/scratch.hpp"

namespace troupe {

class Sharer : public Actor {
 public:
  explicit Sharer(std::shared_ptr<const Plan> plan);

  void receive(Context& context, ActorId from, Message message) override {
    dispatch(*this, context, from, message);
  }
  void describe(Condition& condition) const override;
  void woken(Context& context, std::uint64_t token) override;
  void on(Context& context, ActorId from, Lease lease);
  void on(Context& context, ActorId from, Stop stop);
  void on(Context& context, ActorId from, Finish finish);

 private:
  /// Consecutive exchanges of one epoch.
  struct Stint {
    std::uint64_t epoch = 0;
    std::uint64_t exchanges = 0;
    RowRange positions = {};
  };

  Stint next_stint(SharedMemory& memory) const;
  void work(Context& context);
  void step(SharedMemory& memory, const Stint& stint);
  void step_from_copy(SharedMemory& memory, const Stint& stint);
  void replace_gradient(SharedMemory& memory, const Stint& stint);
  /// Of the stint's rows, summed, at the model as it is now.
  Accumulator gradient(SharedMemory& memory, const Stint& stint);
  double add_gradient(SharedMemory& memory, const Batch& piece, Accumulator& sum);
  float rate() const;
  void report(Context& context, bool last);
  void leave(Context& context);

  std::shared_ptr<const Plan> plan_;
  Descent descent_;
  Scratch scratch_;
  std::unique_ptr<Feed> feed_;
  std::uint32_t partition_ = 0;
  Quota left_;
  Accumulator standing_;        ///< our gradient in the sum of all
  std::vector<float> copy_;     ///< of the model
  std::vector<float> entries_;  ///< of the model, as rows list them
  Tally tally_;
  std::uint64_t draws_ = 0;  ///< of all workers, when the stint at hand began
  double reported_at_ = 0;
  std::uint64_t epoch_ = 0;
  bool ended_ = false;
};

}  // namespace troupe
