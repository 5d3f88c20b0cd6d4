/// The same run for those who start it by other means than ssh: units of systemd, a
/// Slurm script, Kubernetes manifests. Files as texts; nothing is started or asked.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "apps/library/launch/hosts.hpp"
#include "config/config.hpp"

namespace troupe {

struct EmitRequest {
  std::vector<Host> hosts;  ///< the first one holds the coordinator as well
  const Config& config;
  std::string config_text;
  std::uint16_t port = 7000;  ///< of the coordinator; nodes take the next one
};

struct EmittedFile {
  std::string name;
  std::string text;
};

struct Emitted {
  std::vector<EmittedFile> files;
  std::string advice;  ///< what to do with them, lines
};

/// Of "systemd", "slurm" or "k8s".
Emitted emit(const std::string& kind, const EmitRequest& request);

}  // namespace troupe
