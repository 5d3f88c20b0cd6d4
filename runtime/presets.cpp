#include "runtime/presets.hpp"

#include <cstdint>

namespace troupe {
namespace {

Value word(const char* text) { return std::string(text); }

}  // namespace

Table<Preset> presets() {
  Table<Preset> table;
  table.add(
      {.kind = {.name = "sgd", .sentence = "one worker, one row a step, drawn with replacement"},
       .fills = {{"training.topology", word("serial")},
                 {"training.batch", std::int64_t{1}},
                 {"data.replacement", true}}});
  table.add({.kind = {.name = "minibatch", .sentence = "one worker, a batch of rows a step"},
             .fills = {{"training.topology", word("serial")}}});
  table.add({.kind = {.name = "batch",
                      .sentence = "gradient descent over all rows, summed by map and reduce"},
             .fills = {{"training.topology", word("server")},
                       {"training.exchange", word("gradient")},
                       {"training.gate", word("barrier")},
                       {"training.merge", word("mean")},
                       {"training.batch", word("all")}}});
  table.add(
      {.kind = {.name = "ssgd",
                .sentence = "all workers' gradients of one step are averaged before the next"},
       .fills = {{"training.topology", word("server")},
                 {"training.exchange", word("gradient")},
                 {"training.gate", word("barrier")},
                 {"training.merge", word("mean")}}});
  table.add({.kind = {.name = "asgd", .sentence = "each gradient is applied when it arrives"},
             .fills = {{"training.topology", word("server")},
                       {"training.exchange", word("gradient")},
                       {"training.gate", word("open")},
                       {"training.merge", word("mean")}}});
  table.add({.kind = {.name = "local_sgd",
                      .sentence = "workers descend alone and average their models now and then"},
             .fills = {{"training.topology", word("server")},
                       {"training.exchange", word("state")},
                       {"training.gate", word("barrier")},
                       {"training.merge", word("mean")},
                       {"training.local_steps", std::int64_t{64}}}});
  return table;
}

std::vector<std::string> planned_presets() {
  return {"ssp",        "hogwild",     "simuparallel", "gossip_asgd", "round_robin",
          "downpour",   "dc_asgd",     "lc_asgd",      "epfl_sync",   "epfl_async",
          "lopez_sync", "lopez_async", "easgd",        "dpsgd",       "sgp"};
}

std::string first_choice() {
  return R"(algorithm = "ssgd"        # a preset: asgd applies each gradient when it arrives,
                          # local_sgd averages models now and then)";
}

}  // namespace troupe
