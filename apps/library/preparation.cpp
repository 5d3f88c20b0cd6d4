#include "apps/library/preparation.hpp"

#include <unistd.h>

#include "apps/library/run_folder.hpp"

namespace troupe {
namespace {

std::vector<std::pair<std::string, std::string>> environment() {
  std::vector<std::pair<std::string, std::string>> entries;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string text = *entry;
    const std::size_t equals = text.find('=');
    if (equals != std::string::npos && text.rfind("TROUPE__", 0) == 0)
      entries.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  return entries;
}

}  // namespace

ConfigSources config_sources(const Arguments& arguments) {
  ConfigSources sources;
  sources.file = arguments.text("CONFIG");
  sources.text = read_text(sources.file, ExitCode::usage);
  sources.environment = environment();
  sources.overrides = arguments.all("--set");
  if (const auto seed = arguments.count("--seed"))
    sources.overrides.push_back("seed=" + std::to_string(*seed));
  return sources;
}

Prepared prepare(const Arguments& arguments, const Tables& tables, Hosted hosted) {
  const ConfigSources sources = config_sources(arguments);
  const Config config = load_config(tables, sources);
  refuse_unplayed(config, tables);
  Assembled assembled = assemble(config, tables);
  const Settings& settings = assembled.resolved.settings();
  const auto succession = std::make_shared<Succession>(Succession::Beginning{
      .tables = tables,
      .sources = sources,
      .resolved = assembled.resolved,
      .plan = assembled.plan,
      .scene = {.workers = assembled.plan->workers,
                .nodes = hosted == Hosted::nodes || settings.integer("cluster.nodes") > 0,
                .server = settings.integer("cluster.server") > 0,
                .troubled = hosted == Hosted::twin && assembled.pace.troubled()}});
  assembled.plan = succession->plan();
  return {sources.text, schema_of(tables), std::move(assembled), succession};
}

std::vector<Argument> config_arguments() {
  return {
      {.name = "CONFIG", .value = "FILE", .sentence = "the configuration (TOML)", .required = true},
      {.name = "-s,--set",
       .value = "KEY=VALUE",
       .sentence = "sets a key; the last part of its name is enough where it is unambiguous",
       .repeated = true},
      {.name = "--seed", .value = "N", .sentence = "the same as -s seed=N"}};
}

}  // namespace troupe
