/// The path of the program that runs. A consumer's own program has its own kinds, so
/// nodes are started from it and not from a name.
#pragma once

#include <string>

namespace troupe {

std::string own_program();

}  // namespace troupe
