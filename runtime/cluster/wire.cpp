#include "runtime/cluster/wire.hpp"

#include "runtime/cluster/fields.hpp"

namespace troupe {
namespace {

// An Envelope as the wire has it: the address, then the sentence.
struct Heading {
  ActorId from = 0;
  ActorId to = 0;
  std::uint32_t graph_epoch = 0;
  std::uint64_t run = 0;
  std::uint64_t sequence = 0;
  static constexpr auto fields() {
    return std::tuple{&Heading::from, &Heading::to, &Heading::graph_epoch, &Heading::run,
                      &Heading::sequence};
  }
};

Heading heading_of(const Envelope& envelope) {
  return {envelope.from, envelope.to, envelope.graph_epoch, envelope.run, envelope.sequence};
}

std::variant<Envelope, Malformed> decode(wire::Decoder decoder) {
  Heading heading;
  Envelope envelope;
  if (!decoder.get(heading) || !decoder.get(envelope.message)) return Malformed{decoder.why()};
  if (decoder.left() > 0) return Malformed{std::to_string(decoder.left()) + " bytes after the end"};
  envelope.from = heading.from;
  envelope.to = heading.to;
  envelope.graph_epoch = heading.graph_epoch;
  envelope.run = heading.run;
  envelope.sequence = heading.sequence;
  return envelope;
}

}  // namespace

Bytes encode(const Envelope& envelope) {
  const Heading heading = heading_of(envelope);
  const std::size_t size = wire::encoded_size(heading) + wire::encoded_size(envelope.message);
  return Bytes::make(size, [&](std::span<std::byte> into) {
    wire::Encoder encoder(into);
    encoder.put(heading);
    encoder.put(envelope.message);
  });
}

Encoded encode_apart(const Envelope& envelope) {
  const Heading heading = heading_of(envelope);
  const std::size_t size =
      wire::encoded_size(heading) + wire::encoded_size<wire::Floats::apart>(envelope.message);
  Encoded encoded;
  encoded.head = Bytes::make(size, [&](std::span<std::byte> into) {
    wire::Encoder encoder(into, &encoded.blocks);
    encoder.put(heading);
    encoder.put(envelope.message);
  });
  return encoded;
}

std::variant<Envelope, Malformed> decode(std::span<const Bytes> pieces) {
  return decode(wire::Decoder(pieces));
}

std::variant<Envelope, Malformed> decode_apart(std::span<const std::byte> head,
                                               wire::Awaited& awaited) {
  const Bytes whole = Bytes::alias(head);
  return decode(wire::Decoder({&whole, 1}, &awaited));
}

}  // namespace troupe
