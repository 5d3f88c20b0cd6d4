/// The door decides what a request may see and do: token, host, origin, path.
/// It knows no socket, and nothing behind it changes on a GET.
#pragma once

#include <functional>
#include <string>

namespace troupe {

/// What the control address serves; called from the gateway's thread.
struct GatewayService {
  std::string token;
  std::function<std::string()> state;  ///< GET /api/v1/state, as JSON
  std::function<bool()> ready;         ///< GET /readyz
  std::function<void()> stop;          ///< POST /api/v1/stop; returns at once
};

/// A request, as far as the door looks at it. Absent headers are empty.
struct Knock {
  std::string method;
  std::string target;
  std::string host;
  std::string origin;
  std::string authorization;
};

struct Reply {
  unsigned status = 200;
  std::string body;  ///< one line of JSON
};

Reply answer(const Knock& knock, const GatewayService& service);

/// {"error":"..."}
std::string error_line(const std::string& what);

}  // namespace troupe
