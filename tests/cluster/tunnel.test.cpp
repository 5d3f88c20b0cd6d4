/// What CAF's peers may say through TLS: what CAF would believe blindly is stopped before.
#include "runtime/cluster/tunnel.hpp"

#include <doctest/doctest.h>

#include "runtime/cluster/link.hpp"

using namespace troupe;

namespace {

constexpr std::uint8_t direct = 2;

std::vector<std::byte> frame(std::uint8_t type, std::uint32_t length, std::size_t payload) {
  std::vector<std::byte> bytes(32 + payload);
  bytes[0] = std::byte{type};
  for (std::size_t n = 0; n < 4; ++n) bytes[4 + n] = static_cast<std::byte>(length >> (24 - 8 * n));
  return bytes;
}

}  // namespace

TEST_CASE("guard: pieces of the longest kind and short words pass, however they are cut") {
  BaspGuard guard;
  std::vector<std::byte> said;
  for (const auto& [type, length] :
       {std::pair{std::uint8_t{1}, std::uint32_t{100}},
        std::pair{direct, std::uint32_t{piece_bytes + 100}},
        std::pair{std::uint8_t{6}, std::uint32_t{0}}, std::pair{direct, std::uint32_t{7}}}) {
    const auto one = frame(type, length, length);
    said.insert(said.end(), one.begin(), one.end());
  }
  CHECK(guard.look_at(said));
  for (std::size_t at = 0; at < said.size(); at += 11)
    REQUIRE(
        guard.look_at(std::span(said).subspan(at, std::min<std::size_t>(11, said.size() - at))));
}

TEST_CASE("guard: a length that nobody sends is refused before a byte of it has come") {
  CHECK_FALSE(BaspGuard().look_at(frame(direct, 0xffff'fff0, 0)));
  CHECK_FALSE(BaspGuard().look_at(frame(direct, piece_bytes + 100'000, 0)));
  CHECK_FALSE(BaspGuard().look_at(frame(0, 100'000, 0)));  // a handshake
}

TEST_CASE("guard: kinds that CAF does not have, and messages for others, are refused") {
  CHECK_FALSE(BaspGuard().look_at(frame(7, 0, 0)));
  CHECK_FALSE(BaspGuard().look_at(frame(3, 10, 0)));
  BaspGuard guard;
  CHECK(guard.look_at(frame(direct, 50, 50)));
  CHECK_FALSE(guard.look_at(frame(200, 0, 0)));  // behind something good
}
