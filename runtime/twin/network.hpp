/// The ways between actors: how long a message takes, and what is lost, repeated or
/// overtaken on it. Like a connection it keeps the order of an edge, and loses nothing
/// but time.
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>

#include "runtime/pace.hpp"

namespace troupe {

class Network {
 public:
  /// A worker's process, which may be cut off once it is there.
  struct End {
    std::uint32_t worker = 0;
    double born = 0;
  };
  /// Between two actors. Those of one process have nothing between them but the delay.
  struct Way {
    ActorId from = 0;
    ActorId to = 0;
    bool inside = false;  ///< one process
    std::optional<End> sender = {};
    std::optional<End> receiver = {};
  };
  struct Passage {
    double arrives = 0;
    std::optional<double> again = {};  ///< the copy of one that is repeated
  };

  explicit Network(const Pace& pace) : pace_(pace) {}

  /// Of a message of so many bytes that leaves now.
  Passage send(const Way& way, double now, std::size_t bytes);
  /// When a silent way would have said something: the next try that gets through.
  double through(const Way& way, double now) const;

 private:
  struct Edge {
    std::uint64_t count = 0;
    double free = 0;  ///< the message before has left
    double last = 0;  ///< and has arrived
  };

  const LinkPace* link(const Way& way) const;

  const Pace& pace_;
  std::unordered_map<std::uint64_t, Edge> edges_;
};

}  // namespace troupe
