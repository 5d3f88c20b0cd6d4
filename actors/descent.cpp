#include "actors/descent.hpp"

#include <algorithm>

namespace troupe {

template <class Step>
double Descent::each_piece(const Stretch& stretch, Step step_over) {
  const std::uint64_t per_step = plan_.batch * (plan_.rounds ? plan_.partitions : 1);
  std::uint64_t steps = 0;
  double loss = 0;
  for (RowRange left = stretch.positions; left.size() > 0;) {
    const Batch piece = stretch.feed.draw(stretch.epoch, left.first, left.last);
    rates_.clear();
    for (std::uint64_t first = 0; first < piece.size(); first += plan_.batch)
      rates_.push_back(plan_.schedule.rate(stretch.draws + steps++ * per_step));
    loss += step_over(piece);
    left.first += piece.size();
  }
  return loss;
}

double Descent::run(std::span<float> states, const Stretch& stretch) {
  Replica replica{.values = states};
  const double loss =
      each_piece(stretch, [&](const Batch& piece) { return step(replica, piece, stretch.update); });
  replica.settle();
  return loss;
}

double Descent::run(const SharedValues& shared, const Stretch& stretch) {
  return each_piece(stretch, [&](const Batch& piece) {
    return plan_.model->descend_shared(shared, piece, plan_.batch, rates_);
  });
}

double Descent::step(Replica& replica, const Batch& rows, Update* update) {
  if (update == nullptr) return plan_.model->descend(replica, rows, plan_.batch, rates_);
  double loss = 0;
  Accumulator sum = scratch_.take();
  for (std::size_t i = 0; i < rates_.size(); ++i) {
    const std::size_t first = i * plan_.batch;
    const std::size_t count = std::min<std::size_t>(plan_.batch, rows.size() - first);
    const Batch part{rows.rows, rows.picks.subspan(first, count)};
    loss += plan_.model->gradient(replica.values, part, rates_[i], sum);
    update->apply(replica.values, sum, 1.0F / static_cast<float>(count), rates_[i]);
    sum.clear();
  }
  scratch_.give(std::move(sum));
  return loss;
}

}  // namespace troupe
