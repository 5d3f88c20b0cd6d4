/// From a configuration to a cast: resolves presets and axes, opens the data and
/// makes the plan and its actors. Every refusal here is a UserError, before any
/// actor starts.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "actors/actor.hpp"
#include "actors/plan.hpp"
#include "config/config.hpp"
#include "runtime/data_sets.hpp"
#include "runtime/pace.hpp"
#include "runtime/tables.hpp"

namespace troupe {

/// The schema of this version: the sections' keys plus what each kind declares.
Schema schema_of(const Tables& tables);

/// Loads a configuration and fills in what preset and topology say. Refuses
/// forbidden combinations. Needs no data.
Config load_config(const Tables& tables, const ConfigSources& sources);

/// Who talks to whom in a run of this configuration. Refuses what cannot be drawn and
/// what falls apart.
Drawing draw_topology(const Config& config, const Tables& tables);
/// Refuses what can be drawn but has no actors in this version.
void refuse_unplayed(const Config& config, const Tables& tables);
/// Refuses a run over several processes, for which `asked` asks, of what lives in one.
void refuse_apart(const Config& config, const Tables& tables, const std::string& asked);

struct Assembled {
  std::shared_ptr<const Plan> plan;
  Pace pace;
  /// With everything resolved that the data decides ("auto", "all", "epoch"): what
  /// config.resolved.toml holds, nodes load and a "start" line names.
  Config resolved;
  std::shared_ptr<const FileDataset> served = nullptr;  ///< to nodes; or null
  std::vector<std::string> notes;  ///< what was decided that the user may not expect, a line each
};
/// Opens the data and resolves everything that depends on it.
Assembled assemble(const Config& config, const Tables& tables);
/// The same with data that is open already, whatever the configuration's paths say.
Assembled assemble(const Config& config, const Tables& tables, DataSets data);

/// For other actors of the run that this plan is of: its rows stay as they are, open,
/// split and normalised.
Assembled assemble_again(const Config& config, const Tables& tables, const Plan& before);

/// The actor of this id, ready to start.
std::unique_ptr<Actor> make_actor(const std::shared_ptr<const Plan>& plan, ActorId id);

}  // namespace troupe
