/// Bytes from a peer: decoding either gives a reason, or an envelope that is written
/// again as the same bytes. It must never ask for memory that the bytes do not justify.
#include <cstring>

#include "base/check.hpp"
#include "runtime/cluster/wire.hpp"

using namespace troupe;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes bytes =
      Bytes::make(size, [&](std::span<std::byte> to) { std::memcpy(to.data(), data, size); });
  // The first byte says where the message is cut into pieces.
  const std::size_t cut = size == 0 ? 0 : data[0] % size;
  const Bytes pieces[] = {bytes.slice(0, cut), bytes.slice(cut, size - cut)};
  const auto decoded = decode(pieces);
  const auto* envelope = std::get_if<Envelope>(&decoded);
  if (envelope == nullptr) return 0;
  const Bytes again = encode(*envelope);
  TROUPE_CHECK(again.size(), ==, size);
  TROUPE_CHECK(std::memcmp(again.view().data(), data, size), ==, 0);
  return 0;
}
