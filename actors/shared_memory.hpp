/// The memory that all workers of a run have in common: the model, and where gradients stand
/// until they are replaced the sum of these. Hosts decide what happens at the same time; it
/// steps nothing itself.
#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "base/shared_values.hpp"

namespace troupe {

class SharedMemory {
 public:
  enum class Part { model, gradients };
  using Work = std::function<void(const SharedValues&)>;

  virtual ~SharedMemory() = default;
  /// Calls `work`, which may read and change the part, entry by entry. In the cluster others
  /// see each change at once; in the twin, when the event at hand has taken its time.
  virtual void change(Part part, WriteCounts& counts, const Work& work) = 0;
  /// Calls `work`, which only reads.
  virtual void look(Part part, const Work& work) = 0;
  /// Copies the part: while others write, or, `whole`, while nobody does.
  virtual void copy(Part part, std::span<float> to, bool whole) = 0;
  /// So many more rows are in there; answers with how many that makes, of all workers.
  virtual std::uint64_t worked(std::uint64_t rows) = 0;
  /// Rows that may be worked on before others are let in and the mailbox is looked at;
  /// one exchange always may.
  virtual std::uint64_t rows_at_once() const = 0;
};

}  // namespace troupe
