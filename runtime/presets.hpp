/// The presets: names for a choice on every axis. No other file knows their names.
#pragma once

#include <string>
#include <vector>

#include "runtime/tables.hpp"

namespace troupe {

Table<Preset> presets();
/// Presets of later versions, refused by name until then.
std::vector<std::string> planned_presets();
/// What a new configuration begins with: a commented `algorithm = ...`, to be
/// put under [training].
std::string first_choice();

}  // namespace troupe
