/// The memory that all workers of a process have in common, for threads that run at the
/// same time. It locks only where the plan says so, and then everybody who looks at it.
#pragma once

#include <atomic>
#include <shared_mutex>

#include "actors/plan.hpp"
#include "actors/shared_memory.hpp"
#include "base/block.hpp"

namespace troupe {

class LiveMemory final : public SharedMemory {
 public:
  /// The plan, which shares, must outlive it. `one_by_one`: let others in after each exchange.
  explicit LiveMemory(const Plan& plan, bool one_by_one = false);

  void change(Part part, WriteCounts& counts, const Work& work) override;
  void look(Part part, const Work& work) override;
  void copy(Part part, std::span<float> to, bool whole) override;
  std::uint64_t worked(std::uint64_t rows) override;
  std::uint64_t rows_at_once() const override { return rows_at_once_; }

 private:
  std::span<float> values(Part part);

  const Sharing sharing_;
  Block model_;
  Block gradients_;  ///< none unless they stand
  const std::uint64_t rows_at_once_;
  /// Sharing::Writes::lock: whoever has it is alone. With snapshots, writers have a share of
  /// it and whoever copies all of it.
  std::shared_mutex mutex_;
  alignas(64) std::atomic<std::uint64_t> rows_ = 0;
};

}  // namespace troupe
