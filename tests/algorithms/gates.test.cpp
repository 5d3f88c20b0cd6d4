#include <doctest/doctest.h>

#include "algorithms/gate.hpp"

namespace troupe {
GateKind barrier_gate();
GateKind open_gate();
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
