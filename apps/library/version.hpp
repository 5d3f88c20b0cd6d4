/// Which Troupe this is.
#pragma once

#include <string>

namespace troupe {

std::string version();       ///< "0.1.0"
std::string git_revision();  ///< of the source tree when it was built; empty when unknown
std::string version_text();  ///< "0.1.0 (65cb928)"

}  // namespace troupe
