/// Rows of a partition as an epoch draws them, in memory when they are asked for.
/// Which rows come when depends on the configuration alone, never on who asks, how
/// often, or what was loaded beforehand.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>

#include "datasets/dataset.hpp"
#include "datasets/loader.hpp"
#include "datasets/sampler.hpp"
#include "datasets/windows.hpp"

namespace troupe {

/// Belongs to one thread. Steps forward are what it is made for; a step back is
/// right too, and loads again.
class Feed {
 public:
  Feed() = default;
  virtual ~Feed() = default;
  Feed(const Feed&) = delete;
  Feed& operator=(const Feed&) = delete;

  /// Draws of the epoch from position `first` on: up to `last`, or as many as are in
  /// memory together, which end at a whole batch. `first` is at a whole batch. Valid
  /// until the next call. Throws UserError (exit 3) when rows cannot be loaded.
  virtual Batch draw(std::uint64_t epoch, std::uint64_t first, std::uint64_t last) = 0;
  /// Who keeps the rows of every draw in memory; null where a draw may end their stay.
  virtual std::shared_ptr<const void> keeper() const { return nullptr; }
  /// Bytes of rows (labels and entries) that are the partition's in this epoch and were
  /// not in the one before.
  virtual std::uint64_t bytes_moved(std::uint64_t /*epoch*/) { return 0; }
};

/// What the feeds of one process have in common: the thread that loads ahead, and the
/// rows themselves where all partitions draw from all of them.
class Supply {
 public:
  struct Request {
    std::shared_ptr<const Dataset> data;
    RowRange training;
    std::uint32_t partitions = 1;
    SamplerKind sampler = {};
    std::uint64_t seed = 1;
    std::uint64_t batch = 1;
    /// Bytes of rows that one partition may have in memory, at least
    /// window_needs().least(); 0: no bound.
    std::uint64_t share = 0;
  };
  explicit Supply(Request request);

  /// Throws UserError (exit 3) when rows cannot be loaded. From any thread.
  std::unique_ptr<Feed> feed(std::uint32_t partition);

 private:
  std::shared_ptr<const Shard> everything();

  Request request_;
  WindowNeeds needs_;
  std::shared_ptr<Loader> loader_ = std::make_shared<Loader>();
  std::mutex mutex_;
  std::weak_ptr<const Shard> everything_;
};

}  // namespace troupe
