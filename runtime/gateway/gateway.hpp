/// The control address of a run: HTTP on 127.0.0.1, one thread, every wait with a
/// deadline and every size with a limit. It decides nothing; the door does.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "runtime/gateway/door.hpp"

namespace troupe {

struct GatewayLimits {
  std::size_t connections = 64;
  std::uint32_t header_bytes = 8192;
  std::size_t body_bytes = 4096;
  std::chrono::milliseconds request{5000};  ///< to hear all of a request, and to say the answer
  std::size_t followers = 16;               ///< of the connections, those that follow events
  std::size_t follower_bytes = std::size_t{4} << 20;  ///< that wait for one of them at most
};

class Gateway {
 public:
  /// Listens on a free port of 127.0.0.1. Throws UserError (exit 4) when there is none.
  explicit Gateway(GatewayService service, GatewayLimits limits = {});
  ~Gateway();
  Gateway(const Gateway&) = delete;
  Gateway& operator=(const Gateway&) = delete;

  /// "127.0.0.1:PORT"
  const std::string& address() const { return address_; }

  // From any thread, for those who follow events; a follower that does not keep up is
  // dropped, and costs nothing but its count.
  void tell(StoryLine line);
  void tell_state(std::string state);  ///< a newer one replaces what was not sent yet
  bool has_followers() const;
  std::uint64_t dropped_followers() const;
  /// Until followers have heard everything; at most so long.
  void drain(std::chrono::milliseconds deadline);

 private:
  class Server;
  std::unique_ptr<Server> server_;
  std::string address_;
};

}  // namespace troupe
