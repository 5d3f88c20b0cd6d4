/// From CONFIG and options to a run that could start: everything that can be
/// refused is refused here, and nothing has started yet.
#pragma once

#include <string>
#include <vector>

#include "apps/library/command.hpp"
#include "config/config.hpp"
#include "runtime/assemble.hpp"
#include "runtime/succession.hpp"

namespace troupe {

struct Prepared {
  std::string text;  ///< the file as it is
  Schema schema;
  Assembled assembled;
  std::shared_ptr<Succession> succession;  ///< of the actors, while the run goes on

  const Config& config() const { return assembled.resolved; }
};

/// The file CONFIG, the process' environment, -s and --seed.
ConfigSources config_sources(const Arguments& arguments);
/// Where the workers of a run will live: in this process, in some of their own, or nowhere.
enum class Hosted { here, nodes, twin };
Prepared prepare(const Arguments& arguments, const Tables& tables, Hosted hosted = Hosted::here);

/// CONFIG, -s, --seed: for the commands that read a configuration.
std::vector<Argument> config_arguments();

}  // namespace troupe
