/// The lines of metrics.jsonl so far, for whoever comes late: bounded, steps thinned evenly
/// and everything else kept from both ends. It writes no file.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "runtime/gateway/door.hpp"

namespace troupe {

class Story {
 public:
  /// Returns the line's number.
  std::uint64_t add(const std::string& line);
  std::vector<StoryLine> lines() const;

  static constexpr std::size_t steps_max = 1400;
  static constexpr std::size_t others_max = 300;  ///< from each end

 private:
  std::vector<StoryLine> steps_;
  std::vector<StoryLine> first_;
  std::deque<StoryLine> last_;
  std::uint64_t count_ = 0;
  std::uint64_t stride_ = 1;  ///< one step line of so many is kept
  std::uint64_t step_count_ = 0;
  StoryLine newest_step_;
};

}  // namespace troupe
