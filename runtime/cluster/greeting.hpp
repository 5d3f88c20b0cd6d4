/// How a connection begins: the answer to a first word, and the side that says one.
#pragma once

#include <chrono>

#include "base/user_error.hpp"
#include "runtime/cluster/entrance.hpp"

namespace troupe {

inline constexpr std::size_t refusal_bytes_max = 512;

enum class Answer : std::uint32_t { welcome, refused, not_now };
/// Lets in, or says why not. False when the socket did not take it.
bool answer(Stream& stream, Answer answer, const std::string& why = "");

/// A connection that was refused for a reason that time does not cure.
class TurnedAway : public UserError {
 public:
  using UserError::UserError;
};

struct DialMeans {
  boost::asio::io_context& io;
  const TlsIdentity* tls = nullptr;
};
/// See Entrance::dial. Throws TurnedAway, or UserError for what may be better later.
Line dial(const DialMeans& means, const Address& to, const FirstWord& word,
          std::chrono::steady_clock::duration time);

}  // namespace troupe
