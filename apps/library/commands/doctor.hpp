/// The part of the doctor that visits other hosts.
#pragma once

#include "apps/library/command.hpp"

namespace troupe {

int look_at_hosts(const Arguments& arguments, Invocation& invocation);

}  // namespace troupe
