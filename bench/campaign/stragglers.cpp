/// Prints the law of the slowest worker, and what waiting costs, as the twin has it
/// (virtual seconds): build/bench/bench_stragglers [ROUNDS]
#include <fmt/format.h>

#include <cstdlib>
#include <iostream>

#include "bench/campaign/law.hpp"

int main(int argc, char** argv) {
  using namespace troupe::campaign;
  const std::uint64_t rounds = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1000;
  if (argc > 2 || rounds == 0) {
    std::cerr << "bench_stragglers [ROUNDS]\n";
    return 2;
  }
  const troupe::Tables all = troupe::tables();
  std::cout << fmt::format(
      "one step takes 1 + Exp(0.5) virtual seconds, {} rounds\n"
      "workers   a round   expected\n",
      rounds);
  for (const std::uint32_t workers : {1U, 10U, 100U, 1000U, 10000U})
    std::cout << fmt::format("{:7}   {:7.2f}   {:8.2f}\n", workers,
                             round_seconds(all, workers, rounds), expected_round_seconds(workers));
  std::cout << "workers   barrier / open   expected\n";
  for (const std::uint32_t workers : {4U, 16U, 64U})
    std::cout << fmt::format("{:7}   {:14.2f}   {:8.2f}\n", workers,
                             price_of_waiting(all, workers, rounds),
                             expected_round_seconds(workers) / 3);
  return 0;
}
