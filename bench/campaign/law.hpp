/// What waiting for the slowest costs: mean times of a step in the twin where each takes
/// X = 1 + Exp(0.5) seconds of virtual time. It measures no machine.
#pragma once

#include <cstdint>

#include "runtime/tables.hpp"

namespace troupe::campaign {

/// Of one round behind a barrier; expected is 1 + 2 H(workers), H(n) = 1 + 1/2 + ... + 1/n.
double round_seconds(const Tables& tables, std::uint32_t workers, std::uint64_t rounds);
double expected_round_seconds(std::uint32_t workers);
/// By how much longer so many steps of each take behind a barrier than with an open gate.
double price_of_waiting(const Tables& tables, std::uint32_t workers, std::uint64_t rounds);

}  // namespace troupe::campaign
