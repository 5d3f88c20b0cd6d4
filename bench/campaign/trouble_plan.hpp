/// A random plan of what goes wrong, made from one integer. It only plans; the twin
/// plays it.
#pragma once

#include <cstdint>
#include <string>

#include "actors/plan.hpp"
#include "runtime/pace.hpp"

namespace troupe::campaign {

/// The pace with links and faults in it, sorted as make_pace() sorts them.
Pace troubled(Pace pace, const Plan& plan, std::uint64_t seed);
/// The plan in words, a line each: what to look at when a seed fails.
std::string in_words(const Pace& pace, const Plan& plan);

}  // namespace troupe::campaign
