/// Serves a data set to processes that do not have its file. It answers one part
/// after the other, in a thread of its own, and remembers nobody.
#pragma once

#include <caf/actor_system.hpp>
#include <memory>

#include "datasets/file_dataset.hpp"

namespace troupe {

/// Ends at Quit. Every segment was verified when it was read.
caf::actor spawn_data_server(caf::actor_system& system, std::shared_ptr<const FileDataset> set,
                             std::uint32_t askers);

}  // namespace troupe
