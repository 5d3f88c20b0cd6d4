#include "bench/campaign/trial.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <exception>

#include "base/checksum.hpp"
#include "bench/campaign/witness.hpp"

namespace troupe::campaign {
namespace {

struct Played {
  std::string broken;
  std::optional<EndReport> end;
  std::size_t lost = 0;
  std::string story;
};

Played play(const Plan& plan, const Pace& pace, const Mutation& mutation) {
  Witness witness(plan);
  const std::shared_ptr<Plan> watched = witness.watched();
  if (mutation.plan) mutation.plan(*watched);
  Played played;
  try {
    run_twin({.plan = watched,
              .pace = pace,
              .report = [&](const Report& report) { witness.take(report); },
              .make =
                  [&](const std::shared_ptr<const Plan>& made, ActorId id) {
                    std::unique_ptr<Actor> actor = make_actor(made, id);
                    if (mutation.cast) actor = mutation.cast(std::move(actor), *made, id);
                    return witness.masked(std::move(actor));
                  },
              .door = mutation.door()});
  } catch (const std::exception& error) {
    played.broken = fmt::format("it did not end: {}", error.what());
  }
  if (played.broken.empty()) played.broken = witness.broken();
  if (played.broken.empty() && !witness.end()) played.broken = "it ended without a word";
  played.end = witness.end();
  played.lost = witness.workers_lost();
  played.story = witness.story();
  return played;
}

/// Until when a run must be over: its calm time many times over, behind the last fault.
double deadline(const Pace& pace, double calm_seconds) {
  double last = 0;
  for (const Fault& fault : pace.faults)
    last = std::max(last, std::isinf(fault.over()) ? fault.at : fault.over());
  return last + 40 * calm_seconds + 60;
}

std::uint32_t crc_of(const EndReport& end) { return crc32c(std::as_bytes(end.model.values())); }

/// Behind a barrier the model is a function of rows and seed, not of who computed what;
/// an update rule's state on a replica is the one thing that a lost worker takes with it.
bool repeats(const Plan& plan, bool lost) {
  if (!plan.rounds) return false;
  return !lost || (!plan.peers() && (plan.plain || !plan.descends));
}

bool names_somebody(const std::string& line) {
  return line.find("worker ") != std::string::npos || line.find("peer ") != std::string::npos;
}

std::string judge(const Plan& plan, const Pace& pace, const Played& calm, const Played& rough) {
  if (!calm.broken.empty()) return fmt::format("in calm: {}", calm.broken);
  if (!rough.broken.empty()) return rough.broken;
  const EndReport& end = *rough.end;
  const double limit = deadline(pace, calm.end->t);
  if (end.t > limit)
    return fmt::format("it ended after {:.3g} s, and should have within {:.3g} s", end.t, limit);
  const bool done = end.status == "done";
  const bool named = end.status == "failed" && end.exit_code == 4 && names_somebody(end.reason);
  if (!done && !(named && rough.lost > 0))
    return fmt::format("it {} with {}: {}", end.status, end.exit_code, end.reason);
  if (!done && !plan.peers() && rough.lost < plan.workers)
    return fmt::format("it {}, though not all workers were lost: {}", end.status, end.reason);
  if (done && repeats(plan, rough.lost > 0) && crc_of(end) != crc_of(*calm.end))
    return fmt::format("the model is {:08x}, and {:08x} in calm", crc_of(end), crc_of(*calm.end));
  return {};
}

}  // namespace

Finding try_seed(const Tables& tables, const Programme& programme, std::uint64_t seed,
                 const Mutation& mutation) {
  const Assembled run = assemble_run(tables, programme, seed);
  const Plan& plan = *run.plan;
  const Pace rough = troubled(run.pace, plan, seed);
  const Played calm = play(plan, run.pace, {});
  const Played played = play(plan, rough, mutation);
  const Settings& settings = run.resolved.settings();
  Finding finding{.broken = judge(plan, rough, calm, played)};
  finding.story =
      fmt::format("{} on {}, {} workers, {} partitions, {} slices\n{}",
                  settings.text("training.algorithm"), settings.text("training.topology"),
                  plan.workers, plan.partitions, plan.shards(), in_words(rough, plan));
  finding.story += played.story;
  finding.workers_lost = played.lost;
  if (!played.end) return finding;
  finding.seconds = played.end->t;
  finding.failed = played.end->status == "failed";
  return finding;
}

}  // namespace troupe::campaign
