/// Which choices do not go together, and why. It looks at two keys at a time and
/// at no data.
#pragma once

#include <string>

#include "config/config.hpp"
#include "runtime/tables.hpp"

namespace troupe {

/// Throws UserError (exit 2) with the origin of both where two choices clash.
void refuse_combinations(const Config& config, const Tables& tables);
/// The table of what goes together, for `config show`.
std::string combinations_text(const Tables& tables);

}  // namespace troupe
