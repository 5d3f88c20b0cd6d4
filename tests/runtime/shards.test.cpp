/// A model in slices: the same bits as in one piece, the same accounts, and as many messages
/// as the drawing says.
#include <doctest/doctest.h>

#include "base/checksum.hpp"
#include "base/user_error.hpp"
#include "datasets/memory.hpp"
#include "messages/condition.hpp"
#include "runtime/assemble.hpp"
#include "runtime/twin/twin.hpp"
#include "tests/actors/toy_plan.hpp"
#include "topologies/inspection.hpp"

namespace troupe {
UpdateKind momentum_update();
UpdateKind nesterov_update();
}  // namespace troupe

using namespace troupe;

namespace {

struct Said {
  double messages = 0;
  double bytes = 0;
};

EndReport sharded(const Toy& toy, const char* step = "1+exp(0.5)", const char* delay = "0.001",
                  std::map<std::pair<ActorId, ActorId>, Said>* said_by = nullptr) {
  EndReport end;
  TwinRequest request{.plan = toy_plan(toy), .pace = {}, .report = [&](const Report& report) {
                        if (const auto* said = std::get_if<EndReport>(&report)) end = *said;
                      }};
  request.pace.real = false;
  request.pace.step = Distribution::parse(step);
  request.pace.delay = Distribution::parse(delay);
  request.pace.seed = 5;
  if (said_by != nullptr)
    request.overheard = [said_by](ActorId from, ActorId to, const Message& message) {
      Said& said = (*said_by)[{from, to}];
      ++said.messages;
      said.bytes += static_cast<double>(message_bytes(message));
    };
  run_twin(request);
  return end;
}

std::uint32_t bits(const EndReport& end) { return crc32c(std::as_bytes(end.model.values())); }

std::uint64_t lost_rows(const EndReport& end) {
  std::uint64_t rows = 0;
  for (const Count& count : end.discarded) rows += count.rows;
  return rows;
}

Toy of_five(const ExchangeKind& exchange, const UpdateKind& update, const MergeKind& merge) {
  Toy toy{.workers = 3, .partitions = 5, .epochs = 3, .exchange = exchange};
  toy.update = update;
  toy.merge = merge;
  toy.updates.set("training.momentum.beta", 0.9);
  toy.updates.set("training.momentum.form", std::string("polyak"));
  toy.updates.set("training.nesterov.beta", 0.9);
  return toy;
}

}  // namespace

TEST_CASE("shards: behind a barrier any number of slices comes to the same bits") {
  for (const ExchangeKind& exchange : {gradient_exchange(), state_exchange(), delta_exchange()})
    for (const UpdateKind& update : {sgd_update(), momentum_update(), nesterov_update()})
      for (const CodecKind& codec : {sparse_codec(), dense_codec()}) {
        CAPTURE(exchange.kind.name);
        CAPTURE(update.kind.name);
        CAPTURE(codec.kind.name);
        Toy toy = of_five(exchange, update, mean_merge());
        toy.codec = codec;
        const EndReport whole = sharded(toy);
        CHECK(whole.updates > 20);
        for (const std::uint32_t shards : {2U, 3U, 12U}) {
          CAPTURE(shards);
          toy.shards = shards;
          const EndReport end = sharded(toy);
          CHECK(bits(end) == bits(whole));
          CHECK(end.updates == whole.updates);
          CHECK(end.computed == end.delivered);
          CHECK(end.scores.at(0).loss == whole.scores.at(0).loss);
        }
      }
}

TEST_CASE("shards: where the order of arrival is the same, so are the bits behind every gate") {
  for (const GateKind& gate : {open_gate(), bounded_gate(), round_robin_gate(), quorum_gate()})
    for (const MergeKind& merge : {mean_merge(), sum_merge()}) {
      CAPTURE(gate.kind.name);
      Toy toy = of_five(gradient_exchange(), momentum_update(), merge);
      toy.workers = 4;
      toy.partitions = 4;
      toy.gate = gate;
      toy.pull = PullKind::dense;
      toy.epochs = 5;
      // Where a hop takes no time, the further ones do not change who comes first.
      const EndReport whole = sharded(toy, "1+exp(2)", "0");
      for (const std::uint32_t shards : {2U, 3U}) {
        toy.shards = shards;
        const EndReport end = sharded(toy, "1+exp(2)", "0");
        CHECK(bits(end) == bits(whole));
        CHECK(end.computed == end.delivered + lost_rows(end));
      }
    }
}

TEST_CASE("shards: a round costs the messages that the drawing promises, edge by edge") {
  Toy toy{.workers = 4, .partitions = 4, .epochs = 10, .codec = dense_codec(), .shards = 3};
  std::map<std::pair<ActorId, ActorId>, Said> said;
  const auto rounds = static_cast<double>(sharded(toy, "1", "0.001", &said).updates);
  const auto plan = toy_plan(toy);
  for (const DrawingEdge& edge : plan->drawing.edges) {
    const auto [messages, bytes] =
        said[{Plan::first_drawn + edge.from, Plan::first_drawn + edge.to}];
    CAPTURE(edge.from);
    CAPTURE(edge.to);
    // Beside the rounds: pulls and their answers, and slices for evaluation, one an epoch.
    if (edge.to != 0 || edge.from >= 3)
      CHECK(messages == doctest::Approx(edge.messages * rounds).epsilon(0.1));
    else
      CHECK(messages == doctest::Approx(edge.messages * rounds + 11).epsilon(0.1));
    const auto model = static_cast<double>(plan->parameters * sizeof(float));
    if (edge.models > 0) CHECK(bytes == doctest::Approx(edge.models * rounds * model).epsilon(0.1));
  }
}

TEST_CASE("shards: more of them than rows that may not be cut are refused") {
  std::vector<SparseRow> set(20);
  for (std::size_t i = 0; i < set.size(); ++i)
    set[i] = {.index = {0, 1}, .value = {1.0F, 1.0F}, .label = i % 2 == 0 ? 1.0F : -1.0F};
  const Tables all = tables();
  const auto refused = [&](const std::vector<std::string>& choices) -> std::string {
    const Config config = load_config(
        all, {"run.toml",
              "data.path = \"a.h5\"\nmodel.kind = \"svm\"\ntraining.learning_rate = 0.1\n",
              {},
              choices});
    try {
      assemble(config, all, {memory_dataset(set, 8), nullptr});
    } catch (const UserError& error) {
      return error.what();
    }
    return "";
  };
  CHECK(refused({"shards=8"}).empty());
  CHECK(refused({"shards=9"}) ==
        "-s shards=9: training.server.shards = 9 is more than the 8 rows of the model, which are "
        "not cut: take at most so many");
  CHECK(refused({"shards=2", "gate=open", "ahead=2", "pull=dense"}) ==
        "-s ahead=2: training.ahead = 2 does not go with training.server.shards = 2 (-s "
        "shards=2): a turn begins when all slices of its model are there");
}
