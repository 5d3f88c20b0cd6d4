#include "runtime/cluster/wire.hpp"

#include "runtime/cluster/fields.hpp"

namespace troupe {
namespace {

// An Envelope as the wire has it: the address, then the sentence.
struct Address {
  ActorId from = 0;
  ActorId to = 0;
  std::uint32_t graph_epoch = 0;
  std::uint64_t run = 0;
  std::uint64_t sequence = 0;
  static constexpr auto fields() {
    return std::tuple{&Address::from, &Address::to, &Address::graph_epoch, &Address::run,
                      &Address::sequence};
  }
};

}  // namespace

Bytes encode(const Envelope& envelope) {
  const Address address{envelope.from, envelope.to, envelope.graph_epoch, envelope.run,
                        envelope.sequence};
  const std::size_t size = wire::encoded_size(address) + wire::encoded_size(envelope.message);
  return Bytes::make(size, [&](std::span<std::byte> into) {
    wire::Encoder encoder(into);
    encoder.put(address);
    encoder.put(envelope.message);
  });
}

std::variant<Envelope, Malformed> decode(std::span<const Bytes> pieces) {
  wire::Decoder decoder(pieces);
  Address address;
  Envelope envelope;
  if (!decoder.get(address) || !decoder.get(envelope.message)) return Malformed{decoder.why()};
  if (decoder.left() > 0) return Malformed{std::to_string(decoder.left()) + " bytes after the end"};
  envelope.from = address.from;
  envelope.to = address.to;
  envelope.graph_epoch = address.graph_epoch;
  envelope.run = address.run;
  envelope.sequence = address.sequence;
  return envelope;
}

}  // namespace troupe
