/// What one core can do: hinge SGD with L2 as a bare loop over arrays, beside the
/// same work through a Model. It measures; it asserts nothing. With "-" the rows
/// come as LIBSVM text on standard input: xz -dc rcv1.svm.xz | bench_raw_loop -
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <functional>
#include <iostream>
#include <numeric>
#include <sstream>
#include <string>
#include <vector>

#include "base/cpu_level.hpp"
#include "base/random.hpp"
#include "datasets/sampler.hpp"
#include "models/logistic.hpp"
#include "models/svm.hpp"

namespace troupe {
namespace {

constexpr std::uint32_t features = 47'236;
constexpr std::size_t generated_rows = 23'149;
constexpr double l2 = 1e-4;
constexpr float rate = 0.1F;

struct Set {
  std::vector<std::uint64_t> offsets = {0};
  std::vector<std::uint32_t> index;
  std::vector<float> value;
  std::vector<float> label;
  DataFacts facts;

  Set() {
    facts.sparse = true;
    facts.features = features;
    facts.rows_per_feature.assign(features, 0);
  }
  Rows rows() const {
    return Rows::sparse(offsets, index.data(), value.data(), label.data(), features);
  }
  void add(std::uint32_t u, float x) {
    index.push_back(u);
    value.push_back(x);
    ++facts.rows_per_feature[u];
  }
  void end_row(float y) {
    label.push_back(y);
    offsets.push_back(value.size());
    ++facts.rows;
  }
};

Set read_set(std::istream& in) {
  Set set;
  for (std::string line; std::getline(in, line);) {
    std::istringstream words(line);
    float y = 0;
    std::uint32_t u = 0;
    float x = 0;
    words >> y;
    for (char colon = 0; words >> u >> colon >> x;) set.add(u - 1, x);
    set.end_row(y);
  }
  return set;
}

// Words of one row by rank: frequencies by a power law, about 75 distinct ones.
std::vector<std::uint32_t> draw_words(RandomStream& random) {
  std::vector<std::uint32_t> words(20 + random.below(128));
  for (std::uint32_t& word : words)
    word = static_cast<std::uint32_t>(features * std::pow(random.uniform(), 4.0));
  std::ranges::sort(words);
  words.erase(std::unique(words.begin(), words.end()), words.end());
  return words;
}

// Rows shaped like RCV1's: unit length, features in no order of frequency, labels
// from a hyperplane over the frequent words with few rows near it.
Set make_set() {
  constexpr std::uint32_t telling = 3000;
  Set set;
  std::vector<std::uint32_t> names(features);
  std::iota(names.begin(), names.end(), 0U);
  shuffle(names, RandomStream(1, Purpose::generate, 1));
  RandomStream random(1, Purpose::generate);
  std::vector<double> plane(features, 0.0);
  for (std::uint32_t u = 0; u < telling; ++u) plane[u] = random.normal();
  while (set.label.size() < generated_rows) {
    std::vector<std::uint32_t> words = draw_words(random);
    double score = 0;
    for (const std::uint32_t word : words) score += plane[word];
    const double length = std::sqrt(static_cast<double>(words.size()));
    if (std::abs(score) < 0.4 * length) continue;
    for (std::uint32_t& word : words) word = names[word];
    std::ranges::sort(words);
    for (const std::uint32_t word : words) set.add(word, static_cast<float>(1.0 / length));
    set.end_row(score > 0 ? 1.0F : -1.0F);
  }
  return set;
}

// The loop that one would write by hand: lazy L2 by a global scale.
double raw_epoch(const Set& set, std::span<const std::uint32_t> order, std::vector<float>& w,
                 double& scale) {
  double loss = 0;
  for (const std::uint32_t pick : order) {
    const std::uint64_t begin = set.offsets[pick];
    const std::uint64_t end = set.offsets[pick + 1];
    float sum = 0;
    for (std::uint64_t k = begin; k < end; ++k) sum += set.value[k] * w[set.index[k]];
    const float y = set.label[pick];
    const double short_of = 1.0 - y * scale * sum;
    scale *= 1.0 - static_cast<double>(rate) * l2;
    if (short_of <= 0) continue;
    loss += short_of;
    const auto step = static_cast<float>(rate * y / scale);
    for (std::uint64_t k = begin; k < end; ++k) w[set.index[k]] += step * set.value[k];
  }
  return loss;
}

// The best of several epochs, after two that warm the caches and the model. CPU
// time of the process: other load on the machine disturbs it less.
void measure(const std::string& name, std::size_t row_count, const std::function<double()>& epoch) {
  double best = 1e9;
  double loss = 0;
  for (std::uint64_t i = 0; i < 12; ++i) {
    const std::clock_t start = std::clock();
    loss = epoch();
    const double seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
    if (i >= 2) best = std::min(best, seconds * 1e9 / static_cast<double>(row_count));
  }
  std::printf("%-40s %7.1f ns a row   mean loss %.4f\n", name.c_str(), best,
              loss / static_cast<double>(row_count));
}

std::vector<std::uint32_t> shuffled(std::size_t rows) {
  std::vector<std::uint32_t> order;
  Sampler({}, 7, {.own = {0, rows}, .all = rows}).order(0, order);
  return order;
}

void measure_model(const Set& set, const ModelKind& kind, const std::string& regularise,
                   std::size_t batch_size) {
  const std::size_t row_count = set.label.size();
  Settings settings;
  settings.set("model.l2", l2);
  settings.set("model.regularise", regularise);
  const auto model = kind.make({settings, set.facts, row_count, true});
  const Rows rows = set.rows();
  const std::vector<std::uint32_t> order = shuffled(row_count);
  std::vector<float> w(features, 0.0F);
  Replica replica{w};
  const std::vector<float> rates((row_count + batch_size - 1) / batch_size, rate);
  const std::string name = kind.kind.name + " " + regularise + " batch " +
                           std::to_string(batch_size) + " " + std::string(to_text(cpu_level()));
  measure(name, row_count, [&] {
    return model->descend(replica, {rows, order}, batch_size, rates);
  });
}

void measure_gradient(const Set& set, const ModelKind& kind, const std::string& regularise) {
  const std::size_t row_count = set.label.size();
  constexpr std::size_t batch_size = 16;
  Settings settings;
  settings.set("model.l2", l2);
  settings.set("model.regularise", regularise);
  const auto model = kind.make({settings, set.facts, row_count, false});
  const Rows rows = set.rows();
  const std::vector<std::uint32_t> order = shuffled(row_count);
  const std::vector<float> w(features, 0.001F);
  Accumulator sum(features);
  measure(kind.kind.name + " gradient " + regularise + " batch 16", row_count, [&] {
    double loss = 0;
    for (std::size_t first = 0; first < row_count; first += batch_size) {
      const std::size_t count = std::min(batch_size, row_count - first);
      loss += model->gradient(w, {rows, std::span(order).subspan(first, count)}, rate, sum);
      sum.clear();
    }
    return loss;
  });
}

void run(const Set& set) {
  const std::size_t row_count = set.label.size();
  std::printf("%zu rows, %.1f entries a row\n", row_count,
              static_cast<double>(set.value.size()) / static_cast<double>(row_count));
  const std::vector<std::uint32_t> order = shuffled(row_count);
  std::vector<float> w(features, 0.0F);
  double scale = 1;
  measure("raw loop, svm lazy batch 1", row_count, [&] { return raw_epoch(set, order, w, scale); });
  for (const CpuLevel level : {CpuLevel::v2, CpuLevel::v3, CpuLevel::v4}) {
    if (level > best_cpu_level()) continue;
    use_cpu_level(level);
    measure_model(set, svm_kind(), "lazy", 1);
    measure_model(set, svm_kind(), "lazy", 16);
  }
  measure_model(set, svm_kind(), "per_feature", 1);
  measure_model(set, svm_kind(), "per_feature", 16);
  measure_model(set, svm_kind(), "dense", 16);
  measure_model(set, logistic_kind(), "lazy", 1);
  measure_gradient(set, svm_kind(), "per_feature");
  measure_gradient(set, logistic_kind(), "per_feature");
}

}  // namespace
}  // namespace troupe

int main(int argc, char** argv) {
  const bool reads = argc > 1 && std::string(argv[1]) == "-";
  troupe::run(reads ? troupe::read_set(std::cin) : troupe::make_set());
}
