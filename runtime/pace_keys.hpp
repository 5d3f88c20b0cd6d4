/// The section [pace]: its keys, and what they come to for a cast. Names of actors are
/// judged here, and nothing is drawn.
#pragma once

#include <string>
#include <vector>

#include "actors/plan.hpp"
#include "config/config.hpp"
#include "runtime/pace.hpp"

namespace troupe {

std::vector<Key> pace_keys();
/// Refuses what can be judged without a cast: distributions, and times that are missing.
void check_pace(const Config& config);
/// Refuses names that nobody of the cast has.
Pace make_pace(const Config& config, const Plan& plan);
/// What of it real hosts do not play, a line; empty when they play all.
std::string left_to_the_twin(const Pace& pace);

}  // namespace troupe
