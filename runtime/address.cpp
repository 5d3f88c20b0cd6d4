#include "runtime/address.hpp"

#include <arpa/inet.h>

#include <charconv>

namespace troupe {

std::optional<Address> parse_address(const std::string& text) {
  Address address;
  std::size_t colon = text.rfind(':');
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string::npos || (end + 1 < text.size() && text[end + 1] != ':')) return {};
    address.host = text.substr(1, end - 1);
    colon = end + 1 < text.size() ? end + 1 : std::string::npos;
  } else {
    if (text.find(':') != colon) return {};  // which of them would begin the port?
    address.host = text.substr(0, colon);
  }
  if (address.host.empty()) return {};
  if (colon == std::string::npos) return address;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data() + colon + 1, end, address.port);
  if (error != std::errc() || rest != end) return {};
  return address;
}

std::string text_of(const Address& address) {
  const bool six = address.host.find(':') != std::string::npos;
  return (six ? "[" + address.host + "]" : address.host) + ":" + std::to_string(address.port);
}

bool is_loopback(const Address& address) {
  in_addr four{};
  if (inet_pton(AF_INET, address.host.c_str(), &four) == 1) return ntohl(four.s_addr) >> 24 == 127;
  return address.host == "localhost" || address.host == "::1";
}

}  // namespace troupe
