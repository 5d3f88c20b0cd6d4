/// A small run made by hand, without configuration or files: 200 sparse rows of
/// 12 features which a hyperplane separates.
#pragma once

#include <algorithm>
#include <memory>
#include <vector>

#include "actors/plan.hpp"
#include "base/check.hpp"
#include "base/random.hpp"
#include "datasets/memory.hpp"

namespace troupe {

// The cast of a run of one aggregator, after the coordinator and the evaluator.
inline constexpr ActorId aggregator_id = Plan::first_drawn;
inline constexpr ActorId first_worker = aggregator_id + 1;
inline constexpr ActorId second_worker = aggregator_id + 2;

// Declared here as the tables declare them: kinds have no headers.
ModelKind svm_kind();
TopologyKind server_topology();
TopologyKind gossip_topology();
TopologyKind shared_topology();
ExchangeKind gradient_exchange();
ExchangeKind state_exchange();
ExchangeKind delta_exchange();
GateKind barrier_gate();
GateKind open_gate();
GateKind bounded_gate();
GateKind round_robin_gate();
GateKind quorum_gate();
GateKind free_gate();
UpdateKind sgd_update();
UpdateKind loss_compensated_update();
MergeKind mean_merge();
MergeKind sum_merge();
MergeKind newest_merge();
MergeKind elastic_merge();
MergeKind parzen_merge();
MergeKind push_sum_merge();
MergeKind replaced_merge();
CodecKind dense_codec();
CodecKind sparse_codec();
CodecKind changed_codec();

struct Toy {
  std::uint32_t workers = 2;
  std::uint32_t partitions = 2;
  std::uint64_t batch = 4;
  std::uint64_t local_steps = 1;
  double epochs = 2;
  std::uint64_t rows = 200;
  ExchangeKind exchange = gradient_exchange();
  GateKind gate = barrier_gate();
  CodecKind codec = sparse_codec();
  PullKind pull = PullKind::sparse;
  std::uint64_t snapshot_every = 1;
  double validation = 0.2;
  bool entrywise = true;
  std::uint64_t ahead = 1;
  SamplerKind sampler = {};
  MergeKind merge = mean_merge();
  std::uint64_t pull_turns = 1;
  bool window = true;
  bool waits = true;
  ReplyKind reply = ReplyKind::model;
  CodecKind reply_codec = changed_codec();
  UpdateKind update = sgd_update();
  Settings updates = {};
  /// Rows that come into memory together; the bound is then the least that works.
  std::uint64_t cut = 0;
  std::uint32_t shards = 1;  ///< more of them pull as a whole
};

/// Rows that may be loaded a cut at a time only.
class CutRows : public Dataset {
 public:
  CutRows(std::shared_ptr<const Dataset> set, std::uint64_t cut)
      : set_(std::move(set)), cut_(cut) {}
  const DataFacts& facts() const override { return set_->facts(); }
  std::vector<Cut> cuts() const override {
    std::vector<Cut> all;
    for (std::uint64_t row = 0; row < facts().rows; row += cut_)
      all.push_back({{row, std::min(facts().rows, row + cut_)}, cut_ * facts().row_entries_max});
    return all;
  }
  Shard load(RowRange range) const override {
    TROUPE_CHECK(range.first / cut_, ==, (range.last - 1) / cut_);
    return set_->load(range);
  }

 private:
  std::shared_ptr<const Dataset> set_;
  std::uint64_t cut_;
};

inline std::shared_ptr<const Dataset> toy_rows(std::uint64_t count) {
  std::vector<SparseRow> rows(count);
  for (std::uint64_t i = 0; i < count; ++i) {
    RandomStream stream(11, Purpose::test, i);
    SparseRow& row = rows[i];
    float score = 0;
    for (std::uint32_t u = 0; u < 12; ++u) {
      if (stream.below(3) != 0) continue;
      const auto value = static_cast<float>(stream.normal());
      row.index.push_back(u);
      row.value.push_back(value);
      score += value * (u % 2 == 0 ? 1.0F : -0.5F);
    }
    row.label = score > 0 ? 1.0F : -1.0F;
  }
  return memory_dataset(rows, 12);
}

inline std::shared_ptr<Supply> toy_supply(const Plan& plan, SamplerKind sampler = {}) {
  const WindowNeeds needs = window_needs(*plan.data, plan.training, plan.batch);
  return std::make_shared<Supply>(Supply::Request{.data = plan.data,
                                                  .training = plan.training,
                                                  .partitions = plan.partitions,
                                                  .sampler = sampler,
                                                  .seed = plan.seed,
                                                  .batch = plan.batch,
                                                  .share = plan.bounded ? needs.least() : 0});
}

inline std::shared_ptr<Plan> toy_plan(const Toy& toy = {}) {
  auto plan = std::make_shared<Plan>();
  plan->seed = 3;
  plan->workers = toy.workers;
  plan->partitions = toy.partitions;
  plan->batch = toy.batch;
  plan->local_steps = toy.local_steps;
  plan->data = toy_rows(toy.rows);
  if (toy.cut > 0) plan->data = std::make_shared<CutRows>(plan->data, toy.cut);
  plan->bounded = toy.cut > 0;
  const Split split = split_rows(toy.rows, toy.validation);
  plan->training = split.training;
  plan->validation = split.validation;
  plan->supply = toy_supply(*plan, toy.sampler);
  plan->rounds = toy.gate.rounds && toy.waits;
  plan->holds = toy.gate.holds || (toy.gate.rounds && !toy.waits);
  plan->waits = toy.waits;
  plan->reply = toy.reply;
  plan->plain = toy.update.plain;
  plan->asks = toy.update.advises;
  plan->descends = toy.exchange.descends;
  plan->moves = toy.exchange.moves;
  plan->keeps = toy.merge.keeps;
  plan->stands = toy.merge.stands;
  if (toy.gate.steps_every) plan->steps_every = 0.25;
  plan->pull_turns = toy.pull_turns;
  plan->pull = plan->descends || toy.shards > 1 ? PullKind::dense : toy.pull;
  plan->snapshot_every = toy.snapshot_every;
  plan->schedule = {.start = 0.1, .rows_per_epoch = static_cast<double>(plan->training.size())};
  plan->stop.epochs = toy.epochs;
  Settings settings;
  settings.set("model.l2", 1e-4);
  settings.set("model.regularise", std::string("auto"));
  settings.set("training.server.shards", std::int64_t{toy.shards});
  plan->drawing = server_topology().draw(settings, toy.workers);
  plan->model = svm_kind().make({.settings = settings,
                                 .facts = plan->data->facts(),
                                 .rows = plan->training.size(),
                                 .descends = plan->descends});
  plan->entrywise =
      toy.entrywise && !plan->asks && plan->model->traits().entrywise && !plan->descends;
  plan->unsummed = plan->entrywise && !plan->rounds && !plan->holds && !plan->stands &&
                   plan->plain && toy.codec.entrywise && toy.shards == 1;
  plan->ahead = toy.ahead;
  plan->parameters = plan->model->layout().size();
  plan->exchange = [make = toy.exchange.make] { return make(Settings()); };
  Settings gates;
  gates.set("training.bounded.staleness_max", std::int64_t{2});
  gates.set("training.quorum.backups", std::int64_t{1});
  plan->gate = [make = toy.gate.make, gates] { return make(gates); };
  if (toy.shards > 1) plan->cuts = plan->model->layout().cuts(toy.shards);
  plan->update_of = [make = toy.update.make, updates = toy.updates](std::size_t n) {
    return make(updates, n);
  };
  plan->update = [make = plan->update_of, n = plan->parameters] { return make(n); };
  Settings merges;
  merges.set("training.elastic.alpha", 0.25);
  merges.set("training.parzen.window", toy.window);
  merges.set("training.parzen.strength", std::string("literal"));
  plan->merge = [make = toy.merge.make, merges] { return make(merges); };
  plan->codec_of = [make = toy.codec.make](std::size_t n) { return make(Settings(), n); };
  plan->codec = [make = plan->codec_of, n = plan->parameters] { return make(n); };
  plan->reply_codec = [make = toy.reply_codec.make, n = plan->parameters] {
    return make(Settings(), n);
  };
  return plan;
}

/// The same on one memory.
inline std::shared_ptr<Plan> toy_shared(Toy toy, const Sharing& sharing = {}) {
  toy.partitions = toy.workers;
  if (toy.gate.rounds) toy.gate = open_gate();
  const auto plan = toy_plan(toy);
  plan->drawing = shared_topology().draw(Settings(), toy.workers);
  plan->sharing = sharing;
  return plan;
}

/// The same among peers, who know each other as a graph of gossip says.
struct ToyGossip {
  std::string graph = "complete";
  std::string peers = "random";
  bool directed = false;
};

inline std::shared_ptr<Plan> toy_peers(Toy toy, const ToyGossip& gossip = {}) {
  toy.partitions = toy.workers;
  toy.exchange = state_exchange();
  const auto plan = toy_plan(toy);
  Settings settings;
  settings.set("seed", std::int64_t{3});
  settings.set("training.gossip.graph", gossip.graph);
  settings.set("training.gossip.peers", gossip.peers);
  settings.set("training.gossip.directed", gossip.directed);
  settings.set("training.gossip.degree", std::int64_t{2});
  plan->drawing = gossip_topology().draw(settings, toy.workers);
  plan->consensus = true;
  return plan;
}

}  // namespace troupe
