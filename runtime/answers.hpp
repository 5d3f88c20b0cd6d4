/// What training.reply and training.wait say: with what a push is answered, and who waits
/// for it. Nothing here looks at data.
#pragma once

#include "config/config.hpp"
#include "runtime/draft.hpp"
#include "runtime/tables.hpp"

namespace troupe {

/// Refuses what contradicts topology, exchange or merge, then puts words in the place of "auto".
void settle_answers(Config& config, const Tables& tables);
/// Enters both into the plan, and how many turns a worker has at a time.
void plan_answers(Draft& draft);

}  // namespace troupe
