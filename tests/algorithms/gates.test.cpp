#include <doctest/doctest.h>

#include <algorithm>

#include "algorithms/gate.hpp"
#include "base/random.hpp"

namespace troupe {
GateKind barrier_gate();
GateKind open_gate();
GateKind bounded_gate();
GateKind round_robin_gate();
GateKind quorum_gate();
}  // namespace troupe

using namespace troupe;
using Partitions = std::vector<std::uint32_t>;

TEST_CASE("barrier: opens when the last one has arrived, and releases all") {
  const auto gate = barrier_gate().make(Settings());
  for (const std::uint32_t p : {0U, 1U, 2U}) gate->enter(p, 0);
  CHECK_FALSE(gate->arrive(1, 0).merge);
  CHECK_FALSE(gate->arrive(0, 0).merge);
  const Verdict verdict = gate->arrive(2, 0);
  CHECK(verdict.merge);
  CHECK(verdict.released == Partitions{0, 1, 2});
}

TEST_CASE("barrier: closes again behind those whom it released") {
  const auto gate = barrier_gate().make(Settings());
  for (const std::uint32_t p : {0U, 1U}) gate->enter(p, 0);
  gate->arrive(0, 0);
  gate->arrive(1, 0);
  CHECK_FALSE(gate->arrive(0, 1).merge);
}

TEST_CASE("barrier: one that leaves does not hold up the others") {
  const auto gate = barrier_gate().make(Settings());
  for (const std::uint32_t p : {0U, 1U}) gate->enter(p, 0);
  gate->arrive(0, 0);
  CHECK(gate->leave(1).released == Partitions{0});
}

TEST_CASE("open: releases whoever arrives, and nobody else") {
  const auto gate = open_gate().make(Settings());
  for (const std::uint32_t p : {0U, 1U}) gate->enter(p, 0);
  CHECK(gate->arrive(1, 0).released == Partitions{1});
  CHECK(gate->leave(0).released.empty());
}

namespace {

std::unique_ptr<Gate> entered(const GateKind& kind, const char* key, std::int64_t value,
                              std::uint32_t partitions) {
  Settings settings;
  settings.set(key, value);
  auto gate = kind.make(settings);
  for (std::uint32_t p = 0; p < partitions; ++p) gate->enter(p, 0);
  return gate;
}

}  // namespace

TEST_CASE("bounded: the fastest begins no step further ahead of the slowest than the bound") {
  const auto gate = entered(bounded_gate(), "training.bounded.staleness_max", 2, 3);
  CHECK(gate->arrive(0, 0).released == Partitions{0});
  CHECK(gate->arrive(0, 1).released == Partitions{0});
  const Verdict held = gate->arrive(0, 2);
  CHECK(held.merge);  // applied all the same
  CHECK(held.released.empty());
  CHECK(gate->arrive(1, 0).released == Partitions{1});
  CHECK(gate->arrive(2, 0).released == Partitions{0, 2});
}

TEST_CASE("bounded: with a bound of 0 it is a barrier that applies on arrival") {
  const auto gate = entered(bounded_gate(), "training.bounded.staleness_max", 0, 2);
  CHECK(gate->arrive(1, 0).released.empty());
  CHECK(gate->arrive(0, 0).released == Partitions{0, 1});
}

TEST_CASE("bounded: one that leaves does not hold up the others") {
  const auto gate = entered(bounded_gate(), "training.bounded.staleness_max", 0, 2);
  gate->arrive(0, 0);
  CHECK(gate->leave(1).released == Partitions{0});
}

TEST_CASE("bounded: in any order of arrivals the steps under way span no more than the bound") {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const auto gate = entered(bounded_gate(), "training.bounded.staleness_max", 3, 5);
    RandomStream stream(seed, Purpose::test);
    std::vector<std::uint64_t> step(5, 0);
    std::vector<bool> busy(5, true);
    for (int i = 0; i < 300; ++i) {
      const auto p = static_cast<std::uint32_t>(stream.below(5));
      if (!busy[p]) continue;
      busy[p] = false;
      for (const std::uint32_t q : gate->arrive(p, step[p]++).released) busy[q] = true;
      std::uint64_t slowest = UINT64_MAX;
      for (const std::uint64_t s : step) slowest = std::min(slowest, s);
      for (std::uint32_t q = 0; q < 5; ++q)
        if (busy[q]) CHECK(step[q] <= slowest + 3);
    }
    CHECK(*std::ranges::min_element(step) > 20);  // and nobody starves
  }
}

TEST_CASE("round robin: applied in the order of partitions, whoever came first") {
  const auto gate = entered(round_robin_gate(), "none", 0, 3);
  CHECK(gate->arrive(2, 0).applied.empty());
  CHECK(gate->arrive(1, 0).applied.empty());
  const Verdict all = gate->arrive(0, 0);
  CHECK(all.applied == Partitions{0, 1, 2});
  CHECK(all.released == Partitions{0, 1, 2});
  CHECK_FALSE(all.together);
  CHECK(gate->arrive(0, 1).applied == Partitions{0});
  CHECK(gate->arrive(2, 1).applied.empty());
}

TEST_CASE("round robin: the turn of one that leaves passes to the next") {
  const auto gate = entered(round_robin_gate(), "none", 0, 3);
  gate->arrive(1, 0);
  CHECK(gate->leave(0).applied == Partitions{1});
}

TEST_CASE("quorum: opens without its backups, and what these bring for that step is late") {
  const auto gate = entered(quorum_gate(), "training.quorum.backups", 1, 3);
  CHECK_FALSE(gate->arrive(2, 0).merge);
  const Verdict open = gate->arrive(0, 0);
  CHECK(open.applied == Partitions{0, 2});
  CHECK(open.together);
  const Verdict late = gate->arrive(1, 0);
  CHECK(late.late);
  CHECK(late.released == Partitions{1});
  CHECK(late.applied.empty());
  CHECK_FALSE(gate->arrive(1, 1).late);
}

TEST_CASE("quorum: with no more than its backups left it waits for one") {
  const auto gate = entered(quorum_gate(), "training.quorum.backups", 2, 2);
  CHECK(gate->arrive(0, 0).applied == Partitions{0});
  gate->leave(1);
  CHECK(gate->arrive(0, 1).applied == Partitions{0});
}
