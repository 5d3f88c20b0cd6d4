/// `troupe config`: what a configuration says, and what one could say.
#include <ostream>

#include "apps/library/commands.hpp"
#include "apps/library/preparation.hpp"
#include "runtime/combinations.hpp"

namespace troupe {
namespace {

int check(const Arguments& arguments, Invocation& invocation) {
  refuse_unplayed(load_config(invocation.tables, config_sources(arguments)), invocation.tables);
  invocation.out << arguments.text("CONFIG") << ": ok\n";
  return 0;
}

int show_config(const Arguments& arguments, Invocation& invocation) {
  if (arguments.has("--combinations")) {
    invocation.out << combinations_text(invocation.tables);
    return 0;
  }
  const Config config = load_config(invocation.tables, config_sources(arguments));
  invocation.out << resolved_text(schema_of(invocation.tables), config, arguments.has("--origin"));
  return 0;
}

int schema(const Arguments& arguments, Invocation& invocation) {
  const Schema keys = schema_of(invocation.tables);
  invocation.out << (arguments.has("--reference") ? reference_text(keys) : schema_text(keys));
  return 0;
}

}  // namespace

Command config_check_command() {
  return {.name = "config check",
          .sentence = "reads a configuration and says what is wrong with it; opens no data",
          .arguments = config_arguments(),
          .act = check};
}

Command config_show_command() {
  Command command{.name = "config show",
                  .sentence = "the configuration with every key resolved",
                  .arguments = config_arguments(),
                  .act = show_config};
  command.arguments.push_back(
      {.name = "--origin", .sentence = "where each value came from, as a comment"});
  command.arguments.push_back(
      {.name = "--combinations", .sentence = "instead: which choices on the axes go together"});
  return command;
}

Command config_schema_command() {
  return {.name = "config schema",
          .sentence = "every key with its type, range, default and meaning",
          .arguments = {{.name = "--reference",
                         .sentence = "as a configuration file, each key commented out"}},
          .act = schema};
}

}  // namespace troupe
