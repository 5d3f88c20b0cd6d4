/// The fault campaign: random runs of every topology in the twin, each from one integer.
/// `bench_campaign [TOPOLOGY] [--seeds N] [--seed N]`; it prints what to repeat.
#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <string>

#include "bench/campaign/trial.hpp"

namespace {

using namespace troupe;
using namespace troupe::campaign;

struct Request {
  std::string topology;  ///< empty: all
  std::uint64_t seeds = 20000;
  std::optional<std::uint64_t> seed;  ///< this one alone
};

std::optional<Request> read(int argc, char** argv) {
  Request request;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--seeds" && i + 1 < argc)
      request.seeds = std::strtoull(argv[++i], nullptr, 10);
    else if (word == "--seed" && i + 1 < argc)
      request.seed = std::strtoull(argv[++i], nullptr, 10);
    else if (word.starts_with("-") || !request.topology.empty())
      return std::nullopt;
    else
      request.topology = word;
  }
  return request;
}

bool told(const Programme& programme, std::uint64_t seed, const Finding& finding) {
  if (finding.broken.empty()) return false;
  std::cout << fmt::format("{} seed {}: {}\n{}  repeat: bench_campaign {} --seed {}\n",
                           programme.topology, seed, finding.broken, finding.story,
                           programme.topology, seed);
  return true;
}

std::uint64_t play(const Tables& tables, const Programme& programme, const Request& request) {
  const auto begin = std::chrono::steady_clock::now();
  const std::uint64_t first = request.seed.value_or(1);
  const std::uint64_t last = request.seed.value_or(request.seeds);
  std::uint64_t broken = 0;
  std::uint64_t ended = 0;
  std::uint64_t lost = 0;
  for (std::uint64_t seed = first; seed <= last; ++seed) {
    const Finding finding = try_seed(tables, programme, seed);
    if (told(programme, seed, finding)) ++broken;
    ended += finding.failed ? 1 : 0;
    lost += finding.workers_lost;
    if (request.seed) std::cout << finding.story;
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  std::cout << fmt::format(
      "{:10} {:6} runs, {} workers lost, {} ended with a line, {} broken, {:.1f} s\n",
      programme.topology, last - first + 1, lost, ended, broken, took.count());
  return broken;
}

}  // namespace

int main(int argc, char** argv) {
  const std::optional<Request> request = read(argc, argv);
  if (!request) {
    std::cerr << "bench_campaign [TOPOLOGY] [--seeds N] [--seed N]\n";
    return 2;
  }
  const Tables all = tables();
  std::uint64_t broken = 0;
  bool played = false;
  for (const Programme& programme : programmes(all)) {
    if (!request->topology.empty() && request->topology != programme.topology) continue;
    broken += play(all, programme, *request);
    played = true;
  }
  if (!played) std::cerr << request->topology << ": no topology that has actors\n";
  return played && broken == 0 ? 0 : 1;
}
