#include "runtime/live_memory.hpp"

#include <mutex>

namespace troupe {
namespace {

/// Some ten microseconds of work: looking around is then no cost, and nobody waits for long.
constexpr std::uint64_t rows_between_looks = 512;

Access access_of(Sharing::Writes writes) {
  switch (writes) {
    case Sharing::Writes::store:
      return Access::store;
    case Sharing::Writes::add:
      return Access::add;
    case Sharing::Writes::lock:
      return Access::alone;
  }
  return Access::alone;
}

}  // namespace

LiveMemory::LiveMemory(const Plan& plan, bool one_by_one)
    : sharing_(*plan.sharing),
      model_(Block::zeros(plan.parameters)),
      gradients_(Block::zeros(plan.stands ? plan.parameters : 0)),
      rows_at_once_(one_by_one || sharing_.writes == Sharing::Writes::lock ? 0
                                                                           : rows_between_looks) {
  plan.begin(model_.values());
  if (plan.opening) rows_ = plan.opening->progress.delivered;
}

std::span<float> LiveMemory::values(Part part) {
  return part == Part::model ? model_.values() : gradients_.values();
}

void LiveMemory::change(Part part, WriteCounts& counts, const Work& work) {
  std::unique_lock alone(mutex_, std::defer_lock);
  std::shared_lock beside(mutex_, std::defer_lock);
  if (sharing_.writes == Sharing::Writes::lock)
    alone.lock();
  else if (sharing_.snapshots)
    beside.lock();
  work({.values = values(part),
        .access = access_of(sharing_.writes),
        .check_every = sharing_.check_every,
        .counts = &counts});
}

void LiveMemory::look(Part part, const Work& work) {
  std::unique_lock alone(mutex_, std::defer_lock);
  if (sharing_.writes == Sharing::Writes::lock) alone.lock();
  work({.values = values(part), .access = access_of(sharing_.writes)});
}

void LiveMemory::copy(Part part, std::span<float> to, bool whole) {
  std::unique_lock alone(mutex_, std::defer_lock);
  if (whole || sharing_.writes == Sharing::Writes::lock) alone.lock();
  read_shared({.values = values(part)}, to);
}

std::uint64_t LiveMemory::worked(std::uint64_t rows) {
  return rows_.fetch_add(rows, std::memory_order_relaxed) + rows;
}

}  // namespace troupe
