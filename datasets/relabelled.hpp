/// A set whose labels stand for words, with the numbers that another set gave to the
/// same words. It changes labels and nothing else.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "datasets/dataset.hpp"

namespace troupe {

/// The set itself where its words have these numbers already. Refuses (exit 3) a word
/// that has none, and words where `names` is empty or the other way round; `whose` says
/// in that line where the names come from.
std::shared_ptr<const Dataset> relabelled(std::shared_ptr<const Dataset> set,
                                          const std::vector<std::string>& names,
                                          const std::string& whose);

}  // namespace troupe
