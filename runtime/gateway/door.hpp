/// The door decides what a request may see and do: token, host, origin, path.
/// It knows no socket, and nothing behind it changes on a GET.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace troupe {

struct Reply {
  unsigned status = 200;
  std::string body = {};  ///< without the last line break
  std::string type = "application/json";
  bool follows = false;  ///< the answer goes on: GET /api/v1/events
};

/// A line of the run's story, with its number from 1.
struct StoryLine {
  std::uint64_t number = 0;
  std::string text;
};

/// What the control address serves; called from the gateway's thread. Where a function is
/// missing, there is nothing of its kind.
struct GatewayService {
  std::string token;
  std::function<bool()> ready = {};                    ///< GET /readyz
  std::function<std::string()> page = {};              ///< GET /
  std::function<std::string()> state = {};             ///< GET /api/v1/state, as JSON
  std::function<std::string()> graph = {};             ///< GET /api/v1/graph
  std::function<std::string()> config = {};            ///< GET /api/v1/config
  std::function<std::string()> metrics = {};           ///< GET /metrics, as Prometheus reads it
  std::function<std::vector<StoryLine>()> story = {};  ///< so far: what followers hear first
  /// POST /api/v1/stop, pause, resume, checkpoint or swap; returns at once.
  std::function<Reply(const std::string& action, const std::string& body)> act = {};
};

/// A request, as far as the door looks at it. Absent headers are empty.
struct Knock {
  std::string method;
  std::string target;
  std::string host;
  std::string origin;
  std::string authorization;
  std::string site = {};  ///< Sec-Fetch-Site: what a browser says of who asks
  std::string body = {};
};

Reply answer(const Knock& knock, const GatewayService& service);

/// {"error":"..."}
std::string error_line(const std::string& what);
/// {"ok":true,"line":"..."}
std::string done_line(const std::string& what);

}  // namespace troupe
