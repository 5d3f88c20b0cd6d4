/// The node processes of a run by their numbers, from 1: those of this machine that were
/// started for it come first, then those that were started elsewhere. It names them, and
/// knows what became of them where it can.
#pragma once

#include <string>
#include <vector>

#include "runtime/cluster/children.hpp"

namespace troupe {

class Roster {
 public:
  Roster(std::uint32_t children, std::uint32_t others)
      : children_(children), addresses_(others), gone_(children + others + 1) {}
  /// One more, while the run goes on.
  std::uint32_t add(const std::string& address) {
    addresses_.push_back(address);
    gone_.push_back(false);
    return count();
  }

  Children& children() { return children_; }
  std::uint32_t count() const { return static_cast<std::uint32_t>(gone_.size()) - 1; }
  bool has(std::uint32_t number) const { return number > 0 && number <= count(); }
  bool is_child(std::uint32_t number) const { return number <= children_.count(); }

  /// An other one has come, or has gone before the run began.
  void seat(std::uint32_t number, const std::string& address) {
    addresses_.at(number - children_.count() - 1) = address;
  }
  /// "node 2 (pid 123)", "node 3 (10.0.0.7:4000)", "node 3 (not here yet)"
  std::string name(std::uint32_t number) const {
    if (is_child(number)) return children_.name(number);
    const std::string& address = addresses_.at(number - children_.count() - 1);
    return "node " + std::to_string(number) + " (" + (address.empty() ? "not here yet" : address) +
           ")";
  }

  /// Given up, or seen to have left: what it still says is not heard.
  bool gone(std::uint32_t number) const { return gone_.at(number); }
  void give_up(std::uint32_t number) { gone_.at(number) = true; }
  /// Somebody who was started elsewhere is here.
  bool has_guests() const {
    for (std::uint32_t n = children_.count() + 1; n <= count(); ++n)
      if (!gone(n) && !addresses_.at(n - children_.count() - 1).empty()) return true;
    return false;
  }

 private:
  Children children_;
  std::vector<std::string> addresses_;
  std::vector<bool> gone_;
};

}  // namespace troupe
