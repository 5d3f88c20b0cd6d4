/// Where a process listens, or is reached: a host and a port as people write them. It
/// decides nothing about who may listen where.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace troupe {

struct Address {
  std::string host;
  std::uint16_t port = 0;
  bool operator==(const Address&) const = default;
};

/// "HOST:PORT", "[::1]:PORT", or without a port: 0 then. None when it makes no sense.
std::optional<Address> parse_address(const std::string& text);
std::string text_of(const Address& address);
/// 127.x.y.z, ::1 and localhost: nobody reaches these from another machine.
bool is_loopback(const Address& address);

}  // namespace troupe
