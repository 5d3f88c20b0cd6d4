/// What a keeper leaves behind and another one begins with, when a run goes on with other
/// actors. It moves numbers only: who comes after whom is decided elsewhere.
#pragma once

#include <cstdint>
#include <vector>

#include "actors/ledger.hpp"
#include "actors/plan.hpp"

namespace troupe {

/// Where partitions stand of whom these steps come next.
std::vector<Cursor> cursors_at(const Plan& plan, const std::vector<std::uint64_t>& steps);

/// Draws and updates so far go on; how stale they were does not, since others wait otherwise.
void take_over(Ledger& ledger, const Plan& plan);
/// Into the rule's memory, where one was left that fits.
void take_over(Update& update, const Plan& plan);
SharedBlock memory_of(Update& update);

/// Draws of a worker under earlier drawings: its steps go on behind them in whatever is
/// drawn by their number, such as their durations.
std::uint64_t computed_before(const Plan& plan, std::uint32_t worker);

/// True when there is more to do than has been done.
bool unfinished(const Plan& plan, std::uint64_t draws, std::uint64_t updates);

/// A Final as the next ones see it, who are called otherwise.
Handover handed_over(const Plan& plan, const Final& final,
                     const std::vector<std::uint64_t>& computed);

}  // namespace troupe
