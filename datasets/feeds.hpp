/// The two kinds of feed; Supply chooses.
#pragma once

#include <memory>

#include "datasets/feed.hpp"

namespace troupe {

/// All rows that the sampler may name are in memory as long as the feed lives.
std::unique_ptr<Feed> whole_feed(std::shared_ptr<const Shard> rows, const Sampler& sampler,
                                 std::shared_ptr<Loader> loader);

struct WindowedRequest {
  std::shared_ptr<const Dataset> data;
  RowRange rows;
  Windows::Request windows;
  std::uint64_t buffer_bytes = 0;  ///< of a window and a batch
};
/// A window of the rows is in memory, and the next one on its way.
std::unique_ptr<Feed> windowed_feed(WindowedRequest request, std::shared_ptr<Loader> loader);

}  // namespace troupe
