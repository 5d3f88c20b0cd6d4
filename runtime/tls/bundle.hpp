/// Credentials as one text, for a process that gets them handed over instead of reading
/// files. It judges nothing.
#pragma once

#include <optional>
#include <string>

#include "runtime/tls/keys.hpp"

namespace troupe {

/// Three blocks of PEM: the CA's certificate, the certificate, its key.
std::string bundle(const Credentials& credentials);
/// None when it does not hold three.
std::optional<Credentials> unbundle(const std::string& text);

}  // namespace troupe
