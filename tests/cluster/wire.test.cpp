/// The wire format: every sentence there and back, and everything malformed.
#include "runtime/cluster/wire.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>

#include "runtime/cluster/fields.hpp"
#include "runtime/cluster/handshake.hpp"

using namespace troupe;

namespace {

/// Gives every field a value that no other field has, lists two items.
class Filler {
 public:
  template <class T>
  void fill(T& value) {
    if constexpr (std::is_same_v<T, bool>) {
      value = true;
    } else if constexpr (wire::Plain<T>) {
      value = static_cast<T>(++next_);
    } else if constexpr (std::is_same_v<T, std::string>) {
      value = "text " + std::to_string(++next_);
    } else if constexpr (std::is_same_v<T, SharedBlock>) {
      Block block(3);
      for (float& each : block.values()) each = static_cast<float>(++next_);
      value = std::move(block).freeze();
    } else if constexpr (wire::is_vector<T>) {
      value.resize(2);
      for (auto& each : value) fill(each);
    } else if constexpr (std::is_same_v<T, Payload>) {
      fill_payload(value);
    } else if constexpr (wire::Listed<T>) {
      std::apply([&](auto... member) { (fill(value.*member), ...); }, T::fields());
    }
  }

 private:
  // Each alternative in turn.
  void fill_payload(Payload& payload) {
    switch (kind_++ % 4) {
      case 0:
        fill(payload.emplace<DenseValues>());
        return;
      case 1:
        fill(payload.emplace<SparseValues>());
        return;
      case 2:
        fill(payload.emplace<ChangedValues>());
        return;
      default:
        payload = std::monostate{};
    }
  }

  int next_ = 0;
  int kind_ = 0;
};

template <std::size_t... Index>
std::vector<Message> every_sentence(std::index_sequence<Index...>) {
  std::vector<Message> all(sizeof...(Index));
  Filler filler;
  (filler.fill(all[Index].emplace<Index>()), ...);
  return all;
}

std::vector<Message> every_sentence() {
  return every_sentence(std::make_index_sequence<std::variant_size_v<Message>>());
}

Envelope envelope_of(Message message) { return {3, 9, 1, 77, 12, std::move(message)}; }

std::vector<std::byte> copy_of(const Bytes& bytes) {
  return {bytes.view().begin(), bytes.view().end()};
}

Bytes bytes_of(std::span<const std::byte> from) {
  return Bytes::make(from.size(),
                     [&](std::span<std::byte> into) { std::ranges::copy(from, into.begin()); });
}

std::variant<Envelope, Malformed> decode_one(const Bytes& bytes) {
  return decode(std::span(&bytes, 1));
}

}  // namespace

TEST_CASE("wire: every sentence comes back byte for byte") {
  for (Message& message : every_sentence()) {
    CAPTURE(message.index());
    const Bytes bytes = encode(envelope_of(std::move(message)));
    const auto back = decode_one(bytes);
    REQUIRE(std::holds_alternative<Envelope>(back));
    const auto& envelope = std::get<Envelope>(back);
    CHECK(envelope.from == 3);
    CHECK(envelope.to == 9);
    CHECK(envelope.run == 77);
    CHECK(envelope.sequence == 12);
    CHECK(copy_of(encode(envelope)) == copy_of(bytes));
  }
}

TEST_CASE("wire: fields arrive where they belong") {
  Push push;
  push.based_on = 4;
  push.turns = {{7, 8, 9}};
  push.contributions.resize(1);
  push.contributions[0].loss = 0.25;
  push.contributions[0].payload = SparseValues{{1, 5}, {0.5F, -2.0F}};
  const auto back = decode_one(encode(envelope_of(push)));
  const auto& got = std::get<Push>(std::get<Envelope>(back).message);
  CHECK(got.based_on == 4);
  CHECK(got.turns == push.turns);
  CHECK(got.contributions.at(0).loss == 0.25);
  CHECK(std::get<SparseValues>(got.contributions[0].payload).values ==
        std::vector<float>{0.5F, -2.0F});
}

TEST_CASE("wire: a float is its bits, whatever they are") {
  const std::vector<float> odd{std::numeric_limits<float>::quiet_NaN(),
                               std::numeric_limits<float>::signaling_NaN(),
                               std::numeric_limits<float>::infinity(), 1e-39F, -0.0F};
  Parameters parameters;
  parameters.payload = DenseValues{Block::copy_of(odd).freeze()};
  const auto back = decode_one(encode(envelope_of(parameters)));
  const auto& got = std::get<Parameters>(std::get<Envelope>(back).message);
  const auto values = std::get<DenseValues>(got.payload).values.values();
  REQUIRE(values.size() == odd.size());
  CHECK(std::memcmp(values.data(), odd.data(), values.size_bytes()) == 0);
}

TEST_CASE("wire: a message cut anywhere is refused, not thrown over") {
  for (Message& message : every_sentence()) {
    CAPTURE(message.index());
    const Bytes whole = encode(envelope_of(std::move(message)));
    for (std::size_t size = 0; size < whole.size(); ++size)
      REQUIRE(std::holds_alternative<Malformed>(decode_one(whole.slice(0, size))));
  }
}

TEST_CASE("wire: bytes after the end are refused") {
  std::vector<std::byte> bytes = copy_of(encode(envelope_of(Finished{5})));
  bytes.push_back(std::byte{0});
  const auto back = decode_one(bytes_of(bytes));
  CHECK(std::get<Malformed>(back).why == "1 bytes after the end");
}

TEST_CASE("wire: a sentence that nobody knows is refused") {
  std::vector<std::byte> bytes = copy_of(encode(envelope_of(Finished{5})));
  bytes[bytes.size() - sizeof(std::uint64_t) - 1] = std::byte{200};
  CHECK(std::get<Malformed>(decode_one(bytes_of(bytes))).why == "no sentence has number 200");
}

TEST_CASE("wire: a huge count is refused before memory is asked for") {
  Lease lease;
  lease.partitions = {1, 2};
  std::vector<std::byte> bytes = copy_of(encode(envelope_of(lease)));
  const std::size_t count_at = bytes.size() - (sizeof(std::uint64_t) + 1) -
                               2 * sizeof(std::uint32_t) - sizeof(std::uint64_t);
  const std::uint64_t huge = UINT64_MAX / 4 + 3;
  std::memcpy(bytes.data() + count_at, &huge, sizeof huge);
  const auto back = decode_one(bytes_of(bytes));
  CHECK(std::get<Malformed>(back).why ==
        "a list of " + std::to_string(huge) + " items in 17 bytes");
}

TEST_CASE("wire: any single byte changed gives a message or a reason, never an exception") {
  for (Message& message : every_sentence()) {
    const std::vector<std::byte> bytes = copy_of(encode(envelope_of(std::move(message))));
    for (std::size_t at = 0; at < bytes.size(); ++at) {
      std::vector<std::byte> changed = bytes;
      changed[at] ^= std::byte{0xff};
      const auto back = decode_one(bytes_of(changed));
      if (const auto* malformed = std::get_if<Malformed>(&back))
        CHECK_FALSE(malformed->why.empty());
    }
  }
}

TEST_CASE("wire: it does not matter where a message was cut into pieces") {
  Parameters parameters;
  parameters.payload = DenseValues{Block::copy_of(std::vector<float>{1, 2, 3, 4}).freeze()};
  const Bytes whole = encode(envelope_of(parameters));
  for (std::size_t cut = 0; cut <= whole.size(); ++cut) {
    const std::vector<Bytes> pieces{whole.slice(0, cut), whole.slice(cut, whole.size() - cut)};
    const auto back = decode(pieces);
    REQUIRE(std::holds_alternative<Envelope>(back));
    CHECK(copy_of(encode(std::get<Envelope>(back))) == copy_of(whole));
  }
}

TEST_CASE("handshake: every sentence comes back, and a cut one is refused") {
  Placement placement{{0, 0, 1, 2}, {"", "127.0.0.1:4000"}, 3};
  const Bytes bytes = encode_handshake(placement);
  const auto back = decode_handshake(bytes);
  REQUIRE(std::holds_alternative<Handshake>(back));
  const auto& got = std::get<Placement>(std::get<Handshake>(back));
  CHECK(got.processes == placement.processes);
  CHECK(got.addresses == placement.addresses);
  for (std::size_t size = 0; size < bytes.size(); ++size)
    CHECK(std::holds_alternative<Malformed>(decode_handshake(bytes.slice(0, size))));
}
