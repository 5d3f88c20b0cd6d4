#include "datasets/feed.hpp"

#include "datasets/feeds.hpp"

namespace troupe {

Supply::Supply(Request request) : request_(std::move(request)) {
  if (request_.share > 0) needs_ = window_needs(*request_.data, request_.training, request_.batch);
}

std::unique_ptr<Feed> Supply::feed(std::uint32_t partition) {
  const RowRange rows = partition_range(request_.training, partition, request_.partitions);
  const std::uint64_t before = request_.training.first;
  const Sampler sampler(request_.sampler, request_.seed,
                        {.partition = partition,
                         .own = {rows.first - before, rows.last - before},
                         .all = request_.training.size()});
  if (request_.sampler.shuffle == Shuffle::global)
    return whole_feed(everything(), sampler, loader_);
  if (request_.share == 0 || bytes_whole(*request_.data, rows) <= request_.share)
    return whole_feed(std::make_shared<const Shard>(request_.data->load(rows)), sampler, loader_);
  return windowed_feed({.data = request_.data,
                        .rows = rows,
                        .windows = {.seed = request_.seed,
                                    .partition = partition,
                                    .kind = request_.sampler,
                                    .batch = request_.batch,
                                    .window_bytes = needs_.window(request_.share)},
                        .buffer_bytes = needs_.window(request_.share) + needs_.batch},
                       loader_);
}

std::shared_ptr<const Shard> Supply::everything() {
  const std::lock_guard lock(mutex_);
  std::shared_ptr<const Shard> all = everything_.lock();
  if (all == nullptr) {
    all = std::make_shared<const Shard>(request_.data->load(request_.training));
    everything_ = all;
  }
  return all;
}

}  // namespace troupe
