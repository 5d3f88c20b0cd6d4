/// How actors name each other. Nobody is found by it here.
#pragma once

#include <cstdint>

namespace troupe {

/// An actor's place in the cast; the same in every process of a run.
using ActorId = std::uint32_t;

}  // namespace troupe
