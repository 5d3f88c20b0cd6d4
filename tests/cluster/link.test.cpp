/// Pieces, windows and credits; who lives where; what is stale.
#include "runtime/cluster/link.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "base/user_error.hpp"
#include "datasets/memory.hpp"
#include "runtime/cluster/layout.hpp"
#include "runtime/delivery.hpp"
#include "tests/cluster/toys.hpp"

namespace troupe {
TopologyKind server_topology();
}  // namespace troupe

using namespace troupe;

namespace {

Bytes message_of(std::size_t size, int start = 0) {
  return Bytes::make(size, [&](std::span<std::byte> into) {
    for (std::size_t i = 0; i < into.size(); ++i)
      into[i] = static_cast<std::byte>((i / 1000 + static_cast<std::size_t>(start)) % 251);
  });
}

std::vector<std::byte> joined(const std::vector<Bytes>& pieces) {
  std::vector<std::byte> all;
  for (const Bytes& piece : pieces) all.insert(all.end(), piece.view().begin(), piece.view().end());
  return all;
}

}  // namespace

TEST_CASE("link: 44 MB pass through a window of 16 pieces and come out whole") {
  const Bytes message = message_of(44'000'000);
  Outbound outbound;
  Inbound inbound;
  Credit credit;
  outbound.push(false, message);
  auto state = Inbound::State::more;
  while (state == Inbound::State::more) {
    const auto piece = outbound.next();
    REQUIRE(piece);
    REQUIRE(piece->bytes.size() <= piece_bytes);
    REQUIRE(outbound.in_flight() <= window_pieces);
    state = inbound.take(*piece);
    if (credit.add()) outbound.acknowledged(credit.take());
  }
  const auto pieces = inbound.message(Piece::Kind::data);
  CHECK(std::ranges::equal(joined(pieces), message.view()));
  CHECK(outbound.waiting_bytes() == 0);
}

TEST_CASE("link: without acknowledgements the window closes") {
  Outbound outbound;
  outbound.push(false, message_of(100 * piece_bytes));
  std::uint32_t sent = 0;
  while (outbound.next()) ++sent;
  CHECK(sent == window_pieces);
  outbound.acknowledged(acknowledge_at);
  while (outbound.next()) ++sent;
  CHECK(sent == window_pieces + acknowledge_at);
}

TEST_CASE("link: more credit than was in flight opens no larger window") {
  Outbound outbound;
  outbound.push(false, message_of(100 * piece_bytes));
  outbound.acknowledged(1000);
  std::uint32_t sent = 0;
  while (outbound.next()) ++sent;
  CHECK(sent == window_pieces);
}

TEST_CASE("link: a control message does not wait for a big one") {
  Outbound outbound;
  outbound.push(false, message_of(3 * piece_bytes));
  CHECK(outbound.next()->kind == Piece::Kind::data);
  outbound.push(true, message_of(10));
  const auto next = outbound.next();
  REQUIRE(next);
  CHECK(next->kind == Piece::Kind::control);
  CHECK(next->last);
  CHECK(outbound.next()->kind == Piece::Kind::data);
}

TEST_CASE("link: pieces of a control message between those of a big one do not mix") {
  Outbound outbound;
  Inbound inbound;
  const Bytes data = message_of(2 * piece_bytes, 5);
  outbound.push(false, data);
  CHECK(inbound.take(*outbound.next()) == Inbound::State::more);
  outbound.push(true, message_of(10));
  CHECK(inbound.take(*outbound.next()) == Inbound::State::whole);
  CHECK(joined(inbound.message(Piece::Kind::control)).size() == 10);
  CHECK(inbound.take(*outbound.next()) == Inbound::State::whole);
  CHECK(std::ranges::equal(joined(inbound.message(Piece::Kind::data)), data.view()));
}

TEST_CASE("link: a message without end is refused at the bound") {
  Inbound inbound;
  Piece piece;
  piece.kind = Piece::Kind::data;
  piece.last = false;
  piece.bytes = message_of(piece_bytes);
  std::size_t taken = 0;
  while (inbound.take(piece) == Inbound::State::more) taken += piece_bytes;
  CHECK(taken == message_bytes_max);
}

TEST_CASE("delivery: what comes twice, late or from another run is refused and counted") {
  Delivery sender(7, 0);
  Delivery receiver(7, 0);
  Envelope first{3, 4, 0, 0, 0, Finish{}};
  Envelope second = first;
  sender.stamp(first);
  sender.stamp(second);
  CHECK(receiver.judge(second) == Freshness::fresh);
  CHECK(receiver.judge(second) == Freshness::repeated);
  CHECK(receiver.judge(first) == Freshness::repeated);
  second.graph_epoch = 1;
  CHECK(receiver.judge(second) == Freshness::other_epoch);
  second.run = 8;
  CHECK(receiver.judge(second) == Freshness::other_run);
  CHECK(receiver.counts().accepted == 1);
  CHECK(receiver.counts().missed == 1);
  CHECK(receiver.counts().repeated == 2);
}

TEST_CASE("delivery: every edge counts for itself") {
  Delivery sender(7, 0);
  Delivery receiver(7, 0);
  for (const ActorId to : {4U, 5U, 4U}) {
    Envelope envelope{3, to, 0, 0, 0, Finish{}};
    sender.stamp(envelope);
    CHECK(receiver.judge(envelope) == Freshness::fresh);
  }
  CHECK(receiver.counts().missed == 0);
}

TEST_CASE("layout: in one process the server shares the first worker's place") {
  const auto plan = toys::star(5);
  const ProcessMap processes = map_processes(*plan, {});
  const Places places = map_places(*plan, processes, 0, {.cores = 2});
  CHECK(places == Places{{0, 1}, {2, 3, 5, 7}, {4, 6}});
}

TEST_CASE("layout: a server that is as busy as its workers has a place of its own") {
  auto plan = std::make_shared<Plan>(*toys::star(3));
  plan->unsummed = true;
  plan->pull = PullKind::sparse;
  const ProcessMap processes = map_processes(*plan, {});
  CHECK(map_places(*plan, processes, 0, {.cores = 2}) == Places{{0, 1}, {3, 4, 5}, {2}});
  CHECK(map_places(*plan, processes, 0, {.cores = 4}) == Places{{0, 1}, {3}, {4}, {5}, {2}});
  CHECK(map_places(*plan, processes, 0, {.cores = 1}) == Places{{0, 1}, {2, 3, 4, 5}});
}

TEST_CASE("layout: so has one that copies more than its workers compute, and no other") {
  auto plan = std::make_shared<Plan>(*toys::star(3));
  plan->unsummed = true;
  plan->pull = PullKind::dense;
  plan->data = memory_dataset({SparseRow{{1, 5}, {1, 1}, 1}}, 8);
  plan->parameters = 8;
  const ProcessMap processes = map_processes(*plan, {});
  plan->batch = 3;
  CHECK(map_places(*plan, processes, 0, {.cores = 2}) == Places{{0, 1}, {3, 4, 5}, {2}});
  plan->batch = 4;
  CHECK(map_places(*plan, processes, 0, {.cores = 2}) == Places{{0, 1}, {2, 3, 5}, {4}});
}

TEST_CASE("layout: paced workers sleep in places of their own, and never in the server's") {
  const auto plan = toys::star(3);
  const ProcessMap processes = map_processes(*plan, {});
  CHECK(map_places(*plan, processes, 0, {.cores = 2, .paced = true}) ==
        Places{{0, 1}, {3}, {4}, {5}, {2}});
}

TEST_CASE("layout: with nodes the server has its own place and workers go in blocks") {
  const auto plan = toys::star(5);
  const ProcessMap processes = map_processes(*plan, {.nodes = 2, .slots = 1});
  CHECK(processes == ProcessMap{0, 0, 0, 0, 1, 1, 2, 2});
  CHECK(map_places(*plan, processes, 0, {.cores = 2}) == Places{{0, 1}, {3}, {2}});
  CHECK(map_places(*plan, processes, 1, {.cores = 1}) == Places{{4, 5}});
  CHECK(neighbours(*plan, processes, 1) == std::vector<std::uint32_t>{0});
  CHECK(neighbours(*plan, processes, 0) == std::vector<std::uint32_t>{1, 2});
}

namespace {

std::shared_ptr<Plan> star_in_slices() {
  auto plan = std::make_shared<Plan>(*toys::star(3));
  Settings settings;
  settings.set("training.server.shards", std::int64_t{3});
  plan->drawing = server_topology().draw(settings, 3);
  plan->cuts = {0, 4, 8, 12};
  return plan;
}

}  // namespace

TEST_CASE("layout: slices that come later live where somebody still computes") {
  const auto before = toys::star(3);
  ProcessMap where(before->actors(), 0);
  where[before->worker(0)] = 1;
  where[before->worker(1)] = nowhere;
  where[before->worker(2)] = 3;
  CHECK(follow(*before, where, *star_in_slices(), 0) == ProcessMap{0, 0, 0, 1, 3, 1, nowhere, 3});
  CHECK(follow(*before, where, *star_in_slices(), 3) == ProcessMap{0, 0, 3, 1, 3, 1, nowhere, 3});
  where.assign(where.size(), 0);
  CHECK(follow(*before, where, *star_in_slices(), 0) == ProcessMap(8, 0));
}

TEST_CASE("layout: slices of a model live on one node after the other, apart from workers") {
  const auto plan = star_in_slices();
  const ProcessMap processes = map_processes(*plan, {.nodes = 3});
  CHECK(processes == ProcessMap{0, 0, 0, 1, 2, 1, 2, 3});
  CHECK(map_places(*plan, processes, 1, {.cores = 2}) == Places{{5}, {3}});
  CHECK(neighbours(*plan, processes, 2) == std::vector<std::uint32_t>{0, 1, 3});
  CHECK(servers_of(*plan, processes) == std::vector<std::uint32_t>{0, 1, 2});
  const ProcessMap moved = map_processes(*plan, {.nodes = 3, .server = 3});
  CHECK(moved == ProcessMap{0, 0, 3, 1, 2, 1, 2, 3});
}

TEST_CASE("layout: a node without a worker is refused") {
  CHECK_THROWS_WITH_AS(map_processes(*toys::star(2), {.nodes = 2, .slots = 1}),
                       "2 nodes for 1 workers: each node needs one, use fewer nodes", UserError);
}

TEST_CASE("layout: nodes get as many workers as they have room for, and as even as that lets") {
  const auto counts = [](std::uint32_t workers, NodeShare share) {
    const ProcessMap processes = map_processes(*toys::star(workers), share);
    std::vector<std::ptrdiff_t> each;
    for (std::uint32_t n = 1; n <= share.nodes; ++n)
      each.push_back(std::ranges::count(processes, n));
    return each;
  };
  CHECK(counts(7, {.nodes = 3}) == std::vector<std::ptrdiff_t>{3, 2, 2});
  CHECK(counts(7, {.nodes = 3, .room = {1, 0, 2}}) == std::vector<std::ptrdiff_t>{1, 4, 2});
  CHECK(counts(7, {.nodes = 2, .room = {1, 2}}) == std::vector<std::ptrdiff_t>{1, 2});
  CHECK(std::ranges::count(map_processes(*toys::star(7), {.nodes = 2, .room = {1, 2}}), nowhere) ==
        4);
}
