/// A random plan of what goes wrong, made from one integer. It only plans; the twin
/// plays it.
#pragma once

#include <cstdint>
#include <string>

#include "actors/plan.hpp"
#include "runtime/pace.hpp"

namespace troupe::campaign {

/// How hard a run is tried.
struct Hardship {
  std::uint32_t links_most = 3;
  std::uint32_t faults_most = 4;
  double within_seconds = 6;  ///< when faults begin
  /// Workers come back where ways are slow, too: docs/found.md has what that still breaks.
  bool late_leases = false;
};

/// The pace with links and faults in it, sorted as make_pace() sorts them.
Pace troubled(Pace pace, const Plan& plan, std::uint64_t seed, const Hardship& hardship = {});
/// The plan in words, a line each: what to look at when a seed fails.
std::string in_words(const Pace& pace, const Plan& plan);

}  // namespace troupe::campaign
