#include "algorithms/merge.hpp"

#include <stdexcept>

namespace troupe {

bool Merge::fold(Accumulator& /*older*/, const Accumulator& /*newer*/) const {
  throw std::logic_error("this merge takes one gradient of a sender at a time");
}

std::vector<bool> Merge::mix(const Encounter& /*encounter*/) const {
  throw std::logic_error("this merge is not for peers");
}

std::vector<bool> weighted_mean(const Encounter& encounter) {
  double all = encounter.own;
  for (const Opinion& heard : encounter.heard) all += heard.weight;
  const auto own = static_cast<float>(encounter.own / all);
  for (float& value : encounter.replica) value *= own;
  for (const Opinion& heard : encounter.heard) {
    const auto weight = static_cast<float>(heard.weight / all);
    for (std::size_t i = 0; i < heard.state.size(); ++i)
      encounter.replica[i] += weight * heard.state[i];
  }
  return std::vector<bool>(encounter.heard.size(), true);
}

}  // namespace troupe
