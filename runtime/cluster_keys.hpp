/// What a configuration says of the processes of a run: where they listen, by what they
/// know each other, how long they wait. It opens no port.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/config.hpp"
#include "config/schema.hpp"
#include "runtime/tls/keys.hpp"

namespace troupe {

std::vector<Key> cluster_keys();

/// Contradictions, and what would be open to strangers. Throws UserError (exit 2).
void check_cluster(Config& config);

/// By what the processes of a run know each other: the files that cluster.tls names, read
/// and judged, ones made for this run alone, or none. Throws UserError (exit 2).
std::optional<Credentials> cluster_credentials(const Settings& settings);

}  // namespace troupe
