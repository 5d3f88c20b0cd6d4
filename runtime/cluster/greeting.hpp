/// How a connection begins: the answer to a first word, and the side that says one.
#pragma once

#include <chrono>

#include "runtime/cluster/entrance.hpp"

namespace troupe {

inline constexpr std::size_t refusal_bytes_max = 512;

/// Lets in with an empty `why`, else says it. False when the socket did not take it.
bool answer(Stream& stream, const std::string& why);

struct DialMeans {
  boost::asio::io_context& io;
  const TlsIdentity* tls = nullptr;
};
/// See Entrance::dial.
Line dial(const DialMeans& means, const Address& to, const FirstWord& word,
          std::chrono::steady_clock::duration time);

}  // namespace troupe
