/// What a worker has of the model: what an answer brings of it is looked at, put where it
/// belongs and given back. Nothing is computed with it here.
#include "actors/worker.hpp"
#include "base/check.hpp"
#include "base/kernels/kernels.hpp"
#include "messages/visit.hpp"

namespace troupe {

// Its entries were taken out: the block may serve the next answer while it is warm.
void Worker::give_back_model() {
  const bool brings_another = plan_->waits && plan_->reply == ReplyKind::model &&
                              plan_->pull_turns == 1 &&
                              (plan_->pull == PullKind::dense || plan_->pull == PullKind::sparse);
  if (plan_->entrywise && brings_another) pulled_ = {};
}

// Whoever holds the model may be elsewhere, and is not believed what would be written
// beyond ours.
bool Worker::fits(const Payload& payload) const {
  const auto listed = [this](const auto& list) {
    const std::size_t held = std::max(mirror_.size(), pulled_.size());
    return held == plan_->parameters && list.indices.size() == list.values.size() &&
           kernels().all_below(list.indices.data(), list.indices.size(),
                               static_cast<std::uint32_t>(plan_->parameters));
  };
  if (const auto* dense = std::get_if<DenseValues>(&payload))
    return dense->values.size() == plan_->parameters;
  if (const auto* sparse = std::get_if<SparseValues>(&payload)) return listed(*sparse);
  if (const auto* changed = std::get_if<ChangedValues>(&payload)) return listed(*changed);
  return true;
}

void Worker::install(Parameters& parameters) {
  version_ = parameters.version;
  brought_ = !std::holds_alternative<std::monostate>(parameters.payload);
  is_aligned_ = std::holds_alternative<AlignedValues>(parameters.payload);
  read_ = 0;
  const auto scatter = [this](const auto& listed) {
    if (mirror_.size() == 0) mirror_ = Block::copy_of(std::exchange(pulled_, {}).values());
    const std::span<float> mirror = mirror_.values();
    for (std::size_t i = 0; i < listed.indices.size(); ++i)
      mirror[listed.indices[i]] = listed.values[i];
  };
  std::visit(Overload{[](std::monostate) {},
                      [this](DenseValues& dense) {
                        pulled_ = std::move(dense.values);
                        mirror_ = Block();
                      },
                      [&](SparseValues& listed) { scatter(listed); },
                      [&](ChangedValues& listed) { scatter(listed); },
                      [](ListedValues&) {},  // a way to write gradients
                      [this](AlignedValues& aligned) { aligned_ = std::move(aligned.values); }},
             parameters.payload);
}

std::span<const float> Worker::model() const {
  const std::span<const float> held = mirror_.size() > 0 ? mirror_.values() : pulled_.values();
  TROUPE_CHECK(held.size(), ==, plan_->parameters);  // no turn comes without one
  return held;
}

}  // namespace troupe
