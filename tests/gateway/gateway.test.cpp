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
      : gateway({.token = "secret",
                 .ready = [] { return true; },
                 .page = [] { return std::string("<html>"); },
                 .state = [] { return std::string(R"({"epoch":3})"); },
                 .story =
                     [] {
                       return std::vector<troupe::StoryLine>{{1, R"({"type":"start"})"}};
                     },
                 .act =
                     [this](const std::string&, const std::string&) {
                       ++stops;
                       return troupe::Reply{200, troupe::done_line("stopping")};
                     }},
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
  /// Everything until these words; "(open)" or what came when they do not.
  std::string hear_until(const std::string& words, int deadline_ms = 10000) {
    std::string heard;
    while (heard.find(words) == std::string::npos) {
      pollfd waiting{socket_, POLLIN, 0};
      if (::poll(&waiting, 1, deadline_ms) <= 0) return heard + "(open)";
      char bytes[4096];
      const ssize_t n = ::recv(socket_, bytes, sizeof bytes, 0);
      if (n <= 0) return heard + "(closed)";
      heard.append(bytes, static_cast<std::size_t>(n));
    }
    return heard;
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
  CHECK(house.ask("POST", "/api/v1/stop").status == 200);
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

namespace {

constexpr const char* follow =
    "GET /api/v1/events?token=secret HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";

}  // namespace

TEST_CASE("gateway: a follower hears the story so far, the state, and then what is new") {
  House house;
  Raw raw(house.gateway.address());
  raw.say(follow);
  const std::string first = raw.hear_until("event: state\ndata: {\"epoch\":3}\n\n");
  CHECK(first.find("Content-Type: text/event-stream") != std::string::npos);
  CHECK(first.find("event: line\ndata: {\"type\":\"start\"}\n\n") != std::string::npos);
  house.gateway.tell({1, "heard before"});
  house.gateway.tell({2, "new"});
  const std::string next = raw.hear_until("data: new\n\n");
  CHECK(next.find("heard before") == std::string::npos);
  house.gateway.tell_state("{}");
  CHECK(raw.hear_until("data: {}\n\n").find("(") == std::string::npos);
}

TEST_CASE("gateway: a follower that reads nothing is dropped and counted") {
  GatewayLimits limits;
  limits.follower_bytes = std::size_t{1} << 20;
  House house(limits);
  Raw raw(house.gateway.address());
  raw.say(follow);
  raw.hear_until("event: state");
  const std::string line(100'000, 'x');
  for (std::uint64_t n = 2; n < 2000 && house.gateway.has_followers(); ++n) {
    house.gateway.tell({n, line});
    CHECK(house.ask("GET", "/healthz").status == 200);  // others are served meanwhile
  }
  CHECK_FALSE(house.gateway.has_followers());
  CHECK(house.gateway.dropped_followers() == 1);
}

TEST_CASE("gateway: of states only the newest waits, so a slow follower costs one of them") {
  GatewayLimits limits;
  limits.follower_bytes = 1000;
  House house(limits);
  Raw raw(house.gateway.address());
  raw.say(follow);
  raw.hear_until("event: state");
  for (int n = 0; n < 200; ++n) house.gateway.tell_state(std::string(100'000, 's'));
  house.gateway.tell_state("last");
  CHECK(raw.hear_until("data: last\n\n").find("(") == std::string::npos);
  CHECK(house.gateway.dropped_followers() == 0);
}

TEST_CASE("gateway: too many followers are told so, and a page is served all the same") {
  GatewayLimits limits;
  limits.followers = 2;
  House house(limits);
  std::vector<Raw> raws;
  for (int i = 0; i < 2; ++i) {
    raws.emplace_back(house.gateway.address());
    raws.back().say(follow);
    raws.back().hear_until("event: state");
  }
  CHECK(house.ask("GET", "/api/v1/events").status == 503);
  CHECK(house.ask("GET", "/").body == "<html>\n");
}

TEST_CASE(
    "gateway: a follower that goes makes room, and the last words are heard by those who stay") {
  GatewayLimits limits;
  limits.followers = 1;
  House house(limits);
  {
    Raw raw(house.gateway.address());
    raw.say(follow);
    raw.hear_until("event: state");
  }
  const auto deadline = std::chrono::steady_clock::now() + 10s;
  while (house.gateway.has_followers() && std::chrono::steady_clock::now() < deadline) {
  }
  Raw next(house.gateway.address());
  next.say(follow);
  CHECK(next.hear_until("event: state").find("503") == std::string::npos);
  house.gateway.tell({2, "the end"});
  house.gateway.drain(10s);
  CHECK(next.hear_until("the end").find("(") == std::string::npos);
}

TEST_CASE("gateway: the page may ask nobody else, and no other site may frame it") {
  House house;
  Raw raw(house.gateway.address());
  raw.say("GET /?token=secret HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
  const std::string heard = raw.hear_all();
  CHECK(heard.find("connect-src 'self'") != std::string::npos);
  CHECK(heard.find("frame-ancestors 'none'") != std::string::npos);
  CHECK(heard.find("Referrer-Policy: no-referrer") != std::string::npos);
}

TEST_CASE("gateway: a body that drips is hung up on") {
  GatewayLimits limits;
  limits.request = 50ms;
  House house(limits);
  Raw slow(house.gateway.address());
  slow.say(
      "POST /api/v1/swap HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer secret\r\n"
      "Content-Length: 10\r\n\r\n{");
  CHECK(slow.hear_all() == "");
  CHECK(house.stops == 0);
}
