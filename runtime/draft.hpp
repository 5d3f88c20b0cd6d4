/// A run on its way from configuration to plan, for the files that put it together:
/// each fills in its part. Nobody else includes this.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/user_error.hpp"
#include "runtime/assemble.hpp"

namespace troupe {

/// What is being put together.
struct Draft {
  const Tables& tables;
  Config config;  ///< becomes Assembled::resolved
  std::shared_ptr<Plan> plan = std::make_shared<Plan>();
  std::vector<std::string> notes = {};

  const Settings& settings() const { return config.settings(); }
  const ExchangeKind& exchange() const {
    return tables.exchanges.at(settings().text("training.exchange"));
  }
  const GateKind& gate() const { return tables.gates.at(settings().text("training.gate")); }
  const MergeKind& merge() const { return tables.merges.at(settings().text("training.merge")); }
  const TopologyKind& topology() const {
    return tables.topologies.at(settings().text("training.topology"));
  }
  /// How many hold a slice of the model.
  std::uint32_t slices() const { return topology().slices ? topology().slices(settings()) : 1; }
  const UpdateKind& update() const { return tables.updates.at(settings().text("training.update")); }
};

inline std::uint64_t count(const Settings& settings, std::string_view path) {
  return static_cast<std::uint64_t>(settings.integer(path));
}

[[noreturn]] inline void refuse_data(const std::string& path, const std::string& why) {
  throw UserError(ExitCode::data, path + ": " + why);
}

// Rows: which are for what, how they are normalised, cut and brought into memory.
void split_data(Draft& draft, DataSets data);
void normalise(Draft& draft);
void check_test(const Plan& plan);
void cut_partitions(Draft& draft);
void make_supply(Draft& draft);

// When steps are how long, and when it is enough.
void make_schedule(Draft& draft);
void make_stop(Draft& draft);

}  // namespace troupe
