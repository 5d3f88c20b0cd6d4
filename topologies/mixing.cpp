#include "topologies/mixing.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <complex>
#include <numeric>

#include "base/random.hpp"

namespace troupe {
namespace {

constexpr double nothing = 1e-9;
constexpr double disagreement_left = 0.01;
/// Beyond these sizes eigenvalues are no longer computed all at once.
constexpr std::size_t symmetric_max = 1500;
constexpr std::size_t general_max = 400;
constexpr int power_steps = 2000;
constexpr std::uint64_t period_max = 64;

using Neighbours = std::vector<std::vector<std::uint32_t>>;

Neighbours neighbours_of(const Drawing& drawing) {
  Neighbours near(drawing.nodes.size());
  for (const DrawingEdge& edge : drawing.edges) near[edge.from].push_back(edge.to);
  return near;
}

bool both_ways(const Neighbours& near) {
  std::vector<std::pair<std::uint32_t, std::uint32_t>> there;
  for (std::uint32_t i = 0; i < near.size(); ++i)
    for (const std::uint32_t j : near[i]) there.emplace_back(i, j);
  std::ranges::sort(there);
  return std::ranges::all_of(there, [&](const auto& edge) {
    return std::ranges::binary_search(there, std::pair{edge.second, edge.first});
  });
}

MixingMatrix metropolis(const Neighbours& near) {
  MixingMatrix rows(near.size());
  for (std::uint32_t i = 0; i < near.size(); ++i) {
    double kept = 1;
    for (const std::uint32_t j : near[i]) {
      const double weight =
          1.0 / (1.0 + static_cast<double>(std::max(near[i].size(), near[j].size())));
      rows[i].push_back({j, weight});
      kept -= weight;
    }
    rows[i].push_back({i, kept});
  }
  return rows;
}

/// Columns sum to 1: a sender keeps a part of itself and its listeners get the rest.
MixingMatrix divided(const Neighbours& near, Listeners listeners, std::uint64_t step) {
  MixingMatrix rows(near.size());
  for (std::uint32_t i = 0; i < near.size(); ++i) {
    const auto degree = static_cast<double>(near[i].size());
    if (near[i].empty()) {
      rows[i].push_back({i, 1.0});
    } else if (listeners == Listeners::all) {
      rows[i].push_back({i, 1.0 / (degree + 1)});
      for (const std::uint32_t j : near[i]) rows[j].push_back({i, 1.0 / (degree + 1)});
    } else if (listeners == Listeners::one_in_turn) {
      rows[i].push_back({i, 0.5});
      rows[near[i][step % near[i].size()]].push_back({i, 0.5});
    } else {
      rows[i].push_back({i, 0.5});
      for (const std::uint32_t j : near[i]) rows[j].push_back({i, 0.5 / degree});
    }
  }
  return rows;
}

std::vector<double> product(const MixingMatrix& rows, const std::vector<double>& x) {
  std::vector<double> y(rows.size(), 0.0);
  for (std::size_t i = 0; i < rows.size(); ++i)
    for (const MixingWeight& part : rows[i]) y[i] += part.weight * x[part.from];
  return y;
}

/// Exchanges after which everybody speaks to the same neighbour again.
std::uint64_t period_of(const Drawing& drawing) {
  if (drawing.listeners != Listeners::one_in_turn) return 1;
  std::uint64_t period = 1;
  for (const auto& near : neighbours_of(drawing))
    if (!near.empty() && period <= period_max) period = std::lcm(period, near.size());
  return std::min(period, period_max);
}

/// Takes the average away and scales to length 1; answers with the length before.
double centre(std::vector<double>& x) {
  const double mean = std::accumulate(x.begin(), x.end(), 0.0) / static_cast<double>(x.size());
  for (double& value : x) value -= mean;
  const double length = std::sqrt(std::inner_product(x.begin(), x.end(), x.begin(), 0.0));
  if (length > 0)
    for (double& value : x) value /= length;
  return length;
}

/// The columns sum to 1, so what sums to 0 stays so: its growth is the second eigenvalue.
double grown(const std::vector<MixingMatrix>& steps, std::size_t nodes) {
  std::vector<double> x(nodes);
  RandomStream stream(1, Purpose::draw, nodes);
  for (double& value : x) value = stream.normal();
  centre(x);
  double log_growth = 0;
  for (int i = 0; i < power_steps; ++i) {
    for (const MixingMatrix& rows : steps) x = product(rows, x);
    const double length = centre(x);
    if (length < nothing) return 0;
    if (i >= power_steps / 2) log_growth += std::log(length);
  }
  return std::exp(log_growth / (power_steps - power_steps / 2));
}

bool symmetric(const MixingMatrix& rows) {
  std::vector<std::pair<std::pair<std::size_t, std::size_t>, double>> there;
  for (std::size_t i = 0; i < rows.size(); ++i)
    for (const MixingWeight& part : rows[i]) there.push_back({{i, part.from}, part.weight});
  std::ranges::sort(there);
  return std::ranges::all_of(there, [&](const auto& entry) {
    const std::pair wanted{std::pair{entry.first.second, entry.first.first}, entry.second};
    const auto near = std::ranges::lower_bound(there, wanted);
    return (near != there.end() && near->first == wanted.first &&
            std::abs(near->second - wanted.second) < nothing) ||
           (near != there.begin() && std::prev(near)->first == wanted.first &&
            std::abs(std::prev(near)->second - wanted.second) < nothing);
  });
}

Eigen::MatrixXd dense(const MixingMatrix& rows) {
  const auto n = static_cast<Eigen::Index>(rows.size());
  Eigen::MatrixXd full = Eigen::MatrixXd::Zero(n, n);
  for (Eigen::Index i = 0; i < n; ++i)
    for (const MixingWeight& part : rows[static_cast<std::size_t>(i)])
      full(i, static_cast<Eigen::Index>(part.from)) += part.weight;
  return full;
}

double second_of(std::vector<double> sizes) {
  std::ranges::sort(sizes, std::greater<>());
  return sizes.size() < 2 ? 0.0 : sizes[1];
}

/// |second eigenvalue| of what one period of exchanges does.
double second_eigenvalue(const std::vector<MixingMatrix>& steps) {
  const std::size_t n = steps.front().size();
  std::vector<double> sizes;
  if (steps.size() == 1 && n <= symmetric_max && symmetric(steps.front())) {
    const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(dense(steps.front()),
                                                                Eigen::EigenvaluesOnly);
    for (const double value : solver.eigenvalues()) sizes.push_back(std::abs(value));
    return second_of(std::move(sizes));
  }
  if (n > general_max) return grown(steps, n);
  const auto size = static_cast<Eigen::Index>(n);
  Eigen::MatrixXd whole = Eigen::MatrixXd::Identity(size, size);
  for (const MixingMatrix& rows : steps) whole = dense(rows) * whole;
  // Defective eigenvalues of 0 come out of the solver as small ones.
  const Eigen::MatrixXd average = whole.rowwise().mean() * Eigen::MatrixXd::Ones(1, size);
  if ((whole - average).cwiseAbs().maxCoeff() < nothing) return 0;
  const Eigen::EigenSolver<Eigen::MatrixXd> solver(whole, false);
  for (const std::complex<double>& value : solver.eigenvalues()) sizes.push_back(std::abs(value));
  return second_of(std::move(sizes));
}

bool balanced(const MixingMatrix& rows) {
  return std::ranges::all_of(rows, [](const std::vector<MixingWeight>& row) {
    double sum = 0;
    for (const MixingWeight& part : row) sum += part.weight;
    return std::abs(sum - 1) < nothing;
  });
}

}  // namespace

MixingMatrix mixing_matrix(const Drawing& drawing, std::uint64_t step) {
  const Neighbours near = neighbours_of(drawing);
  if (drawing.listeners == Listeners::all && both_ways(near)) return metropolis(near);
  return divided(near, drawing.listeners, step);
}

Mixing mixing_of(const Drawing& drawing) {
  Mixing mixing;
  if (drawing.agrees || drawing.nodes.size() < 2) return mixing;
  const std::uint64_t period = period_of(drawing);
  std::vector<MixingMatrix> steps;
  for (std::uint64_t step = 0; step < period; ++step) steps.push_back(mixing_matrix(drawing, step));
  mixing.balanced = std::ranges::all_of(steps, balanced);
  const double left = second_eigenvalue(steps);
  const double rate = std::pow(left, 1.0 / static_cast<double>(period));
  mixing.gap = left < nothing ? 1.0 : 1.0 - rate;
  mixing.exchanges = left < nothing ? static_cast<double>(period)
                                    : std::max(1.0, std::log(disagreement_left) / std::log(rate));
  return mixing;
}

}  // namespace troupe
