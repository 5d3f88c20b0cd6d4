#include "runtime/cluster/data_plane.hpp"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <span>
#include <utility>
#include <vector>

#include "base/user_error.hpp"
#include "runtime/cluster/inbox.hpp"
#include "runtime/cluster/wire.hpp"
#include "tests/cluster/certificates.hpp"

using namespace troupe;

namespace {

constexpr auto patience = std::chrono::seconds(20);
constexpr Secret secret{12, 34};

struct Arrival {
  std::uint32_t from = 0;
  Envelope envelope;
  std::shared_ptr<Receipt> receipt;
};

/// One process's plane, and what it hears.
struct Side {
  explicit Side(std::uint32_t number, const Secret& known = secret,
                std::shared_ptr<const TlsIdentity> tls = nullptr)
      : entrance({.tls = std::move(tls)}) {
    plane.admit(known, number);
  }
  void connect(std::uint32_t process, const Side& to) {
    plane.connect(process, to.entrance.address(), patience);
  }
  Arrival next() {
    auto arrival = arrivals.next(std::chrono::steady_clock::now() + patience);
    REQUIRE(arrival.has_value());
    return std::move(*arrival);
  }
  std::string end() {
    auto why = ends.next(std::chrono::steady_clock::now() + patience);
    REQUIRE(why.has_value());
    return *why;
  }

  Inbox<Arrival> arrivals;
  Inbox<std::string> ends;
  Entrance entrance;
  DataPlane plane{entrance,
                  {.arrived =
                       [this](std::uint32_t from, Envelope envelope, auto receipt) {
                         arrivals.post({from, std::move(envelope), std::move(receipt)});
                       },
                   .lost = [this](std::uint32_t, const std::string& why) { ends.post(why); }}};
};

Block ramp(std::size_t size) {
  Block block(size);
  for (std::size_t i = 0; i < size; ++i) block.values()[i] = static_cast<float>(i % 1000);
  return block;
}

Envelope state(std::uint64_t sequence, std::vector<SharedBlock> blocks) {
  Push push{.based_on = 7, .computed = 9};
  for (SharedBlock& block : blocks)
    push.contributions.push_back({.rows = 3, .payload = DenseValues{std::move(block)}});
  push.wishes = {{.partition = 1, .step = 2, .features = {3, 4, 5}}};
  return {.from = 3, .to = 2, .run = 5, .sequence = sequence, .message = std::move(push)};
}

std::span<const float> floats_of(const Envelope& envelope, std::size_t which) {
  const auto& part = std::get<Push>(envelope.message).contributions.at(which);
  return std::get<DenseValues>(part.payload).values.values();
}

/// A stranger's socket.
struct Raw {
  explicit Raw(std::uint16_t port) : handle(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(connect(handle, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    const timeval limit{20, 0};
    setsockopt(handle, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  }
  ~Raw() { close(handle); }
  Raw(const Raw&) = delete;
  Raw& operator=(const Raw&) = delete;
  template <class T>
  void say(const T& what) const {
    REQUIRE(send(handle, &what, sizeof what, MSG_NOSIGNAL) == sizeof what);
  }
  /// 0: the other side has hung up.
  ssize_t hear(void* into, std::size_t size) const { return recv(handle, into, size, MSG_WAITALL); }
  int handle;
};

constexpr FirstWord first_word{.errand = Errand::data, .secret = secret, .process = 1};

}  // namespace

TEST_CASE("data plane: messages arrive as they were, floats of blocks bit for bit") {
  const toys::TestAuthority authority;
  for (const auto& tls : {std::shared_ptr<const TlsIdentity>(), authority.identity()}) {
    CAPTURE(static_cast<bool>(tls));
    Side a(0, secret, tls);
    Side b(1, secret, tls);
    b.connect(0, a);
    for (const std::size_t size : {0, 1, 1000, 47'236, 3'000'000}) {
      CAPTURE(size);
      b.plane.send(0, state(1, {ramp(size).freeze(), ramp(17).freeze()}));
      const Arrival there = a.next();
      CHECK(there.from == 1);
      CHECK(there.envelope.run == 5);
      const Block same = ramp(size);
      CHECK(std::ranges::equal(floats_of(there.envelope, 0), same.values()));
      CHECK(floats_of(there.envelope, 1).size() == 17);
      CHECK(std::get<Push>(there.envelope.message).wishes[0].features == Features{3, 4, 5});
      a.plane.send(1, there.envelope);  // and back
      CHECK(std::ranges::equal(floats_of(b.next().envelope, 0), same.values()));
    }
  }
}

TEST_CASE("data plane: through TLS both ways at once, in order, over changes of the key") {
  const toys::TestAuthority authority;
  auto identity = std::make_shared<TlsIdentity>(authority.node());
  identity->rekey_bytes = 100'000;
  Side a(0, secret, identity);
  Side b(1, secret, identity);
  b.connect(0, a);
  const SharedBlock block = ramp(50'000).freeze();
  for (std::uint64_t n = 1; n <= 40; ++n) {
    a.plane.send(1, state(n, {block}));
    b.plane.send(0, state(n, {block}));
  }
  for (std::uint64_t n = 1; n <= 40; ++n) {
    for (Side* side : {&a, &b}) {
      const Arrival arrival = side->next();
      CHECK(arrival.envelope.sequence == n);
      CHECK(std::ranges::equal(floats_of(arrival.envelope, 0), block.values()));
    }
  }
}

TEST_CASE("data plane: many messages keep their order, and nobody hoards what is not taken") {
  Side a(0);
  Side b(1);
  b.connect(0, a);
  constexpr std::uint64_t count = 500;
  for (std::uint64_t n = 1; n <= count; ++n) b.plane.send(0, state(n, {ramp(20'000).freeze()}));
  std::vector<std::shared_ptr<Receipt>> held;
  for (std::uint64_t n = 1; n <= untaken_max; ++n) {
    Arrival arrival = a.next();
    CHECK(arrival.envelope.sequence == n);
    held.push_back(std::move(arrival.receipt));
  }
  CHECK_FALSE(a.arrivals.next(std::chrono::steady_clock::now() + std::chrono::milliseconds(20)));
  held.clear();
  for (std::uint64_t n = untaken_max + 1; n <= count; ++n) CHECK(a.next().envelope.sequence == n);
}

TEST_CASE("data plane: what was held back is delivered once there is room, though nobody writes") {
  Side a(0);
  Side b(1);
  b.connect(0, a);
  std::uint64_t sent = 0;
  std::uint64_t got = 0;
  for (int round = 0; round < 200; ++round) {
    for (int n = 0; n < 40; ++n) b.plane.send(0, state(++sent, {}));
    while (got < sent) CHECK(a.next().envelope.sequence == ++got);  // its receipt goes at once
  }
}

TEST_CASE("data plane: who does not know the secret is not let in") {
  Side a(0);
  Side b(1, {12, 35});
  CHECK_THROWS_WITH_AS(
      b.connect(0, a),
      ("cannot reach 127.0.0.1:" + std::to_string(a.entrance.port()) + ": it is not of this run")
          .c_str(),
      UserError);
}

TEST_CASE("data plane: nonsense instead of a first word is the end, and others still come in") {
  Side a(0);
  const Raw raw(a.entrance.port());
  raw.say(std::array<char, 64>{'G', 'E', 'T', ' ', '/'});
  std::array<char, 256> why{};
  CHECK(raw.hear(why.data(), why.size()) > 0);  // and no more: it hangs up
  CHECK(std::string(why.data() + 16) == "it does not speak as a node does");
  Side b(1);
  b.connect(0, a);
  b.plane.send(0, state(1, {}));
  CHECK(a.next().from == 1);
}

TEST_CASE("data plane: a second process of the same number is not let in") {
  Side a(0);
  Side b(1);
  Side twin(1);
  b.connect(0, a);
  CHECK_THROWS_AS(twin.connect(0, a), UserError);
}

TEST_CASE("data plane: what makes no sense ends the connection, with the reason") {
  struct Frame {
    std::uint64_t head = 0;
    std::uint64_t blocks = 0;
  };
  const std::pair<Frame, std::string> cases[] = {
      {{std::uint64_t{1} << 40, 0}, "malformed message: more than 1073741824 bytes"},
      {{0, std::uint64_t{1} << 60}, "malformed message: more than 1073741824 bytes"},
      {{4, 0}, "malformed message: it ends 4 bytes too early"},
  };
  for (const auto& [frame, why] : cases) {
    Side a(0);
    const Raw raw(a.entrance.port());
    raw.say(first_word);
    std::array<std::uint64_t, 2> answer{};
    REQUIRE(raw.hear(&answer, sizeof answer) == sizeof answer);
    raw.say(frame);
    raw.say(std::uint32_t{0});
    CHECK(a.end() == why);
  }
}

TEST_CASE("data plane: a block of other length than the frame says is refused") {
  for (const std::uint64_t blocks : {36, 44}) {
    Side a(0);
    const Raw raw(a.entrance.port());
    raw.say(first_word);
    std::array<std::uint64_t, 2> answer{};
    REQUIRE(raw.hear(&answer, sizeof answer) == sizeof answer);
    const Encoded encoded = encode_apart(state(1, {ramp(10).freeze()}));
    raw.say(std::uint64_t{encoded.head.size()});
    raw.say(blocks);
    REQUIRE(send(raw.handle, encoded.head.view().data(), encoded.head.size(), MSG_NOSIGNAL) > 0);
    CHECK(a.end() == (blocks == 36 ? "malformed message: a block of 10 floats, 36 bytes allowed"
                                   : "malformed message: 4 bytes that belong to no block"));
  }
}

TEST_CASE("data plane: the end of one side is told to the other; a dropped one says nothing") {
  Side a(0);
  {
    Side b(1);
    b.connect(0, a);
    b.plane.send(0, state(1, {}));
    a.next();
  }
  CHECK(a.end() == "connection closed");
  Side c(1);
  c.connect(0, a);
  a.plane.drop(1);
  CHECK(c.end() == "connection closed");
  a.plane.send(1, state(1, {}));  // goes nowhere
  CHECK_FALSE(a.ends.next(std::chrono::steady_clock::now()));
}
