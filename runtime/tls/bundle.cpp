#include "runtime/tls/bundle.hpp"

namespace troupe {

std::string bundle(const Credentials& credentials) {
  return credentials.authority + credentials.certificate + credentials.key;
}

std::optional<Credentials> unbundle(const std::string& text) {
  const std::string begin = "-----BEGIN ";
  const std::size_t first = text.find(begin);
  const std::size_t second = first == std::string::npos ? first : text.find(begin, first + 1);
  const std::size_t third = second == std::string::npos ? second : text.find(begin, second + 1);
  if (third == std::string::npos) return {};
  return Credentials{.authority = text.substr(first, second - first),
                     .certificate = text.substr(second, third - second),
                     .key = text.substr(third)};
}

}  // namespace troupe
