/// Which process each actor lives in, to be read by every thread while somebody moves one.
/// It moves nobody itself.
#pragma once

#include <atomic>
#include <memory>

#include "runtime/cluster/layout.hpp"

namespace troupe {

class Whereabouts {
 public:
  Whereabouts() = default;
  /// Before anybody reads.
  Whereabouts& operator=(const ProcessMap& map) {
    size_ = map.size();
    processes_ = std::make_unique<std::atomic<std::uint32_t>[]>(size_);
    for (std::size_t i = 0; i < size_; ++i) processes_[i] = map[i];
    return *this;
  }

  std::size_t size() const { return size_; }
  std::uint32_t operator[](ActorId actor) const {
    return processes_[actor].load(std::memory_order_acquire);
  }
  void move(ActorId actor, std::uint32_t process) {
    processes_[actor].store(process, std::memory_order_release);
  }
  ProcessMap map() const {
    ProcessMap copy(size_);
    for (std::size_t i = 0; i < size_; ++i) copy[i] = (*this)[static_cast<ActorId>(i)];
    return copy;
  }

 private:
  std::size_t size_ = 0;
  std::unique_ptr<std::atomic<std::uint32_t>[]> processes_;
};

}  // namespace troupe
