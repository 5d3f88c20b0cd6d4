/// A model in slices, each with a holder of its own: what was made for all of it is cut, and
/// slices are put together again. Nobody is asked for one here.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <vector>

#include "messages/message.hpp"

namespace troupe {

/// A gradient or a replica as a codec wrote it, a part for each slice. `cuts` are those of
/// Plan. Only what needs no memory to be read can be cut: anything else comes back whole, for
/// the first slice, where it does not fit.
std::vector<Payload> cut(Payload payload, std::span<const std::size_t> cuts);

/// Slices on their way to one actor: at most so many of each holder wait.
class Assembly {
 public:
  Assembly(std::vector<std::size_t> cuts, std::size_t most);

  /// Of a holder, counted from 0; false when that slice is not as long.
  bool add(std::size_t holder, Slice slice);
  /// The model of the first slice's version, once all are here, with what the update rule
  /// remembers where all have that. Versions are asked for in order: older slices are of no
  /// use any more.
  std::optional<Slice> whole(const Slice& first);
  /// Whose slice of that version is not here, counted from 0.
  std::vector<std::size_t> missing(std::uint64_t version) const;
  std::size_t size_of(std::size_t holder) const { return cuts_[holder + 1] - cuts_[holder]; }

 private:
  SharedBlock joined(SharedBlock Slice::*part) const;

  std::vector<std::size_t> cuts_;
  std::size_t most_;
  std::vector<std::deque<Slice>> waiting_;  ///< by holder
};

}  // namespace troupe
