/// What one would write by hand: hinge SGD with a lazy L2 penalty over the rows of a
/// set, by one thread, or by two that average their replicas behind a spin barrier.
/// It opens and verifies the same file and evaluates the same tenth as Troupe does.
/// usage: bench_bare FILE EPOCHS [ROWS]   (ROWS: two threads, so many rows each between
/// two averages)
#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <numeric>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#if defined(__AVX512F__)
#include <immintrin.h>
#endif

#include "datasets/dataset.hpp"

namespace {

using namespace troupe;
using Clock = std::chrono::steady_clock;

constexpr double l2 = 1e-5;
constexpr double rate = 0.1;
constexpr std::size_t ahead = 4;
constexpr std::size_t block = 128;

struct Model {
  explicit Model(std::size_t size) : values(size, 0.0F) {}
  std::vector<float> values;
  double scale = 1;
  void settle() {
    for (float& value : values) value = static_cast<float>(value * scale);
    scale = 1;
  }
};

using Four = float __attribute__((vector_size(16), aligned(4), may_alias));

Four four_of(const float* at) { return *reinterpret_cast<const Four*>(at); }
Four found_by(const float* w, const std::uint32_t* at) {
  return Four{w[at[0]], w[at[1]], w[at[2]], w[at[3]]};
}

float dot(const RowView& row, const float* w) {
#if defined(__AVX512F__)
  __m512 sums = _mm512_setzero_ps();
  for (std::size_t k = 0; k < row.size; k += 16) {
    const std::size_t left = row.size - k;
    const auto some = static_cast<__mmask16>(left < 16 ? (1U << left) - 1U : 0xffffU);
    const __m512i at = _mm512_maskz_loadu_epi32(some, row.index + k);
    const __m512 found = _mm512_mask_i32gather_ps(_mm512_setzero_ps(), some, at, w, 4);
    sums = _mm512_fmadd_ps(_mm512_maskz_loadu_ps(some, row.value + k), found, sums);
  }
  float part[16];
  _mm512_storeu_ps(part, sums);
  return std::accumulate(part, part + 16, 0.0F);
#else
  Four sums[4] = {};
  std::uint32_t k = 0;
  for (; k + 16 <= row.size; k += 16)
    for (std::uint32_t i = 0; i < 4; ++i)
      sums[i] += four_of(row.value + k + 4 * i) * found_by(w, row.index + k + 4 * i);
  for (; k + 4 <= row.size; k += 4) sums[0] += four_of(row.value + k) * found_by(w, row.index + k);
  float rest = 0;
  for (; k < row.size; ++k) rest += row.value[k] * w[row.index[k]];
  const Four sum = (sums[0] + sums[1]) + (sums[2] + sums[3]);
  return (sum[0] + sum[1]) + (sum[2] + sum[3]) + rest;
#endif
}

// Positions are distinct, so that four may be read before one is written.
void add(float step, const RowView& row, float* w) {
  std::uint32_t k = 0;
  for (; k + 4 <= row.size; k += 4) {
    const Four sum = found_by(w, row.index + k) + step * four_of(row.value + k);
    for (std::uint32_t i = 0; i < 4; ++i) w[row.index[k + i]] = sum[i];
  }
  for (; k < row.size; ++k) w[row.index[k]] += step * row.value[k];
}

void fetch(const RowView& row) {
  for (std::size_t k = 0; k < row.size; k += 16) {
    __builtin_prefetch(row.index + k);
    __builtin_prefetch(row.value + k);
  }
}

void descend(const Rows& rows, std::span<const std::uint32_t> order, Model& model) {
  float* w = model.values.data();
  std::array<RowView, block + ahead> found;  // where many rows lie at once: misses overlap
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (i % block == 0)
      for (std::size_t k = 0; k < std::min(found.size(), order.size() - i); ++k)
        found[k] = rows[order[i + k]];
    if (i + ahead < order.size()) fetch(found[i % block + ahead]);
    const RowView row = found[i % block];
    const double margin = row.label * model.scale * dot(row, w);
    model.scale *= 1 - rate * l2;
    if (margin >= 1) continue;
    const auto step = static_cast<float>(rate * row.label / model.scale);
    add(step, row, w);
  }
}

double accuracy(const Rows& rows, const Model& model) {
  std::size_t hits = 0;
  for (std::uint32_t i = 0; i < rows.size(); ++i)
    hits += (dot(rows[i], model.values.data()) > 0) == (rows[i].label > 0) ? 1U : 0U;
  return static_cast<double>(hits) / static_cast<double>(rows.size());
}

/// A cheap generator is part of what one would write.
struct Random {
  std::uint64_t state = 88172645463325252ULL;
  std::uint64_t below(std::uint64_t limit) {
    state ^= state << 13U;
    state ^= state >> 7U;
    state ^= state << 17U;
    return ((state >> 32U) * limit) >> 32U;  // limits below 2^32
  }
};

void shuffle(std::span<std::uint32_t> order, Random& random) {
  for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random.below(i)]);
}

/// For two threads, both of which have a core.
class SpinBarrier {
 public:
  void meet() {
    const std::uint32_t round = round_.load(std::memory_order_acquire);
    if (here_.fetch_add(1, std::memory_order_acq_rel) == 1) {
      here_.store(0, std::memory_order_relaxed);
      round_.fetch_add(1, std::memory_order_acq_rel);
      return;
    }
    while (round_.load(std::memory_order_acquire) == round) {
#if defined(__x86_64__)
      __builtin_ia32_pause();
#endif
    }
  }

 private:
  std::atomic<std::uint32_t> here_{0};
  std::atomic<std::uint32_t> round_{0};
};

struct Run {
  Rows training;
  Rows validation;
  int epochs;
  double last = 0;
};

void alone(Run& run, Model& model) {
  std::vector<std::uint32_t> order(run.training.size());
  std::iota(order.begin(), order.end(), 0U);
  Random random;
  for (int epoch = 1; epoch <= run.epochs; ++epoch) {
    shuffle(order, random);
    descend(run.training, order, model);
    if (epoch % 10 != 0 && epoch != run.epochs) continue;
    model.settle();
    run.last = accuracy(run.validation, model);
  }
}

void by_two(Run& run, std::vector<Model>& models, std::size_t between) {
  SpinBarrier barrier;
  const std::size_t half = run.training.size() / 2;
  const auto work = [&](std::size_t me) {
    std::vector<std::uint32_t> order(half);
    std::iota(order.begin(), order.end(), static_cast<std::uint32_t>(me * half));
    Random random;
    random.state += me;
    Model& mine = models[me];
    Model& other = models[1 - me];
    for (int epoch = 1; epoch <= run.epochs; ++epoch) {
      shuffle(order, random);
      for (std::size_t first = 0; first < half; first += between) {
        descend(run.training, std::span(order).subspan(first, std::min(between, half - first)),
                mine);
        mine.settle();
        barrier.meet();
        // Each averages its half of the vector, for both.
        const std::size_t size = mine.values.size();
        for (std::size_t u = me * size / 2; u < (me + 1) * size / 2; ++u)
          mine.values[u] = other.values[u] = (mine.values[u] + other.values[u]) / 2;
        barrier.meet();
      }
      if (me == 0 && (epoch % 10 == 0 || epoch == run.epochs))
        run.last = accuracy(run.validation, mine);
    }
  };
  std::thread second(work, 1);
  work(0);
  second.join();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  const auto start = Clock::now();
  const auto data = open_dataset(argv[1]);
  const DataFacts& facts = data->facts();
  const Split split = split_rows(facts.rows, 0.1);
  const Shard training = data->load(split.training);
  const Shard validation = data->load(split.validation);
  Run run{training.rows(), validation.rows(), std::atoi(argv[2])};
  const auto loaded = Clock::now();
  std::vector<Model> models(2, Model(facts.features));
  if (argc > 3)
    by_two(run, models, std::stoul(argv[3]));
  else
    alone(run, models[0]);
  const auto end = Clock::now();
  const double rows = static_cast<double>(run.training.size()) * run.epochs;
  const double seconds = std::chrono::duration<double>(end - loaded).count();
  std::printf("%.1f ns a row, %.0f rows/s, accuracy %.4f, %.1f ns a row with opening\n",
              seconds * 1e9 / rows, rows / seconds, run.last,
              std::chrono::duration<double>(end - start).count() * 1e9 / rows);
}
