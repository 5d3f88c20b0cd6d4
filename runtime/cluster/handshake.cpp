#include "runtime/cluster/handshake.hpp"

#include "runtime/cluster/fields.hpp"

namespace troupe {

Bytes encode_handshake(const Handshake& sentence) { return wire::encode_fields(sentence); }

std::variant<Handshake, Malformed> decode_handshake(const Bytes& bytes) {
  wire::Decoder decoder(std::span(&bytes, 1));
  Handshake sentence;
  if (!decoder.get(sentence)) return Malformed{decoder.why()};
  if (decoder.left() > 0) return Malformed{std::to_string(decoder.left()) + " bytes after the end"};
  return sentence;
}

}  // namespace troupe
