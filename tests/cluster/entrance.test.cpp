/// Who is let in at a process's one port, and what the others are told.
#include "runtime/cluster/entrance.hpp"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "base/user_error.hpp"
#include "runtime/cluster/greeting.hpp"
#include "runtime/cluster/inbox.hpp"
#include "tests/cluster/certificates.hpp"

using namespace troupe;
using toys::TestAuthority;

namespace {

constexpr auto guest_patience = std::chrono::seconds(20);
using Identity = std::shared_ptr<const TlsIdentity>;

/// An entrance that lets in whoever comes for control, and what it hears.
struct Guest {
  explicit Guest(Identity tls, Entrance::Duration hello_time = guest_patience,
                 std::size_t strangers_max = 256, double heard_a_second = 20)
      : entrance(
            {.tls = std::move(tls),
             .refused = [this](const std::string&, const std::string& why) { refusals.post(why); },
             .hello_time = hello_time,
             .strangers_max = strangers_max,
             .heard_a_second = heard_a_second}) {
    Entrance::Usher usher;
    usher.enter = [this](const FirstWord& word, Line line) {
      if (!answer(*line.stream, Answer::welcome)) return false;
      guests.post(word.process);
      return true;
    };
    entrance.admit(Errand::control, std::move(usher));
  }
  std::string refusal() {
    return refusals.next(std::chrono::steady_clock::now() + guest_patience).value_or("nothing");
  }
  bool has_guest() {
    return guests.next(std::chrono::steady_clock::now() + guest_patience).has_value();
  }

  Inbox<std::string> refusals;
  Inbox<std::uint32_t> guests;
  Entrance entrance;
};

/// What somebody with this identity hears who comes to that entrance; empty: welcome.
std::string visit(const Guest& to, const Identity& identity, const FirstWord& word = {}) {
  boost::asio::io_context io;
  try {
    dial({.io = io, .tls = identity.get()}, to.entrance.address(), word, guest_patience);
    return "";
  } catch (const UserError& error) {
    CHECK(error.code() == ExitCode::cluster);
    const std::string line = error.what();
    const std::string start = "cannot reach " + text_of(to.entrance.address()) + ": ";
    CHECK(line.starts_with(start));
    return line.substr(std::min(line.size(), start.size()));
  }
}

bool tells(const std::string& line, const std::string& part) {
  const bool found = line.find(part) != std::string::npos;
  if (!found) MESSAGE(line);
  return found;
}

/// An identity that trusts `authority` and shows what another one signed.
Identity impostor(const TestAuthority& authority, const TestAuthority& other) {
  Credentials pem = other.node("mallory");
  pem.authority = authority.node().authority;
  return std::make_shared<TlsIdentity>(pem);
}

struct Socket {
  explicit Socket(std::uint16_t port) : handle(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(connect(handle, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    const timeval limit{20, 0};
    setsockopt(handle, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  ~Socket() { close(handle); }
  bool ends() const {
    std::array<char, 512> buffer;
    ssize_t size = 0;
    while ((size = recv(handle, buffer.data(), buffer.size(), 0)) > 0) continue;
    return size == 0 || errno == ECONNRESET;
  }
  int handle;
};

}  // namespace

TEST_CASE("entrance: two certificates of one CA let each other in") {
  const TestAuthority authority;
  Guest side(authority.identity("a"));
  CHECK(visit(side, authority.identity("b"), {.process = 7}) == "");
  CHECK(side.guests.next(std::chrono::steady_clock::now() + guest_patience) == 7U);
}

TEST_CASE("entrance: a certificate of another CA is refused, and both sides say why") {
  const TestAuthority authority;
  const TestAuthority other;
  Guest side(authority.identity("a"));
  CHECK(tells(visit(side, impostor(authority, other)),
              "it refuses this side's certificate: not of its CA"));
  CHECK(tells(side.refusal(), "the certificate of 'mallory' is not of this cluster's CA"));
}

TEST_CASE("entrance: who comes does not trust another CA either") {
  const TestAuthority authority;
  const TestAuthority other;
  Guest side(authority.identity("a"));
  CHECK(tells(visit(side, other.identity("b")),
              "the certificate of 'a' is not of this cluster's CA"));
  CHECK(tells(side.refusal(), "it refuses this side's certificate: not of its CA"));
}

TEST_CASE("entrance: an expired certificate is refused, and the date is named") {
  const TestAuthority authority;
  Guest side(authority.identity("a"));
  CHECK(tells(visit(side, authority.identity("old", -1)), "this side's certificate: expired"));
  CHECK(tells(side.refusal(), "the certificate of 'old' expired on "));
}

TEST_CASE("entrance: without TLS nobody gets past a port that wants it") {
  const TestAuthority authority;
  Guest side(authority.identity("a"));
  CHECK(tells(visit(side, nullptr),
              "this port takes TLS only: a node needs --ca, --certificate and --key"));
  CHECK(tells(side.refusal(), "this port takes TLS only"));
}

TEST_CASE("entrance: with TLS nobody gets past a port that has none") {
  const TestAuthority authority;
  Guest side(nullptr);
  CHECK(tells(visit(side, authority.identity("b")), "it does not expect TLS; give both sides"));
  CHECK(tells(side.refusal(), "it speaks TLS, and this port does not"));
}

TEST_CASE("entrance: another wire version is refused, and both numbers are named") {
  Guest side(nullptr);
  CHECK(visit(side, nullptr, {.wire = 1000}) ==
        "it speaks wire version 1000, this process " + std::to_string(wire_version));
}

TEST_CASE("entrance: an errand that nobody serves is refused") {
  Guest side(nullptr);
  CHECK(visit(side, nullptr, {.errand = Errand::data}) == "this process takes nobody for that now");
  CHECK(visit(side, nullptr, {.errand = static_cast<Errand>(77)}) ==
        "it comes for 77, which is nothing here");
}

TEST_CASE("entrance: a silent connection is dropped at the deadline, in the clear and with TLS") {
  const TestAuthority authority;
  for (const Identity& tls : {Identity(), authority.identity("a")}) {
    Guest side(tls, std::chrono::milliseconds(50));
    const Socket silent(side.entrance.port());
    CHECK(silent.ends());
    CHECK(tells(side.refusal(), "it did not say who it is in time"));
  }
}

TEST_CASE("entrance: a handshake that stops half way is dropped at the deadline") {
  const TestAuthority authority;
  Guest side(authority.identity("a"), std::chrono::milliseconds(50));
  const Socket slow(side.entrance.port());
  const std::array<char, 6> beginning{0x16, 3, 1, 2, 0, 1};
  REQUIRE(send(slow.handle, beginning.data(), beginning.size(), MSG_NOSIGNAL) == 6);
  CHECK(slow.ends());
  CHECK(tells(side.refusal(), "it did not say who it is in time"));
}

TEST_CASE("entrance: more strangers than there is room for push out the oldest, not the newest") {
  Guest side(nullptr, guest_patience, 4);
  const Socket oldest(side.entrance.port());
  std::vector<std::unique_ptr<Socket>> more;
  for (int n = 0; n < 4; ++n) more.push_back(std::make_unique<Socket>(side.entrance.port()));
  CHECK(oldest.ends());
  CHECK(visit(side, nullptr) == "");
}

TEST_CASE("entrance: members are heard, however many strangers there have been") {
  const TestAuthority authority;
  const TestAuthority other;
  Guest side(authority.identity("a"));
  for (int n = 0; n < 200; ++n) {
    const Socket noisy(side.entrance.port());
    REQUIRE(send(noisy.handle, "GET /", 5, MSG_NOSIGNAL) == 5);
    CHECK(noisy.ends());
  }
  CHECK(visit(side, authority.identity("b"), {.process = 7}) == "");
  CHECK(side.has_guest());
}

TEST_CASE("entrance: too many who are no members are sent away unheard") {
  const TestAuthority authority;
  const TestAuthority other;
  Guest side(authority.identity("a"), guest_patience, 256, 1e-6);
  CHECK(visit(side, other.identity("b")) != "");  // closed, and no reason is told
  CHECK(visit(side, authority.identity("b")) == "");
}

TEST_CASE("entrance: an address of other machines needs TLS, and the line says how") {
  CHECK_THROWS_WITH_AS(Entrance({.listen = {"0.0.0.0", 0}}),
                       doctest::Contains("it needs TLS: make certificates with 'troupe keys new"),
                       UserError);
  const TestAuthority authority;
  const Entrance open({.listen = {"0.0.0.0", 0}, .tls = authority.identity()});
  CHECK(open.address().host == "0.0.0.0");
}

TEST_CASE("entrance: an address that this machine does not have is refused with the reason") {
  const TestAuthority authority;
  CHECK_THROWS_WITH_AS(Entrance({.listen = {"192.0.2.1", 0}, .tls = authority.identity()}),
                       "cannot listen on 192.0.2.1:0: Cannot assign requested address", UserError);
}

TEST_CASE("identity: a key of somebody else is found before a port opens") {
  const TestAuthority authority;
  Credentials mixed = authority.node();
  mixed.key = authority.node().key;
  CHECK_THROWS_WITH_AS(TlsIdentity{mixed},
                       "cluster.tls: the key does not belong to the certificate", UserError);
}

TEST_CASE("address: hosts and ports as people write them") {
  CHECK(parse_address("node-1:80") == Address{"node-1", 80});
  CHECK(parse_address("10.0.0.1") == Address{"10.0.0.1", 0});
  CHECK(parse_address("[::1]:80") == Address{"::1", 80});
  CHECK(text_of({"::1", 80}) == "[::1]:80");
  for (const char* wrong : {"", ":80", "a:b", "a:70000", "::1:80", "[::1", "a:80x", "[::1]80"})
    CHECK_FALSE(parse_address(wrong));
  CHECK(is_loopback({"127.3.2.1", 0}));
  CHECK_FALSE(is_loopback({"128.0.0.1", 0}));
  CHECK_FALSE(is_loopback({"0.0.0.0", 0}));
}
