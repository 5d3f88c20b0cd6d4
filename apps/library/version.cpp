#include "apps/library/version.hpp"

#include "troupe_revision.hpp"

namespace troupe {

std::string version() { return TROUPE_VERSION; }

std::string git_revision() { return TROUPE_REVISION; }

std::string version_text() {
  return git_revision().empty() ? version() : version() + " (" + git_revision() + ")";
}

}  // namespace troupe
