#include "apps/library/commands.hpp"

namespace troupe {

std::vector<Command> commands() {
  return {train_command(),         twin_command(),          evaluate_command(),
          predict_command(),       init_command(),          data_make_command(),
          data_import_command(),   data_inspect_command(),  data_split_command(),
          data_verify_command(),   config_check_command(),  config_show_command(),
          config_schema_command(), topology_show_command(), topology_lint_command(),
          status_command(),        stop_command(),          swap_command(),
          pause_command(),         resume_command(),        keys_new_command(),
          launch_command(),        doctor_command(),        completion_command(),
          compare_command(),       node_command(),          monitor_command()};
}

const std::vector<std::string>& later_commands() {
  static const std::vector<std::string> later = {"checkpoint", "replay", "export",
                                                 "sweep",      "plan",   "reproduce"};
  return later;
}

}  // namespace troupe
