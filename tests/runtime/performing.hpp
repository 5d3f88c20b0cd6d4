/// A hand-made run under the virtual clock, for tests that look at what it came to.
#pragma once

#include "base/checksum.hpp"
#include "runtime/twin/twin.hpp"
#include "tests/actors/toy_plan.hpp"

namespace troupe::testing {

struct Performed {
  EndReport end;
  std::vector<EvalReport> evals;
};

inline Performed performed(const std::shared_ptr<Plan>& plan, const std::string& step = "1") {
  Performed outcome;
  Pace pace;
  pace.real = false;
  pace.step = Distribution::parse(step);
  pace.delay = Distribution::parse("0.01");
  pace.seed = 5;
  run_twin({.plan = plan, .pace = pace, .report = [&](const Report& report) {
              if (const auto* end = std::get_if<EndReport>(&report)) outcome.end = *end;
              if (const auto* eval = std::get_if<EvalReport>(&report))
                outcome.evals.push_back(*eval);
            }});
  return outcome;
}

inline std::uint32_t crc_of(const Toy& toy, const std::string& step = "1") {
  const EndReport end = performed(toy_plan(toy), step).end;
  return crc32c(std::as_bytes(end.model.values()));
}

inline std::uint64_t discarded_rows(const EndReport& end) {
  std::uint64_t rows = 0;
  for (const Count& count : end.discarded) rows += count.rows;
  return rows;
}

}  // namespace troupe::testing
