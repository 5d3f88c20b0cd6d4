/// What a campaign plays: every topology with the presets that go with it, on a small
/// set, from the tables alone. It knows no topology and no preset by name.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "runtime/assemble.hpp"
#include "runtime/tables.hpp"

namespace troupe::campaign {

/// A topology, and the presets that can be played on it.
struct Programme {
  std::string topology;
  std::vector<std::string> presets;
  std::vector<std::string> sliced = {};  ///< those of them that go with a model in slices
};

/// Those with actors, in the order of the table.
std::vector<Programme> programmes(const Tables& tables);

/// One run of a programme, as everything that one integer decides.
Assembled assemble_run(const Tables& tables, const Programme& programme, std::uint64_t seed);

}  // namespace troupe::campaign
