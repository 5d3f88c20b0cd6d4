#include "bench/campaign/law.hpp"

#include <fmt/format.h>

#include <string>
#include <vector>

#include "datasets/memory.hpp"
#include "runtime/twin/twin.hpp"

namespace troupe::campaign {
namespace {

/// Virtual seconds of so many updates; every worker has one row and nothing else to do.
double seconds(const Tables& tables, std::uint32_t workers, const char* gate,
               std::uint64_t updates) {
  const std::vector<SparseRow> rows(workers, {.index = {0}, .value = {1}, .label = 1});
  const Config config = load_config(
      tables, {"law.toml",
               "data.path = \"rows\"\nmodel.kind = \"svm\"\n",
               {},
               {"data.validation=0", "training.batch=1", "training.evaluate_every=1000000000",
                "monitor.interval=1h", "pace.step=1+exp(0.5)", "pace.delay=0",
                fmt::format("training.workers={}", workers), fmt::format("training.gate={}", gate),
                fmt::format("training.stop.steps={}", updates)}});
  const Assembled run = assemble(config, tables, {memory_dataset(rows, 1), nullptr});
  double t = 0;
  run_twin({.plan = run.plan, .pace = run.pace, .report = [&t](const Report& report) {
              if (const auto* end = std::get_if<EndReport>(&report)) t = end->t;
            }});
  return t;
}

}  // namespace

double round_seconds(const Tables& tables, std::uint32_t workers, std::uint64_t rounds) {
  return seconds(tables, workers, "barrier", rounds) / static_cast<double>(rounds);
}

double expected_round_seconds(std::uint32_t workers) {
  double harmonic = 0;
  for (std::uint32_t n = 1; n <= workers; ++n) harmonic += 1.0 / n;
  return 1 + 2 * harmonic;
}

double price_of_waiting(const Tables& tables, std::uint32_t workers, std::uint64_t rounds) {
  return seconds(tables, workers, "barrier", rounds) /
         seconds(tables, workers, "open", rounds * workers);
}

}  // namespace troupe::campaign
