/// What this machine gives to two threads: how long a cache line takes there and back
/// between them, and how much arithmetic they do together. It knows nothing of Troupe.
/// usage: bench_machine [MILLISECONDS]   (time for each of its measurements)
#include <sched.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

double nanoseconds_since(Clock::time_point start) {
  return std::chrono::duration<double, std::nano>(Clock::now() - start).count();
}

std::vector<int> allowed_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  std::vector<int> cores;
  if (sched_getaffinity(0, sizeof set, &set) != 0) return cores;
  for (int core = 0; core < CPU_SETSIZE; ++core)
    if (CPU_ISSET(core, &set)) cores.push_back(core);
  return cores;
}

void stay_on(int core) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(core, &set);
  sched_setaffinity(0, sizeof set, &set);
}

// The median hides the moments in which another guest had one of the cores.
double median(std::vector<double> values) {
  std::ranges::nth_element(values, values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2));
  return values[values.size() / 2];
}

/// A turn is a number: the first thread writes odd ones, the second even ones.
double round_trip_ns(const std::vector<int>& cores, double budget_ns) {
  constexpr std::uint64_t trips = 1000;
  alignas(64) std::atomic<std::uint64_t> ball{0};
  std::atomic<bool> ended{false};
  std::thread other([&] {
    stay_on(cores[1]);
    for (std::uint64_t turn = 1; !ended;) {
      if (ball.load(std::memory_order_acquire) != turn) continue;
      ball.store(turn + 1, std::memory_order_release);
      turn += 2;
    }
  });
  stay_on(cores[0]);
  std::vector<double> each;
  std::uint64_t turn = 0;
  const auto begin = Clock::now();
  while (nanoseconds_since(begin) < budget_ns || each.empty()) {
    const auto start = Clock::now();
    for (std::uint64_t i = 0; i < trips; ++i, turn += 2) {
      ball.store(turn + 1, std::memory_order_release);
      while (ball.load(std::memory_order_acquire) != turn + 2) {
      }
    }
    each.push_back(nanoseconds_since(start) / trips);
  }
  ended = true;
  other.join();
  return median(each);
}

// Four chains of multiplications: an arithmetic unit that two threads share shows.
std::uint64_t steps_within(double budget_ns) {
  volatile std::uint64_t kept = 0;
  std::uint64_t a = 1, b = 2, c = 3, d = 4, steps = 0;
  const auto start = Clock::now();
  while (nanoseconds_since(start) < budget_ns) {
    for (int i = 0; i < 1000; ++i) {
      a = a * 6364136223846793005U + 1442695040888963407U;
      b = b * 6364136223846793005U + a;
      c = c * 2862933555777941757U + 3037000493U;
      d = d * 3202034522624059733U + c;
    }
    steps += 1000;
  }
  kept = kept + (a ^ b ^ c ^ d);
  return steps;
}

double effective_cores(const std::vector<int>& cores, double budget_ns) {
  constexpr int rounds = 5;
  std::vector<double> ratios;
  for (int round = 0; round < rounds; ++round) {
    stay_on(cores[0]);
    const auto alone = static_cast<double>(steps_within(budget_ns / rounds / 2));
    std::uint64_t other = 0;
    std::thread second([&] {
      stay_on(cores[1]);
      other = steps_within(budget_ns / rounds / 2);
    });
    const std::uint64_t own = steps_within(budget_ns / rounds / 2);
    second.join();
    ratios.push_back(static_cast<double>(own + other) / alone);
  }
  return median(ratios);
}

}  // namespace

int main(int argc, char** argv) {
  const double budget_ns = 1e6 * (argc > 1 ? std::atof(argv[1]) : 500.0);
  const std::vector<int> cores = allowed_cores();
  if (cores.size() < 2) {
    std::printf("cores %zu, cache-line round trip none, effective cores 1.00\n", cores.size());
    return 0;
  }
  std::printf("cores %zu, cache-line round trip %.0f ns, effective cores %.2f\n", cores.size(),
              round_trip_ns(cores, budget_ns), effective_cores(cores, budget_ns));
}
