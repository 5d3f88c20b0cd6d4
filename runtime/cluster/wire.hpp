/// Envelopes as bytes. It knows the order of the fields and nothing of sockets,
/// pieces or peers.
#pragma once

#include <span>
#include <string>
#include <variant>

#include "messages/message.hpp"
#include "runtime/cluster/bytes.hpp"

namespace troupe {

/// Two processes that do not agree on this do not talk. Raise it with every change
/// of a sentence, of the handshake or of a piece.
inline constexpr std::uint32_t wire_version = 2;

/// What was wrong with bytes that came from outside.
struct Malformed {
  std::string why;
};

Bytes encode(const Envelope& envelope);

/// The pieces of one whole message, in order.
std::variant<Envelope, Malformed> decode(std::span<const Bytes> pieces);

}  // namespace troupe
