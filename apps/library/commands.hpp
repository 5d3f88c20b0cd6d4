/// The table of commands. Adding one is a file in commands/ and a line in
/// commands.cpp; nothing registers itself.
#pragma once

#include <string>
#include <vector>

#include "apps/library/command.hpp"

namespace troupe {

std::vector<Command> commands();
/// Refused with one line until they come.
const std::vector<std::string>& later_commands();

Command train_command();
Command twin_command();
Command evaluate_command();
Command predict_command();
Command init_command();
Command data_make_command();
Command data_import_command();
Command data_inspect_command();
Command data_split_command();
Command data_verify_command();
Command config_check_command();
Command config_show_command();
Command config_schema_command();
Command topology_show_command();
Command topology_lint_command();
Command status_command();
Command stop_command();
Command swap_command();
Command pause_command();
Command resume_command();
Command monitor_command();
Command compare_command();
Command launch_command();
Command keys_new_command();
Command doctor_command();
Command completion_command();
Command node_command();

}  // namespace troupe
