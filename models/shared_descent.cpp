#include "models/shared_descent.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "models/lookahead.hpp"
#include "models/pending.hpp"

namespace troupe {
namespace {

constexpr std::size_t lanes = 16;
constexpr std::size_t width = 4;
using Four = float __attribute__((vector_size(width * sizeof(float)), aligned(4), may_alias));

// The order of the kernels' sparse_dot, so that the two agree bit for bit; no gather
// instruction, for those are no atomic loads.
template <class Way>
float score_of(const RowView& row, const float* w) {
  Four sums[lanes / width] = {};
  std::size_t k = 0;
  for (; k + lanes <= row.size; k += lanes)
    for (std::size_t i = 0; i < lanes / width; ++i) {
      const std::uint32_t* at = row.index + k + i * width;
      const Four found = {Way::load(w[at[0]]), Way::load(w[at[1]]), Way::load(w[at[2]]),
                          Way::load(w[at[3]])};
      sums[i] += *reinterpret_cast<const Four*>(row.value + k + i * width) * found;
    }
  float part[lanes];
  for (std::size_t i = 0; i < lanes; ++i) part[i] = sums[i / width][i % width];
  for (std::size_t lane = 0; k < row.size; ++k, ++lane)
    part[lane] += row.value[k] * Way::load(w[row.index[k]]);
  for (std::size_t half = lanes / 2; half > 0; half /= 2)
    for (std::size_t i = 0; i < half; ++i) part[i] += part[i + half];
  return part[0];
}

/// What a row's features are moved by: step x and a pull towards zero.
struct Move {
  float step;
  float pull_factor;  ///< on each feature's pull
  float pull_most;
};

template <class Way>
void move_row(const Way& way, const RowView& row, const Move& move, const float* pulls, float* w) {
  if (pulls == nullptr) {
    for (std::uint32_t k = 0; k < row.size; ++k)
      way(w[row.index[k]], [by = move.step * row.value[k]](float) { return by; });
    return;
  }
  for (std::uint32_t k = 0; k < row.size; ++k) {
    const std::uint32_t u = row.index[k];
    const float pull = std::min(move.pull_most, move.pull_factor * pulls[u]);
    way(w[u], [by = move.step * row.value[k], pull](float weight) { return by - pull * weight; });
  }
}

bool looks_at_next(const SharedValues& shared) {
  return shared.check_every > 0 && ++shared.counts->rows % shared.check_every == 0;
}

template <class Way>
double descend(const SharedDescent& on, const SharedValues& shared, const Batch& rows,
               std::size_t batch_size, std::span<const float> rates) {
  const float* pulls = on.pulls.data();
  float* w = shared.values.data();
  double loss = 0;
  Lookahead ahead(rows, shared.values);
  const std::span<Pending> pending = pending_rows(std::min(batch_size, rows.size()));
  for (std::size_t step = 0; step < rates.size(); ++step) {
    const std::size_t count = std::min(batch_size, rows.size() - step * batch_size);
    std::size_t moving = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const RowView row = ahead.next();
      const RowLoss at = on.loss.at(score_of<Way>(row, w), row.label);
      loss += at.loss;
      if (at.slope != 0 || pulls != nullptr) pending[moving++] = {row, at.slope};
    }
    const double factor = -rates[step] / static_cast<double>(count);
    const float share = 1.0F / static_cast<float>(count);
    for (std::size_t i = 0; i < moving; ++i) {
      const Move move{.step = static_cast<float>(factor * pending[i].slope),
                      .pull_factor = rates[step] * share,
                      .pull_most = share};
      if (looks_at_next(shared))
        move_row(CheckedWay{*shared.counts}, pending[i].row, move, pulls, w);
      else
        move_row(Way(), pending[i].row, move, pulls, w);
    }
  }
  return loss;
}

}  // namespace

double SharedDescent::run(const SharedValues& shared, const Batch& rows, std::size_t batch_size,
                          std::span<const float> rates) const {
  TROUPE_CHECK(batch_size, >, 0U);
  TROUPE_CHECK(rates.size(), ==, (rows.size() + batch_size - 1) / batch_size);
  switch (shared.access) {
    case Access::alone:
      return descend<AloneWay>(*this, shared, rows, batch_size, rates);
    case Access::store:
      return descend<StoreWay>(*this, shared, rows, batch_size, rates);
    case Access::add:
      return descend<AddWay>(*this, shared, rows, batch_size, rates);
  }
  return 0;
}

}  // namespace troupe
