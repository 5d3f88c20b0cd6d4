#include "actors/round_sum.hpp"

#include <algorithm>
#include <climits>
#include <utility>
#include <vector>

#include "algorithms/exact_sum.hpp"
#include "base/check.hpp"

namespace troupe {

void RoundSum::insert(Subtree where, Partial partial) {
  if (plan_.exact) {
    parts_.insert_or_assign(where, std::move(partial));
    return;
  }
  tree_.insert(where, std::move(partial), [this](Partial& left, Partial right) {
    add_partial(left, std::move(right), scratch_);
  });
}

std::optional<Partial> RoundSum::take_root() {
  if (!plan_.exact) return tree_.take_root();
  if (parts_.size() < plan_.partitions) return std::nullopt;
  return exact();
}

std::map<Subtree, Partial> RoundSum::take_parts() {
  return plan_.exact ? std::exchange(parts_, {}) : tree_.take_parts();
}

namespace {

std::span<const float> values_of(const Partial& part) {
  return part.states.size() > 0 ? part.states.values() : part.gradients.values();
}

/// Entries that any of them touched, or nothing when one of them has all.
std::vector<std::uint32_t> touched_by(const std::map<Subtree, Partial>& parts,
                                      Accumulator& touched) {
  for (const auto& [where, part] : parts) {
    if (part.states.size() > 0 || part.gradients.dense()) return {};
    touched.touch(part.gradients.touched());
  }
  return {touched.touched().begin(), touched.touched().end()};
}

}  // namespace

Partial RoundSum::exact() {
  Partial sum;
  sum.gradients = scratch_.take();
  const std::vector<std::uint32_t> touched = touched_by(parts_, sum.gradients);
  std::vector<std::vector<float>> terms;
  int exponent = INT_MIN;
  for (auto& [where, part] : parts_) {
    sum.partitions += part.partitions;
    sum.rows += part.rows;
    sum.loss += part.loss;
    const std::span<const float> values = values_of(std::as_const(part));
    if (values.empty()) continue;  // it was refused
    std::vector<float>& term = terms.emplace_back();
    if (touched.empty()) term.assign(values.begin(), values.end());
    for (const std::uint32_t index : touched) term.push_back(values[index]);
    exponent = std::max(exponent, exponent_of(term));
    if (part.states.size() > 0) sum.states = std::move(part.states);
    if (part.gradients.size() > 0) scratch_.give(std::move(part.gradients));
  }
  parts_.clear();
  ExactSum integers(touched.empty() ? plan_.parameters : touched.size(), exponent,
                    plan_.partitions);
  for (const std::vector<float>& term : terms) TROUPE_CHECK(integers.add(term), ==, true);
  std::vector<float> read(touched.empty() ? plan_.parameters : touched.size());
  integers.read(read);
  if (sum.states.size() > 0) {
    std::ranges::copy(read, sum.states.values().begin());
    scratch_.give(std::exchange(sum.gradients, Accumulator()));
  } else if (touched.empty()) {
    sum.gradients.make_dense();
    std::ranges::copy(read, sum.gradients.values().begin());
  } else {
    for (std::size_t i = 0; i < touched.size(); ++i) sum.gradients.values()[touched[i]] = read[i];
  }
  return sum;
}

}  // namespace troupe
