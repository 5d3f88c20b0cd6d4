/// The axes against each other: what is not refused with a reason runs to its end, and every
/// draw is accounted for. It picks up new kinds from the tables.
#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "base/user_error.hpp"
#include "datasets/memory.hpp"
#include "runtime/assemble.hpp"
#include "runtime/twin/twin.hpp"
#include "tests/runtime/all_tables.hpp"

using namespace troupe;

namespace {

using testing::all;

std::shared_ptr<const Dataset> rows() {
  std::vector<SparseRow> set(60);
  for (std::size_t i = 0; i < set.size(); ++i) {
    RandomStream stream(31, Purpose::test, i);
    for (std::uint32_t u = 0; u < 8; ++u)
      if (stream.below(2) == 0) {
        set[i].index.push_back(u);
        set[i].value.push_back(static_cast<float>(stream.normal()));
      }
    set[i].label = i % 2 == 0 ? 1.0F : -1.0F;
  }
  return memory_dataset(set, 8);
}

/// Three workers, two epochs; false when the choices were refused.
bool ran(std::vector<std::string> choices) {
  for (const char* fixed :
       {"workers=3", "batch=4", "stop.epochs=2", "learning_rate=0.01", "data.validation=0.1"})
    choices.push_back(fixed);
  std::optional<Assembled> assembled;
  try {
    const Config config = load_config(
        all(), {"run.toml", "data.path = \"a.h5\"\nmodel.kind = \"svm\"\n", {}, choices});
    refuse_unplayed(config, all());
    assembled = assemble(config, all(), {rows(), nullptr});
  } catch (const UserError& error) {
    CHECK(error.code() == ExitCode::usage);
    return false;
  }
  EndReport end;
  run_twin({.plan = assembled->plan, .pace = assembled->pace, .report = [&](const Report& report) {
              if (const auto* last = std::get_if<EndReport>(&report)) end = *last;
            }});
  std::string said;
  for (const std::string& choice : choices) said += choice + " ";
  CAPTURE(said);
  std::uint64_t discarded = 0;
  for (const Count& count : end.discarded) discarded += count.rows;
  CHECK(end.status == "done");
  CHECK(end.computed == end.delivered + discarded);
  CHECK(end.computed >= 108);
  return true;
}

template <class Entries>
std::vector<std::string> words(const char* key, const Entries& entries) {
  std::vector<std::string> result;
  for (const auto& entry : entries) result.push_back(key + ("=" + entry.kind.name));
  return result;
}

}  // namespace

TEST_CASE("matrix: topology, exchange, gate and merge: refused, or run to the end") {
  int runs = 0;
  for (const std::string& topology : words("topology", all().topologies))
    for (const std::string& exchange : words("exchange", all().exchanges))
      for (const std::string& gate : words("gate", all().gates))
        for (const std::string& merge : words("merge", all().merges))
          runs += ran({topology, exchange, gate, merge}) ? 1 : 0;
  CHECK(runs >= 30);
}

TEST_CASE("matrix: update, gate, reply and wait: refused, or run to the end") {
  int runs = 0;
  for (const std::string& update : words("update", all().updates))
    for (const std::string& gate : words("gate", all().gates))
      for (const char* reply : {"reply=model", "reply=gradient", "reply=none"})
        for (const char* wait : {"wait=reply", "wait=never"})
          for (const char* exchange : {"exchange=gradient", "exchange=state"})
            runs += ran({update, gate, reply, wait, exchange, "merge=newest"}) ||
                            ran({update, gate, reply, wait, exchange, "merge=mean"})
                        ? 1
                        : 0;
  CHECK(runs >= 30);
}

TEST_CASE("matrix: codec, pull and reply: refused, or run to the end") {
  int runs = 0;
  for (const std::string& codec : words("codec", all().codecs))
    for (const char* pull : {"dense", "sparse", "snapshot", "changed"})
      for (const std::string& gate : words("gate", all().gates))
        for (const char* reply : {"reply=model", "reply=gradient"})
          runs += ran({codec, std::string("pull=") + pull, gate, reply}) ? 1 : 0;
  CHECK(runs >= 30);
}
