/// What becomes of a run's state when other actors take the place of those that have it:
/// the table old x new, as a function of the kinds. It changes nothing itself.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "config/config.hpp"
#include "runtime/tables.hpp"

namespace troupe {

enum class Fate { kept, merged, reset, refused };

constexpr const char* to_text(Fate fate) {
  switch (fate) {
    case Fate::kept:
      return "kept";
    case Fate::merged:
      return "merged";
    case Fate::reset:
      return "reset";
    case Fate::refused:
      return "refused";
  }
  return "";
}

/// One thing that a run has, and what becomes of it.
struct Carried {
  std::string what;  ///< "draws", "model", "update", ...
  Fate fate = Fate::kept;
  std::string why = {};
};

/// What of a run stays as it is, whoever acts in it.
struct SwapScene {
  std::uint32_t workers = 1;
  bool nodes = false;     ///< workers live in other processes
  bool server = false;    ///< and so does who holds the model
  bool troubled = false;  ///< the twin plays what happens to the hosts of this drawing's actors
};

/// From settings that are resolved to others that are. An item is there only where there is
/// something to carry; the first refused one says why it cannot be.
std::vector<Carried> what_becomes(const Tables& tables, const Settings& from, const Settings& to,
                                  const SwapScene& scene);

/// "model merged (the mean of all states), update reset (...)".
std::string carried_text(const std::vector<Carried>& all);

/// What a configuration chooses on each axis, by the axis' short name.
std::vector<std::pair<std::string, std::string>> choices_of(const Config& config);

/// A key that other actors may have otherwise.
bool swappable(const std::string& path);
/// Such keys that are choices, with what a run may swap to.
std::vector<std::pair<std::string, std::vector<std::string>>> swappable_choices(
    const Schema& schema);

}  // namespace troupe
