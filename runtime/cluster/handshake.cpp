#include "runtime/cluster/handshake.hpp"

#include <charconv>
#include <cstring>

#include "runtime/cluster/fields.hpp"

namespace troupe {

std::string to_text(const Ticket& ticket) {
  return std::to_string(ticket.number) + ":" + std::to_string(ticket.proof);
}

Ticket ticket_of(const char* text) {
  Ticket ticket;
  if (text == nullptr) return ticket;
  const char* const end = text + std::strlen(text);
  const auto number = std::from_chars(text, end, ticket.number);
  if (number.ec != std::errc() || number.ptr == end || *number.ptr != ':') return {};
  const auto proof = std::from_chars(number.ptr + 1, end, ticket.proof);
  return proof.ec == std::errc() && proof.ptr == end ? ticket : Ticket{};
}

Bytes encode_handshake(const Handshake& sentence) { return wire::encode_fields(sentence); }

std::variant<Handshake, Malformed> decode_handshake(const Bytes& bytes) {
  wire::Decoder decoder(std::span(&bytes, 1));
  Handshake sentence;
  if (!decoder.get(sentence)) return Malformed{decoder.why()};
  if (decoder.left() > 0) return Malformed{std::to_string(decoder.left()) + " bytes after the end"};
  return sentence;
}

}  // namespace troupe
