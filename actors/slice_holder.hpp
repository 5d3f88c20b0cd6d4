/// A slice holder has a slice of the model that is not the first: it keeps the deposits of what
/// workers push, makes of them what the first holder orders, and tells its slice to whom it
/// names. It decides nothing and waits for nobody.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "actors/actor.hpp"
#include "actors/intake.hpp"
#include "actors/partial.hpp"
#include "actors/plan.hpp"
#include "actors/publication.hpp"
#include "actors/scratch.hpp"

namespace troupe {

class SliceHolder : public Actor {
 public:
  /// The plan is that of the slice.
  explicit SliceHolder(std::shared_ptr<const Plan> plan);

  void receive(Context& context, ActorId from, Message message) override {
    dispatch(*this, context, from, message);
  }
  void describe(Condition& condition) const override;
  void on(Context& context, ActorId from, Deposit deposit);
  void on(Context& context, ActorId from, const Order& order);

 private:
  /// Reads the payloads of a deposit; false when one is not finite or does not fit.
  bool read(Deposit& deposit, std::vector<Partial>& parts);
  /// Where a sender has more deposits here than can be asked for, the oldest goes.
  void make_room(ActorId worker);
  void forget(const DepositName& name);
  bool has(const OrderedPart& part) const;
  Partial take(const OrderedPart& part);
  Partial sum_of(const Order& order);
  /// False when the order cannot be carried out.
  bool update(Context& context, const Order& order);

  std::shared_ptr<const Plan> plan_;
  std::unique_ptr<Exchange> exchange_;
  std::unique_ptr<Update> update_;
  std::unique_ptr<Merge> merge_;
  std::unique_ptr<Codec> codec_;
  Publication publication_;
  Scratch scratch_;
  Intake intake_;
  std::map<DepositName, std::vector<Partial>> deposits_;
  std::uint64_t updates_ = 0;
  bool ended_ = false;  ///< it could not obey: nothing of its slice counts any more
};

}  // namespace troupe
