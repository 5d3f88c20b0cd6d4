#include "apps/library/story.hpp"

#include <algorithm>

namespace troupe {

std::uint64_t Story::add(const std::string& line) {
  StoryLine told{++count_, line};
  if (line.rfind(R"({"type":"step")", 0) != 0) {
    if (first_.size() < others_max) {
      first_.push_back(std::move(told));
    } else {
      last_.push_back(std::move(told));
      if (last_.size() > others_max) last_.pop_front();
    }
    return count_;
  }
  newest_step_ = told;
  if (step_count_++ % stride_ != 0) return count_;
  steps_.push_back(std::move(told));
  if (steps_.size() > steps_max) {
    for (std::size_t i = 1; 2 * i < steps_.size(); ++i) steps_[i] = std::move(steps_[2 * i]);
    steps_.resize((steps_.size() + 1) / 2);
    stride_ *= 2;
  }
  return count_;
}

std::vector<StoryLine> Story::lines() const {
  std::vector<StoryLine> all = steps_;
  if (newest_step_.number > (steps_.empty() ? 0 : steps_.back().number))
    all.push_back(newest_step_);
  all.insert(all.end(), first_.begin(), first_.end());
  all.insert(all.end(), last_.begin(), last_.end());
  std::ranges::sort(all, {}, &StoryLine::number);
  return all;
}

}  // namespace troupe
