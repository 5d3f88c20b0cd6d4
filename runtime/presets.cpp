#include "runtime/presets.hpp"

#include <cstdint>

namespace troupe {
namespace {

Value as_word(const char* text) { return std::string(text); }

/// One aggregator; they differ in who waits, in what travels and in what is made of it.
void add_server_presets(Table<Preset>& table) {
  table.add(
      {.kind = {.name = "ssp", .sentence = "as asgd, but nobody gets further ahead than a bound"},
       .fills = {{"training.topology", as_word("server")},
                 {"training.exchange", as_word("gradient")},
                 {"training.gate", as_word("bounded")},
                 {"training.merge", as_word("mean")}}});
  table.add({.kind = {.name = "round_robin",
                      .sentence = "as asgd, but gradients are applied in the order of workers"},
             .fills = {{"training.topology", as_word("server")},
                       {"training.exchange", as_word("gradient")},
                       {"training.gate", as_word("round_robin")},
                       {"training.merge", as_word("mean")}}});
  table.add({.kind = {.name = "dc_asgd",
                      .sentence = "as asgd, but late gradients are corrected for their delay"},
             .fills = {{"training.topology", as_word("server")},
                       {"training.exchange", as_word("gradient")},
                       {"training.gate", as_word("open")},
                       {"training.merge", as_word("mean")},
                       {"training.update", as_word("delay_compensated")}}});
  table.add({.kind = {.name = "lc_asgd",
                      .sentence = "as asgd, but gradients are scaled by the losses that others "
                                  "will have meanwhile"},
             .fills = {{"training.topology", as_word("server")},
                       {"training.exchange", as_word("gradient")},
                       {"training.gate", as_word("open")},
                       {"training.merge", as_word("mean")},
                       {"training.update", as_word("loss_compensated")}}});
  table.add({.kind = {.name = "downpour",
                      .sentence = "workers descend alone; by how much is added to the model"},
             .fills = {{"training.topology", as_word("server")},
                       {"training.exchange", as_word("delta")},
                       {"training.gate", as_word("open")},
                       {"training.merge", as_word("mean")},
                       {"training.push_every", std::int64_t{8}},
                       {"training.pull_every", std::int64_t{8}}}});
  table.add({.kind = {.name = "easgd",
                      .sentence = "workers descend alone, tied to the model by a spring"},
             .fills = {{"training.topology", as_word("server")},
                       {"training.exchange", as_word("state")},
                       {"training.gate", as_word("open")},
                       {"training.merge", as_word("elastic")},
                       {"training.local_steps", std::int64_t{64}}}});
  table.add({.kind = {.name = "lopez_sync",
                      .sentence = "as ssgd, with heavy momentum and rows drawn with replacement"},
             .fills = {{"training.topology", as_word("server")},
                       {"training.exchange", as_word("gradient")},
                       {"training.gate", as_word("barrier")},
                       {"training.merge", as_word("mean")},
                       {"training.update", as_word("momentum")},
                       {"training.momentum.beta", 0.99},
                       {"training.momentum.form", as_word("averaged")},
                       {"data.replacement", true}}});
}

/// One memory for all workers; they differ in who steps the model.
void add_shared_presets(Table<Preset>& table) {
  table.add({.kind = {.name = "hogwild",
                      .sentence = "threads step one model, a row at a time and without locks"},
             .fills = {{"training.topology", as_word("shared")},
                       {"training.shared.access", as_word("store")},
                       {"training.exchange", as_word("gradient")},
                       {"training.gate", as_word("open")},
                       {"training.merge", as_word("mean")},
                       {"training.batch", std::int64_t{1}}}});
  table.add({.kind = {.name = "lopez_async",
                      .sentence = "a master steps without waiting, by every thread's newest "
                                  "gradient, with heavy momentum"},
             .fills = {{"training.topology", as_word("shared")},
                       {"training.shared.access", as_word("add")},
                       {"training.exchange", as_word("gradient")},
                       {"training.gate", as_word("free")},
                       {"training.merge", as_word("replaced")},
                       {"training.update", as_word("momentum")},
                       {"training.momentum.beta", 0.99},
                       {"training.momentum.form", as_word("averaged")},
                       {"data.replacement", true}}});
}

/// What differs travels, both ways, and everybody makes the step of all.
void add_merging_presets(Table<Preset>& table) {
  const std::map<std::string, Value> all{
      {"training.topology", as_word("server")}, {"training.exchange", as_word("gradient")},
      {"training.reply", as_word("gradient")},  {"training.gate", as_word("barrier")},
      {"training.merge", as_word("sum")},       {"training.codec", as_word("changed")},
      {"training.pull", as_word("changed")}};
  table.add({.kind = {.name = "epfl_sync",
                      .sentence = "gradients are summed, and every worker applies the sum itself"},
             .fills = all});
  std::map<std::string, Value> free = all;
  free["training.wait"] = as_word("never");
  free["training.merge"] = as_word("newest");
  table.add({.kind = {.name = "epfl_async",
                      .sentence = "as epfl_sync, but workers go on without waiting for the sum"},
             .fills = free});
}

/// Nobody in the middle; they differ in who knows whom and in who waits.
void add_gossip_presets(Table<Preset>& table) {
  table.add({.kind = {.name = "simuparallel",
                      .sentence = "workers descend alone to the end and are averaged once"},
             .fills = {{"training.topology", as_word("oneshot")},
                       {"training.learning_rate.kind", as_word("constant")}}});
  table.add({.kind = {.name = "gossip_asgd",
                      .sentence = "peers tell one at random where they are, and nobody waits"},
             .fills = {{"training.topology", as_word("gossip")},
                       {"training.gossip.graph", as_word("complete")},
                       {"training.gossip.peers", as_word("random")},
                       {"training.gossip.result", as_word("first")},
                       {"training.exchange", as_word("state")},
                       {"training.gate", as_word("open")},
                       {"training.merge", as_word("parzen")}}});
  table.add({.kind = {.name = "dpsgd",
                      .sentence = "peers on a ring take the mean of their neighbours at each step"},
             .fills = {{"training.topology", as_word("gossip")},
                       {"training.gossip.graph", as_word("ring")},
                       {"training.gossip.peers", as_word("all")},
                       {"training.exchange", as_word("state")},
                       {"training.gate", as_word("barrier")},
                       {"training.merge", as_word("mean")}}});
  table.add(
      {.kind = {.name = "sgp", .sentence = "peers push states and weights along a directed graph"},
       .fills = {{"training.topology", as_word("gossip")},
                 {"training.gossip.graph", as_word("exponential")},
                 {"training.gossip.peers", as_word("one")},
                 {"training.gossip.directed", true},
                 {"training.exchange", as_word("state")},
                 {"training.gate", as_word("barrier")},
                 {"training.merge", as_word("push_sum")}}});
}

}  // namespace

Table<Preset> presets() {
  Table<Preset> table;
  table.add(
      {.kind = {.name = "sgd", .sentence = "one worker, one row a step, drawn with replacement"},
       .fills = {{"training.topology", as_word("serial")},
                 {"training.batch", std::int64_t{1}},
                 {"data.replacement", true}}});
  table.add({.kind = {.name = "minibatch", .sentence = "one worker, a batch of rows a step"},
             .fills = {{"training.topology", as_word("serial")}}});
  table.add({.kind = {.name = "batch",
                      .sentence = "gradient descent over all rows, summed by map and reduce"},
             .fills = {{"training.topology", as_word("server")},
                       {"training.exchange", as_word("gradient")},
                       {"training.gate", as_word("barrier")},
                       {"training.merge", as_word("mean")},
                       {"training.batch", as_word("all")}}});
  table.add(
      {.kind = {.name = "ssgd",
                .sentence = "all workers' gradients of one step are averaged before the next"},
       .fills = {{"training.topology", as_word("server")},
                 {"training.exchange", as_word("gradient")},
                 {"training.gate", as_word("barrier")},
                 {"training.merge", as_word("mean")}}});
  table.add({.kind = {.name = "asgd", .sentence = "each gradient is applied when it arrives"},
             .fills = {{"training.topology", as_word("server")},
                       {"training.exchange", as_word("gradient")},
                       {"training.gate", as_word("open")},
                       {"training.merge", as_word("mean")}}});
  table.add({.kind = {.name = "local_sgd",
                      .sentence = "workers descend alone and average their models now and then"},
             .fills = {{"training.topology", as_word("server")},
                       {"training.exchange", as_word("state")},
                       {"training.gate", as_word("barrier")},
                       {"training.merge", as_word("mean")},
                       {"training.local_steps", std::int64_t{64}}}});
  add_server_presets(table);
  add_shared_presets(table);
  add_merging_presets(table);
  add_gossip_presets(table);
  return table;
}

std::vector<std::string> planned_presets() { return {}; }

std::string first_choice() {
  return R"(algorithm = "ssgd"        # a preset: asgd applies each gradient when it arrives,
                          # local_sgd averages models now and then)";
}

}  // namespace troupe
