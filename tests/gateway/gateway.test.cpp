/// The gateway on a real loopback socket: its own client, and clients that do not
/// behave. Waits are for events with a deadline; nothing sleeps.
#include "runtime/gateway/gateway.hpp"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <string>
#include <vector>

#include "runtime/gateway/client.hpp"

namespace {

using namespace std::chrono_literals;
using troupe::ControlAnswer;
using troupe::Gateway;
using troupe::GatewayLimits;

struct House {
  explicit House(GatewayLimits limits = {})
      : gateway({"secret", [] { return std::string(R"({"epoch":3})"); }, [] { return true; },
                 [this] { ++stops; }},
                limits) {}
  ControlAnswer ask(const std::string& method, const std::string& target,
                    const std::string& token = "secret") {
    return troupe::ask({gateway.address(), method, target, token});
  }
  std::atomic<int> stops = 0;
  Gateway gateway;
};

/// A client without manners: says exactly these bytes.
class Raw {
 public:
  explicit Raw(const std::string& address) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int port = std::stoi(address.substr(address.find(':') + 1));
    where.sin_port = htons(static_cast<std::uint16_t>(port));
    REQUIRE(::connect(socket_, reinterpret_cast<const sockaddr*>(&where), sizeof where) == 0);
  }
  Raw(Raw&& other) noexcept : socket_(other.socket_) { other.socket_ = -1; }
  Raw(const Raw&) = delete;
  ~Raw() {
    if (socket_ >= 0) ::close(socket_);
  }
  void say(const std::string& text) {
    std::size_t sent = 0;
    while (sent < text.size()) {
      const ssize_t n = ::send(socket_, text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
      if (n <= 0) return;
      sent += static_cast<std::size_t>(n);
    }
  }
  /// Everything until the gateway closes; "(open)" when it does not within the deadline.
  std::string hear_all(int deadline_ms = 10000) {
    std::string heard;
    for (;;) {
      pollfd waiting{socket_, POLLIN, 0};
      if (::poll(&waiting, 1, deadline_ms) <= 0) return heard + "(open)";
      char bytes[4096];
      const ssize_t n = ::recv(socket_, bytes, sizeof bytes, 0);
      if (n <= 0) return heard;
      heard.append(bytes, static_cast<std::size_t>(n));
    }
  }

 private:
  int socket_;
};

}  // namespace

TEST_CASE("gateway: a client with the token reads the state and stops the run") {
  House house;
  CHECK(house.ask("GET", "/api/v1/state").body == "{\"epoch\":3}\n");
  CHECK(house.ask("POST", "/api/v1/stop").status == 202);
  CHECK(house.stops == 1);
}

TEST_CASE("gateway: without the token only health is told") {
  House house;
  CHECK(house.ask("GET", "/healthz", "").status == 200);
  CHECK(house.ask("GET", "/api/v1/state", "").status == 401);
  CHECK(house.ask("POST", "/api/v1/stop", "guess").status == 401);
  CHECK(house.stops == 0);
}

TEST_CASE("gateway: a foreign host name is refused over the wire") {
  House house;
  Raw raw(house.gateway.address());
  raw.say("GET /healthz HTTP/1.1\r\nHost: evil.example\r\n\r\n");
  CHECK(raw.hear_all().find("HTTP/1.1 403") == 0);
}

TEST_CASE("gateway: a header that is too large gets 431 and nothing else happens") {
  House house;
  Raw raw(house.gateway.address());
  raw.say("GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nX: " + std::string(100000, 'x') +
          "\r\n\r\n");
  CHECK(raw.hear_all().find("HTTP/1.1 431") == 0);
  CHECK(house.ask("GET", "/healthz").status == 200);
}

TEST_CASE("gateway: a body that is too large is refused by its length alone") {
  House house;
  Raw raw(house.gateway.address());
  raw.say(
      "POST /api/v1/stop HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer secret\r\n"
      "Content-Length: 9999999999\r\n\r\n");
  CHECK(raw.hear_all().find("HTTP/1.1 413") == 0);
  CHECK(house.stops == 0);
}

TEST_CASE("gateway: garbage gets 400") {
  House house;
  for (const std::string garbage :
       {"\x16\x03\x01\x02\x01", "GET\r\n\r\n", "\r\n\r\n\r\nhello\r\n"}) {
    Raw raw(house.gateway.address());
    raw.say(garbage + std::string("\r\n\r\n"));
    CHECK(raw.hear_all().find("HTTP/1.1 400") == 0);
  }
}

TEST_CASE("gateway: a client that never finishes its request is hung up on") {
  GatewayLimits limits;
  limits.request = 50ms;
  House house(limits);
  Raw slow(house.gateway.address());
  slow.say("GET /healthz HT");
  CHECK(slow.hear_all() == "");
}

TEST_CASE("gateway: idle connections are capped and do not keep others out for long") {
  GatewayLimits limits;
  limits.connections = 4;
  limits.request = 200ms;
  House house(limits);
  std::vector<Raw> idle;
  for (int i = 0; i < 16; ++i) idle.emplace_back(house.gateway.address());
  for (Raw& raw : idle) CHECK(raw.hear_all() == "");
  CHECK(house.ask("GET", "/healthz").status == 200);
}

TEST_CASE("gateway: going away with open connections neither hangs nor crashes") {
  auto house = std::make_unique<House>();
  Raw idle(house->gateway.address());
  house.reset();
  CHECK(idle.hear_all() == "");
}

TEST_CASE("gateway: a client of an address where nobody listens says so") {
  std::string address;
  {
    House house;
    address = house.gateway.address();
  }
  const ControlAnswer answer = troupe::ask({address, "GET", "/healthz", ""});
  CHECK(answer.status == 0);
  CHECK(answer.error == "Connection refused");
}
