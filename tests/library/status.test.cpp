/// status and stop: of a run that ended, of one that is gone, and of one that
/// answers (played by a gateway of our own).
#include <doctest/doctest.h>

#include <atomic>
#include <nlohmann/json.hpp>

#include "apps/library/run_card.hpp"
#include "runtime/gateway/gateway.hpp"
#include "tests/library/toy.hpp"

using troupe::test::call;
using troupe::test::Outcome;
using troupe::test::Scratch;

namespace {

/// A run folder whose control address is a gateway here.
struct Played {
  Played() {
    std::filesystem::create_directory(scratch.file("run"));
    card.run = "run";
    card.address = gateway.address();
    card.token = "secret";
    scratch.write("run/run.json", troupe::to_json(card));
  }
  std::atomic<int> stops = 0;
  std::string asked;
  troupe::Gateway gateway{
      {.token = "secret",
       .ready = [] { return true; },
       .state =
           [] {
             return std::string(R"({"run":{"phase":"training"},"progress":{"epoch":3},"culprits":[)"
                                R"({"name":"worker 2","host":"node 1","what":"silent",)"
                                R"("message":"push of step 12","seconds":2.1,"waiting":[1,2]}]})");
           },
       .act =
           [this](const std::string& action, const std::string& body) {
             if (action == "stop") {
               ++stops;
               return troupe::Reply{200, troupe::done_line("stopping")};
             }
             asked = body;
             if (action == "swap")
               return troupe::Reply{200, troupe::done_line("swapping: topology")};
             return troupe::Reply{409, troupe::error_line("no swap: why")};
           }}};
  troupe::RunCard card = troupe::run_card_here();
  Scratch scratch;
};

}  // namespace

TEST_CASE("status: a running run is asked, by folder or by address and token") {
  const Played run;
  CHECK(call({"status", run.scratch.file("run")}).out ==
        "phase               training\nepoch               3\n"
        "waiting for         worker 2 (node 1): silent for 2.1 s; awaited: push of step 12; 2 wait "
        "for it\n");
  const Outcome outcome = call({"status", run.gateway.address(), "--token", "secret", "--json"});
  CHECK(nlohmann::json::parse(outcome.out)["progress"]["epoch"] == 3);
}

TEST_CASE("stop: is passed on, and returns once it is accepted") {
  const Played run;
  const Outcome outcome = call({"stop", run.scratch.file("run")});
  CHECK(outcome.code == 0);
  CHECK(run.stops == 1);
}

TEST_CASE("swap: keys are passed on as they were said, and the answer is one line") {
  const Played run;
  const Outcome outcome =
      call({"swap", run.scratch.file("run"), "-s", "topology=gossip", "-s", "gate=open"});
  CHECK(outcome.code == 0);
  CHECK(outcome.out == "swapping: topology\n");
  CHECK(run.asked == R"({"gate":"open","topology":"gossip"})");
}

TEST_CASE("swap: a refusal is exit 2, and so is to say nothing") {
  const Played run;
  const Outcome refused = call({"resume", run.scratch.file("run")});
  CHECK(refused.code == 2);
  CHECK(refused.err == "no swap: why");
  CHECK(call({"swap", run.scratch.file("run")}).err ==
        "troupe swap: what to? Say it with -s, such as -s topology=gossip");
}

TEST_CASE("status: a wrong token is exit 4 and says where the right one stands") {
  const Played run;
  const Outcome outcome = call({"status", run.gateway.address(), "--token", "guess"});
  CHECK(outcome.code == 4);
  CHECK(outcome.err ==
        run.gateway.address() +
            ": refused (401); is it the token of this run? It stands in its run.json");
}

TEST_CASE("status: an address without a token is exit 2") {
  CHECK(call({"stop", "127.0.0.1:9"}).err ==
        "troupe stop: 127.0.0.1:9 wants a token: --token, TROUPE_TOKEN, or name the run folder");
}

TEST_CASE("status: nobody at the address is exit 4") {
  const Outcome outcome = call({"status", "127.0.0.1:1", "--token", "x"});
  CHECK(outcome.code == 4);
  CHECK(outcome.err == "127.0.0.1:1: no run answers there: Connection refused");
}

TEST_CASE("status: of a process that is gone without a word, one line") {
  const Scratch scratch;
  std::filesystem::create_directory(scratch.file("run"));
  troupe::RunCard card = troupe::run_card_here();
  card.pid = 0x7ffffffe;
  card.address = "127.0.0.1:1";
  scratch.write("run/run.json", troupe::to_json(card));
  for (const std::string command : {"status", "stop"}) {
    const Outcome outcome = call({command, scratch.file("run")});
    CHECK(outcome.code == 1);
    CHECK(outcome.err == scratch.file("run") +
                             ": the run's process 2147483646 is gone and left no end line; it was "
                             "killed or crashed, see " +
                             scratch.file("run") + "/log.txt");
  }
}

TEST_CASE("status: of a finished run is its end line; stop has nothing to do") {
  const Scratch scratch;
  call({"twin", troupe::test::small_config(scratch), "--run-dir", scratch.file("run"), "-q"});
  const Outcome outcome = call({"status", scratch.file("run"), "--json"});
  CHECK(outcome.out == scratch.lines("run/metrics.jsonl").back() + "\n");
  CHECK(call({"stop", scratch.file("run")}).out ==
        scratch.file("run") + ": has ended already (done)\n");
}

TEST_CASE("status: a folder that is no run's says what is missing") {
  const Scratch scratch;
  CHECK(call({"status", scratch.file("")}).code == 3);
  scratch.write("run.json", "{}");
  CHECK(call({"status", scratch.file("")}).err.find("is not the run.json of a run") !=
        std::string::npos);
}
