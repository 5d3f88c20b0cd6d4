/// The words that later versions will bring, so that they are refused as such and not as
/// mistakes. It lists nothing that a program brought itself.
#pragma once

#include "config/schema.hpp"

namespace troupe {

void add_planned(Schema& schema);

}  // namespace troupe
