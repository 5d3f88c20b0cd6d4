/// From actors to other ones, over the tables: what is refused says why, and what is not
/// refused loses no draw and spoils no model.
#include "runtime/swap.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "base/checksum.hpp"
#include "base/user_error.hpp"
#include "runtime/succession.hpp"
#include "runtime/twin/twin.hpp"
#include "tests/actors/toy_plan.hpp"

using namespace troupe;

namespace {

const Tables& all() {
  static const Tables filled = tables();
  return filled;
}

constexpr std::uint64_t rows = 400;

ConfigSources sources(const std::string& text, const std::vector<std::string>& overrides = {}) {
  return {"run.toml",
          "data.path = \"a.h5\"\ndata.validation = 0.2\nmodel.kind = \"svm\"\nmodel.l2 = 1e-4\n"
          "training.batch = 4\ntraining.learning_rate = 0.02\ntraining.stop.epochs = 8\n"
          "pace.step = \"1+exp(0.5)\"\n" +
              text,
          {},
          overrides};
}

/// A run that could start, and what is to come in it.
struct Played {
  Played(const ConfigSources& from, const SwapScene& scene)
      : assembled(assemble(load_config(all(), from), all(), {toy_rows(rows), nullptr})),
        succession({.tables = all(),
                    .sources = from,
                    .resolved = assembled.resolved,
                    .plan = assembled.plan,
                    .scene = scene}) {
    refuse_unplayed(assembled.resolved, all());
  }

  void run() {
    run_twin({.plan = succession.plan(),
              .pace = assembled.pace,
              .report =
                  [this](const Report& report) {
                    if (const auto* one = std::get_if<EndReport>(&report)) end = *one;
                    if (const auto* one = std::get_if<EvalReport>(&report)) judge(*one);
                    if (const auto* one = std::get_if<EventReport>(&report)) tell(*one);
                  },
              .next = [this](Handover left) { return succession.next(std::move(left)); }});
  }
  void judge(const EvalReport& eval) {
    if (eval.score.split != "validation") return;
    if (listen) listen(eval);
    if (swapped) worst = std::max(worst, eval.score.loss / last_loss);
    swapped = false;
    last_loss = eval.score.loss;
  }
  void tell(const EventReport& event) {
    if (event.what != "swap") return;
    ++swaps;
    swapped = true;
    told = event;
  }

  Assembled assembled;
  Succession succession;
  std::function<void(const EvalReport&)> listen;  ///< to what is scored
  EndReport end;
  EventReport told;
  double last_loss = 0;
  double worst = 0;  ///< first loss after a swap, over the last one before
  std::size_t swaps = 0;
  bool swapped = false;
};

std::uint64_t rows_dropped(const EndReport& end) {
  std::uint64_t sum = 0;
  for (const Count& count : end.discarded) sum += count.rows;
  return sum;
}

std::string entry(int at_epoch, const std::string& settings) {
  return "[[training.swap]]\nat_epoch = " + std::to_string(at_epoch) + "\n" + settings + "\n";
}

/// Why it is refused; "" when it is played, and then everything must be in order.
std::string outcome(const std::string& from, const std::string& to, std::uint32_t workers = 4) {
  const std::string text = from + "\ntraining.workers = " + std::to_string(workers) + "\n" +
                           entry(2, to) + entry(4, "learning_rate = 0.015") +
                           entry(6, "learning_rate = 0.01");
  try {
    Played played(sources(text), {.workers = workers});
    played.run();
    CAPTURE(played.told.detail);
    CHECK(played.end.status == "done");
    CHECK(played.swaps == 3);
    CHECK(played.end.computed == played.end.delivered + rows_dropped(played.end));
    CHECK(played.end.delivered + rows_dropped(played.end) >= rows * 8 / 10 * 8);
    CHECK(played.worst <= 1.05);
    CHECK(played.end.scores.at(0).accuracy >= 0.85);
    return "";
  } catch (const UserError& error) {
    CHECK(error.code() == ExitCode::usage);
    return error.what();
  }
}

std::string refusal(const std::string& text, const std::vector<std::string>& overrides = {}) {
  try {
    const Played played(sources(text, overrides), {.workers = 4});
  } catch (const UserError& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("swap: from every topology to every other one, three times in one run") {
  for (const TopologyKind& from : all().topologies)
    for (const TopologyKind& to : all().topologies) {
      if (from.kind.name == to.kind.name) continue;
      CAPTURE(from.kind.name);
      CAPTURE(to.kind.name);
      const std::uint32_t workers = std::min({4U, from.workers_max, to.workers_max});
      const std::string why = outcome("training.topology = \"" + from.kind.name + "\"",
                                      "topology = \"" + to.kind.name + "\"", workers);
      INFO(why);
      CHECK(why.empty());
    }
}

TEST_CASE("swap: each axis by itself, to every kind that goes with the others") {
  std::size_t played = 0;
  for (const auto& [axis, kinds] : swappable_choices(schema_of(all()))) {
    if (axis == "training.topology" || axis == "training.algorithm") continue;
    for (const std::string& kind : kinds) {
      CAPTURE(axis);
      CAPTURE(kind);
      const std::string why = outcome(
          "training.topology = \"server\"\ntraining.exchange = "
          "\"gradient\"\ntraining.gate = \"open\"",
          axis.substr(9) + " = \"" + kind + "\"");
      if (why.empty()) ++played;
      // The combination is what is refused, not the change.
      else
        CHECK(why.find("[[training.swap]] at_epoch = 2: ") != std::string::npos);
    }
  }
  CHECK(played >= 14);
}

TEST_CASE("swap: who answers, who waits and how sums are made change as well") {
  const std::string server = "training.topology = \"server\"\n";
  for (const auto& [from, to] : std::vector<std::pair<std::string, std::string>>{
           {server, "wait = \"never\"\nmerge = \"newest\"\nlearning_rate = 0.01"},
           {server, "reply = \"gradient\""},
           {server + "training.reply = \"gradient\"", "reply = \"model\""},
           {server, "reduction = \"exact\""},
           {server + "training.reduction = \"exact\"", "topology = \"ring\""},
           {"training.topology = \"ring\"\ntraining.reduction = \"exact\"",
            "reduction = \"float\""},
           {server, "push_every = 4\npull_every = 4\nexchange = \"delta\""}}) {
    CAPTURE(from);
    CAPTURE(to);
    const std::string why = outcome(from, to);
    INFO(why);
    CHECK(why.empty());
  }
}

TEST_CASE("swap: a model goes into slices and out of them, and its rule's memory with it") {
  CHECK(outcome("training.topology = \"server\"\ntraining.update = \"momentum\"",
                "server.shards = 3") == "");
  CHECK(outcome("training.topology = \"server\"\ntraining.server.shards = 3",
                "server.shards = 1\npull = \"sparse\"") == "");
  CHECK(outcome("training.topology = \"gossip\"", "topology = \"server\"\nserver.shards = 2") ==
        "");
  CHECK(outcome("training.topology = \"server\"", "server.shards = 13")
            .find("training.server.shards = 13 is more than the 12 rows") != std::string::npos);
}

TEST_CASE("swap: the table says what is kept, merged, reset and refused") {
  const auto settings = [](const std::vector<std::string>& overrides) {
    return assemble(load_config(all(), sources("", overrides)), all(), {toy_rows(rows), nullptr})
        .resolved.settings();
  };
  const auto text = [&](const std::vector<std::string>& from, const std::vector<std::string>& to,
                        SwapScene scene = {.workers = 4}) {
    return carried_text(what_becomes(all(), settings(from), settings(to), scene));
  };
  const std::string w = "workers=4";
  CHECK(text({w, "topology=server"}, {w, "topology=server", "gate=open"}) ==
        "draws kept, model kept");
  CHECK(text({w, "topology=gossip"}, {w, "topology=server"}) ==
        "draws kept, model merged (the mean of all states)");
  CHECK(text({w, "topology=server", "update=momentum"},
             {w, "topology=server", "update=momentum", "gate=open"}) ==
        "draws kept, model kept, update kept");
  CHECK(text({w, "topology=server", "update=momentum"},
             {w, "topology=server", "update=momentum", "momentum.beta=0.5"})
            .ends_with("update reset (another rule or other keys)"));
  CHECK(text({w, "topology=server", "gate=round_robin"}, {w, "topology=server"})
            .ends_with("held back merged (applied before)"));
  CHECK(text({w, "topology=server"}, {w, "topology=serial"})
            .ends_with("has 1 worker, and this run has 4)"));
  CHECK(text({"workers=1", "topology=server"}, {"workers=1", "topology=serial"},
             {.workers = 1, .nodes = true})
            .ends_with("is for one process, and this run has nodes)"));
}

TEST_CASE("swap: behind a barrier a run with a change that changes nothing is the same run") {
  const auto model = [](const std::string& text) {
    Played played(sources("training.workers = 4\n" + text), {.workers = 4});
    played.run();
    return crc32c(std::as_bytes(played.end.model.values()));
  };
  CHECK(model(entry(3, "pull = \"changed\"")) == model(""));
}

TEST_CASE("swap: durations that are drawn go on, and do not begin anew") {
  std::vector<double> ends;  // of epochs, of which each takes as long as its steps
  Played played(sources("training.topology = \"serial\"\n" + entry(1, "learning_rate = 0.01")), {});
  played.listen = [&](const EvalReport& eval) { ends.push_back(eval.t); };
  played.run();
  REQUIRE(ends.size() >= 2);
  CHECK(std::abs(ends[1] - 2 * ends[0]) > 0.01);
}

TEST_CASE("swap: a mistake in the file is one line with its place") {
  CHECK(refusal(entry(2, "topologi = \"gossip\"")) ==
        "run.toml:11:1: unknown key 'topologi' in [[training.swap]], did you mean 'topology'?");
  CHECK(refusal("[[training.swap]]\ntopology = \"gossip\"\n") ==
        "run.toml:10:1: [[training.swap]] needs 'at_epoch', after how many epochs, such as 3");
  CHECK(refusal(entry(2, "batch = 8"), {"workers=4"})
            .find("at_epoch = 2: no swap: training.batch would become 8, and there stands 4: other "
                  "actors take over the same run, with its data, model, workers and batch") !=
        std::string::npos);
}

TEST_CASE("swap: what happens to hosts in the twin is of the actors that play") {
  Played played(sources("training.workers = 4\n"), {.workers = 4, .troubled = true});
  CHECK_THROWS_WITH_AS(played.succession.propose({"topology=gossip"}),
                       "no swap: [[pace.link]] and [[pace.fault]] are of the actors that play "
                       "now; take them out to play a change of actors in the twin",
                       UserError);
}

TEST_CASE("swap: a kind's table may stand in the file where only a change to come chooses it") {
  CHECK(refusal("training.workers = 4\n[training.gossip]\ngraph = \"ring\"\n" +
                entry(2, "topology = \"gossip\"")) == "");
}

TEST_CASE("swap: one at a time, and none to what is there already") {
  Played played(sources("training.workers = 4\ntraining.topology = \"server\"\n"), {.workers = 4});
  CHECK(played.succession.propose({"topology=server"}).line ==
        "nothing to swap: the run is like that already");
  CHECK(played.succession.propose({"gate=open"}).change);
  CHECK_THROWS_WITH_AS(played.succession.propose({"gate=bounded"}),
                       "no swap: another one is under way, to gate \"barrier\" -> \"open\"",
                       UserError);
}

TEST_CASE("swap: a wrong key is refused with what was meant, and nothing changes") {
  Played played(sources("training.workers = 4\n"), {.workers = 4});
  CHECK_THROWS_WITH_AS(played.succession.propose({"topologie=gossip"}),
                       "-s topologie=gossip: unknown key 'topologie', did you mean 'topology'?",
                       UserError);
  played.run();
  CHECK(played.swaps == 0);
  CHECK(played.end.status == "done");
}
