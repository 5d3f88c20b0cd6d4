#include "base/checksum.hpp"

#include <doctest/doctest.h>

#include <string_view>

namespace troupe {
namespace {

std::span<const std::byte> bytes(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

TEST_CASE("checksum: CRC32C of the digits 1 to 9 is the published value") {
  CHECK(crc32c(bytes("123456789")) == 0xe3069283U);
  CHECK(crc32c({}) == 0);
}

TEST_CASE("checksum: pieces give the sum of the whole") {
  CHECK(crc32c(bytes("6789"), crc32c(bytes("12345"))) == 0xe3069283U);
}

TEST_CASE("checksum: one flipped bit shows") { CHECK(crc32c(bytes("123456788")) != 0xe3069283U); }

}  // namespace
}  // namespace troupe
