/// What every model of a table promises, checked for whatever its traits declare.
/// A model without a loss gradient is refused unless it brings an oracle.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "models/model.hpp"
#include "tests/models/sample.hpp"

namespace troupe::testing {

/// A model on a sample, at parameters that are nothing special.
struct ModelCase {
  const Model& model;
  const Sample& sample;
  std::vector<float> parameters;

  Accumulator gradient(std::span<const std::uint32_t> picks, float rate = 0) const {
    Accumulator sum(parameters.size());
    const Rows rows = sample.rows();
    model.gradient(parameters, {rows, picks}, rate, sum);
    return sum;
  }
};

/// By a model's name: the proof that its gradient() is what it should be.
using Oracles = std::map<std::string, std::function<void(const ModelCase&)>>;

inline void check_near(std::span<const float> left, std::span<const float> right, double allowed) {
  REQUIRE(left.size() == right.size());
  double worst = 0;
  for (std::size_t i = 0; i < left.size(); ++i) {
    const double difference = std::abs(static_cast<double>(left[i]) - right[i]);
    // Written so that a NaN is the worst of all.
    if (!(difference <= worst)) worst = difference;
  }
  CHECK(worst <= allowed);
}

/// Central differences of batch_objective, row by row; rows with a kink within
/// reach (the two one-sided slopes differ) are left out, and counted.
inline void check_gradient(const ModelCase& given) {
  constexpr float step = 0x1p-10F;
  const Rows rows = given.sample.rows();
  std::size_t smooth = 0;
  for (std::uint32_t i = 0; i < rows.size(); ++i) {
    const Batch row{rows, {&i, 1}};
    std::vector<float> moved = given.parameters;
    std::vector<float> slopes(moved.size());
    const double here = given.model.batch_objective(moved, row);
    bool kink = false;
    for (std::size_t u = 0; u < moved.size(); ++u) {
      const float before = moved[u];
      const auto slope_at = [&](float at) {
        moved[u] = at;
        const double objective = given.model.batch_objective(moved, row);
        return (objective - here) / (static_cast<double>(at) - before);
      };
      const double right = slope_at(before + step);
      const double left = slope_at(before - step);
      moved[u] = before;
      kink = kink || std::abs(right - left) > 0.01;
      slopes[u] = static_cast<float>((left + right) / 2);
    }
    if (kink) continue;
    ++smooth;
    check_near(given.gradient({&i, 1}).values(), slopes, 2e-5);
  }
  CHECK(smooth > rows.size() * 3 / 4);
}

inline void check_additive(const ModelCase& given) {
  const auto picks = every_row(given.sample);
  Accumulator singles(given.parameters.size());
  for (const std::uint32_t& pick : picks) singles.merge(given.gradient({&pick, 1}));
  check_near(given.gradient(picks).values(), singles.values(), 1e-4);
}

inline void check_loss(const ModelCase& given) {
  const auto picks = every_row(given.sample);
  const Rows rows = given.sample.rows();
  Accumulator sum(given.parameters.size());
  const double loss = given.model.gradient(given.parameters, {rows, picks}, 0, sum);
  const Evaluation evaluation = given.model.evaluate(given.parameters, {rows, picks});
  CHECK(loss == doctest::Approx(evaluation.loss_sum).epsilon(1e-6));
  CHECK(evaluation.rows == rows.size());
}

/// The model's own descend() against gradient steps, from any scale.
inline void check_descent(const ModelCase& given, std::size_t batch_size, float scale) {
  CAPTURE(batch_size);
  const auto picks = every_row(given.sample);
  const Rows rows = given.sample.rows();
  std::vector<float> rates((picks.size() + batch_size - 1) / batch_size);
  for (std::size_t i = 0; i < rates.size(); ++i) rates[i] = 0.1F / (1.0F + static_cast<float>(i));
  std::vector<float> fused = given.parameters;
  for (float& value : fused) value /= scale;
  std::vector<float> stepped = given.parameters;
  Replica ours{fused, scale};
  Replica theirs{stepped};
  const double loss = given.model.descend(ours, {rows, picks}, batch_size, rates);
  const double expected = given.model.Model::descend(theirs, {rows, picks}, batch_size, rates);
  ours.settle();
  CHECK(loss == doctest::Approx(expected).epsilon(1e-5));
  check_near(fused, stepped, 1e-6);
}

/// On a memory that nobody else uses, against gradient steps. In a batch a row's pull acts
/// on weights that the rows before it have moved.
inline void check_shared_descent(const ModelCase& given, std::size_t batch_size, double allowed) {
  const auto picks = every_row(given.sample);
  const Rows rows = given.sample.rows();
  const std::vector<float> rates((picks.size() + batch_size - 1) / batch_size, 0.05F);
  std::vector<float> stepped = given.parameters;
  Replica theirs{stepped};
  const double expected = given.model.Model::descend(theirs, {rows, picks}, batch_size, rates);
  for (const Access access : {Access::alone, Access::store, Access::add}) {
    std::vector<float> values = given.parameters;
    const double loss = given.model.descend_shared({.values = values, .access = access},
                                                   {rows, picks}, batch_size, rates);
    CHECK(loss == doctest::Approx(expected).epsilon(100 * allowed));
    check_near(values, stepped, allowed);
  }
}

/// Cutting the rows in two calls changes nothing, to the bit.
inline void check_descent_in_parts(const ModelCase& given) {
  const auto picks = every_row(given.sample);
  const std::span<const std::uint32_t> all = picks;
  const Rows rows = given.sample.rows();
  const std::vector<float> rates(picks.size(), 0.05F);
  const std::span<const float> each = rates;
  std::vector<float> whole = given.parameters;
  std::vector<float> parts = given.parameters;
  Replica one{whole};
  Replica two{parts};
  given.model.descend(one, {rows, all}, 1, each);
  given.model.descend(two, {rows, all.first(7)}, 1, each.first(7));
  given.model.descend(two, {rows, all.subspan(7)}, 1, each.subspan(7));
  CHECK(one.scale == two.scale);
  CHECK(whole == parts);
}

inline void check_empty(const ModelCase& given) {
  const Rows rows = given.sample.rows();
  const Batch nothing{rows, {}};
  Accumulator sum(given.parameters.size());
  CHECK(given.model.gradient(given.parameters, nothing, 0.1F, sum) == 0);
  CHECK(sum.entries() == 0);
  given.model.reads(nothing, sum);
  CHECK(given.model.evaluate(given.parameters, nothing).rows == 0);
  CHECK(given.model.batch_objective(given.parameters, nothing) == 0);
  std::vector<float> values = given.parameters;
  Replica replica{values};
  CHECK(given.model.descend(replica, nothing, 4, {}) == 0);
  CHECK(values == given.parameters);
}

/// A sparse row's gradient and score depend on its features alone: everything
/// else may as well be no number.
inline void check_sparse(const ModelCase& given) {
  const Rows rows = given.sample.rows();
  for (std::uint32_t i = 0; i < rows.size(); ++i) {
    const Batch row{rows, {&i, 1}};
    ModelCase blind{given.model, given.sample,
                    std::vector<float>(given.parameters.size(), std::nanf(""))};
    Accumulator reads(given.parameters.size());
    given.model.reads(row, reads);
    REQUIRE(!reads.dense());
    for (const std::uint32_t u : reads.touched()) blind.parameters[u] = given.parameters[u];
    const Accumulator sum = blind.gradient({&i, 1});
    CHECK(sum.finite());
    const std::set<std::uint32_t> read(reads.touched().begin(), reads.touched().end());
    CHECK(read.size() == reads.entries());
    for (const std::uint32_t u : sum.touched()) CHECK(read.contains(u));
    check_near(sum.values(), given.gradient({&i, 1}).values(), 0);
  }
}

/// Entry by entry a gradient is the same within rounding, and so is the loss; the
/// entries are those that the rows read.
inline void check_entries(const ModelCase& given) {
  const auto picks = every_row(given.sample);
  const Rows rows = given.sample.rows();
  const Batch batch{rows, picks};
  constexpr float rate = 0.5F;
  Features features;
  given.model.list_entries(batch, features);
  const std::vector<std::uint32_t> indices = features.copy();
  std::vector<float> entries;
  for (const std::uint32_t index : indices) entries.push_back(given.parameters[index]);
  Accumulator expected(given.parameters.size());
  const double loss = given.model.gradient(given.parameters, batch, rate, expected);
  CHECK(given.model.gradient_of_entries(batch, rate, entries) == doctest::Approx(loss));
  Accumulator sum(given.parameters.size());
  for (std::size_t k = 0; k < indices.size(); ++k) sum.add(indices[k], entries[k]);
  check_near(sum.values(), expected.values(), 1e-4);
  // A row that moves nothing still lists its entries.
  for (const std::uint32_t u : expected.touched()) CHECK(std::ranges::count(indices, u) > 0);
}

inline void check_predictions(const ModelCase& given) {
  const auto picks = every_row(given.sample);
  const Rows rows = given.sample.rows();
  std::vector<float> out(picks.size());
  given.model.predict(given.parameters, {rows, picks}, true, out);
  for (const float score : out) {
    CHECK(std::isfinite(score));
    if (given.model.traits().probabilities) CHECK((score >= 0 && score <= 1));
  }
}

/// All of a row's scores: finite, of a class each where there are classes, and as
/// probabilities adding up to 1.
inline void check_scores(const ModelCase& given) {
  const auto picks = every_row(given.sample);
  const Rows rows = given.sample.rows();
  const std::size_t width = given.model.scores_per_row();
  const std::size_t classes = given.model.class_labels(given.sample.facts()).size();
  CHECK((classes > 0) == given.model.traits().classifies);
  CHECK((classes == 0 || width == classes || (classes == 2 && width == 1)));
  std::vector<float> out(picks.size() * width);
  given.model.scores(given.parameters, {rows, picks}, false, out);
  CHECK(std::ranges::all_of(out, [](float score) { return std::isfinite(score); }));
  if (!given.model.traits().probabilities || width == 1) return;
  given.model.scores(given.parameters, {rows, picks}, true, out);
  for (std::size_t i = 0; i < picks.size(); ++i) {
    double sum = 0;
    for (std::size_t c = 0; c < width; ++c) sum += out[i * width + c];
    CHECK(sum == doctest::Approx(1).epsilon(1e-5));
  }
}

inline void check_model(const ModelCase& given, const std::string& name, const Oracles& oracles) {
  const Traits traits = given.model.traits();
  REQUIRE(given.parameters.size() > 0);
  check_empty(given);
  check_loss(given);
  check_predictions(given);
  check_scores(given);
  if (traits.loss_gradient) {
    check_gradient(given);
  } else {
    const auto oracle = oracles.find(name);
    REQUIRE_MESSAGE(oracle != oracles.end(), name, " has no loss gradient and no oracle");
    oracle->second(given);
  }
  if (traits.additive) check_additive(given);
  if (traits.sparse) check_sparse(given);
  if (traits.entrywise) check_entries(given);
  for (const std::size_t batch_size : {1U, 3U, 16U}) check_descent(given, batch_size, 1.0F);
  if (traits.linear) check_descent(given, 1, 0.25F);
  check_descent_in_parts(given);
  check_shared_descent(given, 1, 1e-6);
  check_shared_descent(given, 7, 1e-3);
}

/// Defaults of the keys that a kind declares, so that new kinds need no edit here.
inline Settings settings_for(const ModelKind& kind, const std::string& regularise, double l2) {
  Settings settings;
  settings.set("model.l2", l2);
  settings.set("model.regularise", regularise);
  for (const Key& key : kind.kind.keys)
    if (key.standard) settings.set("model." + kind.kind.name + "." + key.path, *key.standard);
  return settings;
}

/// Kinds that tell several classes apart say so by a key.
inline bool counts_classes(const ModelKind& kind) {
  return std::ranges::any_of(kind.kind.keys, [](const Key& key) { return key.path == "classes"; });
}

/// The whole contract for every model of the table. `small` keeps models small
/// enough for finite differences.
inline void check_models(const Table<ModelKind>& table, const Oracles& oracles,
                         const std::map<std::string, Value>& small) {
  for (const ModelKind& kind : table)
    for (const bool sparse : {true, false})
      for (const bool descends : {true, false})
        for (const char* const regularise : {"auto", "per_feature", "lazy", "dense"})
          for (const double l2 : {0.0, 0.02}) {
            CAPTURE(kind.kind.name);
            CAPTURE(sparse);
            CAPTURE(descends);
            CAPTURE(regularise);
            CAPTURE(l2);
            const Sample sample = random_sample(sparse, 24, 40, counts_classes(kind) ? 3 : 0);
            const DataFacts facts = sample.facts();
            Settings settings = settings_for(kind, regularise, l2);
            for (const auto& [path, value] : small)
              if (settings.has(path)) settings.set(path, value);
            const auto model = kind.make({settings, facts, facts.rows, descends});
            check_model({*model, sample, normal_values(model->layout().size(), 0.4, 5)},
                        kind.kind.name, oracles);
          }
}

}  // namespace troupe::testing
