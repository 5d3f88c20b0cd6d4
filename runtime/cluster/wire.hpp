/// Envelopes as bytes. It knows the order of the fields and nothing of sockets,
/// pieces or peers.
#pragma once

#include <span>
#include <string>
#include <variant>

#include "messages/message.hpp"
#include "runtime/cluster/bytes.hpp"
#include "runtime/cluster/fields.hpp"

namespace troupe {

/// Two processes that do not agree on this do not talk. Raise it with every change
/// of a sentence, of the handshake or of a piece.
inline constexpr std::uint32_t wire_version = 11;

/// What was wrong with bytes that came from outside.
struct Malformed {
  std::string why;
};

Bytes encode(const Envelope& envelope);

/// The same with the floats of its blocks apart, to be sent behind the head from
/// where they are.
struct Encoded {
  Bytes head;
  std::vector<SharedBlock> blocks;
};
Encoded encode_apart(const Envelope& envelope);
/// Of the head alone. `awaited` says how many bytes of blocks are allowed, and then
/// where they belong: before they are there nobody may read the envelope.
std::variant<Envelope, Malformed> decode_apart(std::span<const std::byte> head,
                                               wire::Awaited& awaited);

/// The pieces of one whole message, in order.
std::variant<Envelope, Malformed> decode(std::span<const Bytes> pieces);

}  // namespace troupe
