/// The steward keeps the accounts of those who work on one memory: a census that takes the
/// model from there, for evaluation and at the end. Where gradients stand in that memory it
/// also steps the model by their sum, on its own clock and whatever has arrived.
#pragma once

#include <memory>

#include "actors/census.hpp"

namespace troupe {

class Steward : public Census {
 public:
  explicit Steward(std::shared_ptr<const Plan> plan);

  void start(Context& context) override;
  void woken(Context& context, std::uint64_t token) override;

 private:
  enum Alarm : std::uint64_t { patience, next_step };

  std::uint64_t delivered(ActorId worker, const Tally& tally) const override;
  Progress progress() override;
  SharedBlock model(Context& context) const override;
  void epoch_over(Context& context, std::uint64_t epoch) override;
  void step(Context& context);

  // Where it steps itself; nobody else then writes the model.
  std::unique_ptr<Update> update_;
  std::unique_ptr<Merge> merge_;
  Accumulator sum_;
  Block model_;
  std::uint64_t steps_ = 0;
  std::uint64_t updates_ = 0;  ///< as last told
};

}  // namespace troupe
