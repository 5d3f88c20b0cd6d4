/// The one actor of a process that talks to other processes. It moves pieces and
/// keeps the windows; what handshakes mean is decided by whoever listens to it.
#pragma once

#include <caf/actor_system.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <variant>

#include "runtime/cluster/handshake.hpp"
#include "runtime/cluster/link.hpp"
#include "runtime/cluster/process.hpp"

namespace troupe {

/// The other end of a link: a process's number once it is known, a visitor's before.
using PeerId = std::uint32_t;
inline constexpr PeerId first_visitor = PeerId{1} << 31;

struct Heard {
  PeerId peer = 0;
  Handshake sentence;
};
struct LinkLost {
  PeerId peer = 0;
  std::string detail;
};
using EndpointEvent = std::variant<Heard, LinkLost>;

/// Orders to an endpoint, from its own process.
struct Adopt {  ///< a connection that this process has opened
  PeerId peer = 0;
  caf::actor remote;
};
struct Bind {  ///< the visitor turned out to be this process
  PeerId visitor = 0;
  PeerId peer = 0;
};
struct Tell {
  PeerId peer = 0;
  Handshake sentence;
};
struct Attach {  ///< places that messages can go to
  std::shared_ptr<Process> process;
};
struct Drop {  ///< whatever still comes from there is refused
  PeerId peer = 0;
};
struct Quit {};

/// `listener` is called from the endpoint's thread and must not block.
caf::actor spawn_endpoint(caf::actor_system& system, std::function<void(EndpointEvent)> listener);

/// What CAF needs to carry pieces.
caf::error inspect(caf::serializer& sink, Piece& piece);
caf::error inspect(caf::deserializer& source, Piece& piece);
void add_piece_type(caf::actor_system_config& config);

}  // namespace troupe

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::Adopt)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::Bind)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::Tell)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::Attach)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::Drop)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::Quit)
