/// One trial of a campaign: a run from one integer, played in calm and in trouble, and
/// what it broke. It repeats exactly.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "bench/campaign/stage.hpp"
#include "bench/campaign/trouble_plan.hpp"
#include "runtime/twin/twin.hpp"

namespace troupe::campaign {

/// What a test of the campaign itself breaks on purpose.
struct Mutation {
  std::string name = "none";
  std::function<void(Plan&)> plan = {};  ///< other policies
  std::function<std::unique_ptr<Actor>(std::unique_ptr<Actor>, const Plan&, ActorId)> cast = {};
  /// A door for one run: it may remember whom it let in.
  std::function<std::shared_ptr<const Door>()> door = [] { return std::make_shared<Door>(); };
};

struct Finding {
  std::string broken = {};  ///< empty: nothing
  std::string story = {};   ///< what was played, for whoever repeats it
  double seconds = 0;       ///< virtual, of the run in trouble
  bool failed = false;      ///< it ended with a line, as it should where nobody could go on
  std::size_t workers_lost = 0;
};

Finding try_seed(const Tables& tables, const Programme& programme, std::uint64_t seed,
                 const Mutation& mutation = {});

}  // namespace troupe::campaign
