/// Threads on one memory: what is promised of it, and clean under ThreadSanitizer.
#include "runtime/live_memory.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <numeric>
#include <thread>

#include "tests/actors/toy_plan.hpp"
#include "tests/models/sample.hpp"

using namespace troupe;
using Part = SharedMemory::Part;
using Writes = Sharing::Writes;

namespace {

constexpr std::uint32_t changes = 20'000;

std::vector<float> model_of(LiveMemory& memory, const Plan& plan) {
  std::vector<float> model(plan.parameters);
  memory.copy(Part::model, model, false);
  return model;
}

/// Two threads that begin at the same time.
void both(const std::function<void(std::uint32_t)>& work) {
  std::atomic<int> here = 0;
  const auto begin = [&](std::uint32_t who) {
    ++here;
    while (here < 2) std::this_thread::yield();
    work(who);
  };
  std::thread other(begin, 1);
  begin(0);
  other.join();
}

void add_ones(LiveMemory& memory, WriteCounts& counts) {
  constexpr std::uint32_t index[] = {3};
  const std::vector<float> ones(12, 1.0F);
  for (std::uint32_t n = 0; n < changes; ++n)
    memory.change(Part::model, counts,
                  [&](const SharedValues& model) { add_shared(model, 1.0F, ones, index); });
}

/// Rows of two workers that have no feature in common: of even and of odd ones.
testing::Sample parted_rows(std::uint32_t who) {
  testing::Sample sample;
  sample.features = 12;
  for (std::uint64_t i = 0; i < 400; ++i) {
    RandomStream stream(5, Purpose::test, who, i);
    std::vector<std::uint32_t> at;
    std::vector<float> values;
    for (std::uint32_t u = who; u < 12; u += 2) {
      if (stream.below(2) == 0) continue;
      at.push_back(u);
      values.push_back(static_cast<float>(stream.normal()));
    }
    sample.add_row(at, values, i % 3 == 0 ? 1.0F : -1.0F);
  }
  return sample;
}

}  // namespace

TEST_CASE("live memory: two threads that add or lock lose nothing") {
  for (const Writes writes : {Writes::add, Writes::lock}) {
    const auto plan = toy_shared({}, {.writes = writes});
    LiveMemory memory(*plan);
    both([&](std::uint32_t) {
      WriteCounts counts;
      add_ones(memory, counts);
    });
    CHECK(model_of(memory, *plan)[3] == 2.0F * changes);
  }
}

TEST_CASE("live memory: by adds, what is left is the start minus the sum of all steps") {
  // Multiples of 2^-13 below 2^10 are added exactly, in any order.
  const auto plan = toy_shared({}, {.writes = Writes::add});
  LiveMemory memory(*plan);
  const auto step = [](std::uint32_t who, std::uint32_t n) {
    std::vector<float> values(12);
    RandomStream random(9, Purpose::test, who, n);
    for (float& value : values) value = static_cast<float>(random.below(2049)) / 1024.0F - 1.0F;
    return values;
  };
  both([&](std::uint32_t who) {
    WriteCounts counts;
    for (std::uint32_t n = 0; n < 2000; ++n)
      memory.change(Part::model, counts,
                    [&](const SharedValues& model) { add_shared(model, -0.125F, step(who, n)); });
  });
  std::vector<float> expected(12, 0.0F);
  for (const std::uint32_t who : {0U, 1U})
    for (std::uint32_t n = 0; n < 2000; ++n)
      for (std::size_t u = 0; u < 12; ++u) expected[u] -= 0.125F * step(who, n)[u];
  CHECK(model_of(memory, *plan) == expected);
}

TEST_CASE("live memory: what two threads that store lose is seen where it is looked for") {
  const auto plan = toy_shared({}, {.check_every = 1});
  LiveMemory memory(*plan);
  WriteCounts counts[2];
  both([&](std::uint32_t who) { add_ones(memory, counts[who]); });
  CHECK(counts[0].checked == changes);
  const auto lost = static_cast<float>(counts[0].lost + counts[1].lost);
  const float missing = 2.0F * changes - model_of(memory, *plan)[3];
  CHECK(missing >= lost);  // one store may lose several
  CHECK((missing > 0) == (lost > 0));
}

TEST_CASE("live memory: where no two rows meet, threads reach serial descent's bits") {
  const testing::Sample samples[] = {parted_rows(0), parted_rows(1)};
  for (const double l2 : {0.0, 1e-3})
    for (const Writes writes : {Writes::store, Writes::add, Writes::lock}) {
      CAPTURE(l2);
      const auto plan = toy_shared({}, {.writes = writes, .check_every = 16});
      Settings settings;
      settings.set("model.l2", l2);
      settings.set("model.regularise", std::string("per_feature"));
      plan->model =
          svm_kind().make({.settings = settings, .facts = samples[0].facts(), .rows = 400});
      LiveMemory memory(*plan);
      const std::vector<float> rates(400, 0.1F);
      both([&](std::uint32_t who) {
        WriteCounts counts;
        const auto picks = testing::every_row(samples[who]);
        const std::span<const std::uint32_t> all = picks;
        for (std::size_t first = 0; first < all.size(); first += 20)
          memory.change(Part::model, counts, [&](const SharedValues& model) {
            plan->model->descend_shared(model, {samples[who].rows(), all.subspan(first, 20)}, 1,
                                        std::span(rates).first(20));
          });
      });
      std::vector<float> serial(12, 0.0F);
      Replica replica{serial};
      for (const testing::Sample& sample : samples)
        plan->model->descend(replica, {sample.rows(), testing::every_row(sample)}, 1, rates);
      replica.settle();
      CHECK(model_of(memory, *plan) == serial);
    }
}

TEST_CASE("live memory: a snapshot is of one moment, whatever is written meanwhile") {
  const auto plan = toy_shared({}, {.writes = Writes::add, .snapshots = true});
  LiveMemory memory(*plan);
  bool torn = false;
  both([&](std::uint32_t who) {
    WriteCounts counts;
    const std::vector<float> ones(12, 1.0F);
    std::vector<float> copy(12);
    for (std::uint32_t n = 0; n < changes / 4; ++n) {
      if (who == 0) {
        memory.change(Part::model, counts,
                      [&](const SharedValues& model) { add_shared(model, 1.0F, ones); });
        continue;
      }
      memory.copy(Part::model, copy, true);
      torn = torn || copy != std::vector<float>(12, copy[0]);
    }
  });
  CHECK_FALSE(torn);
}

TEST_CASE("live memory: rows of all workers are counted, and paced ones look up after each step") {
  const auto plan = toy_shared({});
  LiveMemory memory(*plan);
  both([&](std::uint32_t) { memory.worked(7); });
  CHECK(memory.worked(0) == 14);
  CHECK(memory.rows_at_once() >= 100);
  CHECK(LiveMemory(*plan, true).rows_at_once() == 0);
  CHECK(LiveMemory(*toy_shared({}, {.writes = Writes::lock})).rows_at_once() == 0);
}
