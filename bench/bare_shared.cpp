/// What one would write by hand: Hogwild, hinge SGD without a penalty by threads on one
/// weight vector, over std::atomic_ref or, which C++ does not allow, over plain floats. It
/// opens and verifies the same file and evaluates the same tenth as Troupe does.
/// usage: bench_bare_shared FILE EPOCHS THREADS store|add|plain
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <numeric>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "datasets/dataset.hpp"

namespace {

using namespace troupe;
using Clock = std::chrono::steady_clock;

constexpr float rate = 0.1F;
constexpr std::size_t ahead = 4;
constexpr auto relaxed = std::memory_order_relaxed;

struct Plain {
  static float load(float& w) { return w; }
  static void add(float& w, float by) { w += by; }
};
struct Store {
  static float load(float& w) { return std::atomic_ref(w).load(relaxed); }
  static void add(float& w, float by) {
    const std::atomic_ref entry(w);
    entry.store(entry.load(relaxed) + by, relaxed);
  }
};
struct Add {
  static float load(float& w) { return Store::load(w); }
  static void add(float& w, float by) { std::atomic_ref(w).fetch_add(by, relaxed); }
};

// Four sums, so that none waits for the addition before.
template <class Way>
float dot(const RowView& row, float* w) {
  float sums[4] = {};
  std::uint32_t k = 0;
  for (; k + 4 <= row.size; k += 4)
    for (std::uint32_t i = 0; i < 4; ++i)
      sums[i] += row.value[k + i] * Way::load(w[row.index[k + i]]);
  for (; k < row.size; ++k) sums[0] += row.value[k] * Way::load(w[row.index[k]]);
  return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

void fetch(const RowView& row) {
  for (std::size_t k = 0; k < row.size; k += 16) {
    __builtin_prefetch(row.index + k);
    __builtin_prefetch(row.value + k);
  }
}

template <class Way>
void descend(const Rows& rows, std::span<const std::uint32_t> order, float* w) {
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (i + ahead < order.size()) fetch(rows[order[i + ahead]]);
    const RowView row = rows[order[i]];
    if (row.label * dot<Way>(row, w) >= 1) continue;
    const float step = rate * row.label;
    for (std::uint32_t k = 0; k < row.size; ++k) Way::add(w[row.index[k]], step * row.value[k]);
  }
}

double accuracy(const Rows& rows, float* w) {
  std::size_t hits = 0;
  for (std::uint32_t i = 0; i < rows.size(); ++i)
    hits += (dot<Store>(rows[i], w) > 0) == (rows[i].label > 0) ? 1U : 0U;
  return static_cast<double>(hits) / static_cast<double>(rows.size());
}

struct Random {
  std::uint64_t state = 88172645463325252ULL;
  std::uint64_t below(std::uint64_t limit) {
    state ^= state << 13U;
    state ^= state >> 7U;
    state ^= state << 17U;
    return ((state >> 32U) * limit) >> 32U;  // limits below 2^32
  }
};

struct Run {
  Rows training;
  Rows validation;
  int epochs;
  std::size_t threads;
  std::vector<float> model;
  double last = 0;
};

template <class Way>
void work(Run& run, std::size_t me) {
  const std::size_t share = run.training.size() / run.threads;
  std::vector<std::uint32_t> order(share);
  std::iota(order.begin(), order.end(), static_cast<std::uint32_t>(me * share));
  Random random;
  random.state += me;
  for (int epoch = 1; epoch <= run.epochs; ++epoch) {
    for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random.below(i)]);
    descend<Way>(run.training, order, run.model.data());
    if (me == 0 && (epoch % 10 == 0 || epoch == run.epochs))
      run.last = accuracy(run.validation, run.model.data());
  }
}

template <class Way>
void all(Run& run) {
  std::vector<std::thread> others;
  for (std::size_t t = 1; t < run.threads; ++t) others.emplace_back(work<Way>, std::ref(run), t);
  work<Way>(run, 0);
  for (std::thread& other : others) other.join();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) return 2;
  const auto start = Clock::now();
  const auto data = open_dataset(argv[1]);
  const DataFacts& facts = data->facts();
  const Split split = split_rows(facts.rows, 0.1);
  const Shard training = data->load(split.training);
  const Shard validation = data->load(split.validation);
  Run run{training.rows(), validation.rows(), std::atoi(argv[2]), std::stoul(argv[3]),
          std::vector<float>(facts.features, 0.0F)};
  const std::string way = argv[4];
  if (way == "plain")
    all<Plain>(run);
  else if (way == "add")
    all<Add>(run);
  else
    all<Store>(run);
  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  const double rows = static_cast<double>(run.training.size()) * run.epochs;
  std::printf("%.0f rows/s, accuracy %.4f\n", rows / seconds, run.last);
}
