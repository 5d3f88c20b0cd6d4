#include "actors/plan.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/check.hpp"

namespace troupe {

ActorId Plan::aggregator() const {
  const auto here = std::ranges::find(drawing.nodes, Role::aggregator, &DrawingNode::role);
  TROUPE_CHECK((here == drawing.nodes.end()), ==, false);
  return first_drawn + static_cast<ActorId>(here - drawing.nodes.begin());
}

ActorId Plan::above(ActorId actor) const {
  const std::uint32_t self = actor - first_drawn;
  std::uint32_t nearest = self;
  for (const DrawingEdge& edge : drawing.edges)
    if (edge.from == self) nearest = std::min(nearest, edge.to);
  return nearest == self && !peers() ? aggregator() : first_drawn + nearest;
}

std::vector<ActorId> Plan::branches_below(ActorId actor) const {
  std::vector<ActorId> below;
  if (!cuts.empty()) return below;  // nobody stands below those who hold slices
  for (const DrawingEdge& edge : drawing.edges)
    if (edge.from == actor - first_drawn && edge.to > edge.from &&
        drawing.nodes[edge.to].role == Role::aggregator)
      below.push_back(first_drawn + edge.to);
  return below;
}

ActorId Plan::worker(std::uint32_t index) const {
  const auto here = std::ranges::find_if(drawing.nodes, [index](const DrawingNode& node) {
    return node.role != Role::aggregator && node.index == index;
  });
  TROUPE_CHECK((here == drawing.nodes.end()), ==, false);
  return first_drawn + static_cast<ActorId>(here - drawing.nodes.begin());
}

std::string Plan::name_of(ActorId actor) const {
  if (actor == coordinator) return "coordinator";
  if (actor == evaluator) return "evaluator";
  if (actor - first_drawn >= drawing.nodes.size()) {
    return peers() && actor == census() ? "census" : "actor " + std::to_string(actor);
  }
  const DrawingNode& node = drawing.nodes[actor - first_drawn];
  return std::string(to_text(node.role)) + " " + std::to_string(node.index);
}

std::shared_ptr<const Plan> Plan::of_slice(std::uint32_t which) const {
  auto plan = std::make_shared<Plan>(*this);
  plan->slice = which;
  plan->parameters = cuts.at(which + 1) - cuts[which];
  plan->update = [make = update_of, size = plan->parameters] { return make(size); };
  plan->codec = [make = codec_of, size = plan->parameters] { return make(size); };
  return plan;
}

std::uint64_t Plan::exchanges_per_epoch(std::uint32_t p) const {
  // Partition 0 is never shorter than another one. In rounds all take the same
  // number of exchanges, and the shorter ones may have nothing left in the last.
  const std::uint64_t rows = partition(rounds ? 0 : p).size();
  const std::uint64_t a_time = batch * local_steps;
  return std::max<std::uint64_t>(1, (rows + a_time - 1) / a_time);
}

Passage Plan::passage(std::uint32_t p, std::uint64_t step) const {
  const std::uint64_t rows = partition(p).size();
  const std::uint64_t span = partition(rounds ? 0 : p).size();
  const std::uint64_t a_time = batch * local_steps;
  const Cursor from = origin(p);
  const bool begun = from.position > 0;  // an epoch that others began is finished first
  const std::uint64_t left =
      begun && span > from.position ? (span - from.position + a_time - 1) / a_time : 0;
  std::uint64_t epoch = from.epoch;
  std::uint64_t first = from.position + step * a_time;
  if (step >= left) {
    const std::uint64_t exchanges = exchanges_per_epoch(p);
    epoch += (begun ? 1 : 0) + (step - left) / exchanges;
    first = (step - left) % exchanges * a_time;
  }
  first = std::min(rows, first);
  return {.epoch = epoch, .positions = {first, std::min(rows, first + a_time)}};
}

std::span<const float> Plan::slice_of(std::span<const float> whole) const {
  const bool cut = !cuts.empty() && whole.size() == cuts.back();
  return cut ? whole.subspan(cuts[slice], parameters) : whole;
}

void Plan::begin(std::span<float> values) const {
  if (opening) {
    std::ranges::copy(slice_of(opening->model.values()), values.begin());
    return;
  }
  if (cuts.empty()) return model->initialise(values, seed, start.rows());
  Block whole = Block::zeros(cuts.back());
  model->initialise(whole.values(), seed, start.rows());
  std::ranges::copy(slice_of(std::as_const(whole).values()), values.begin());
}

std::optional<std::uint64_t> Plan::draws_planned() const {
  if (!stop.epochs) return std::nullopt;
  return static_cast<std::uint64_t>(
      std::llround(*stop.epochs * static_cast<double>(training.size())));
}

}  // namespace troupe
