/// The schema of this version: the sections' own keys, the axes with the kinds of
/// the tables, and the names that later versions will bring. It reads no value.
#include <algorithm>
#include <cstdint>
#include <utility>

#include "datasets/normalisation.hpp"
#include "runtime/assemble.hpp"
#include "runtime/cluster_keys.hpp"
#include "runtime/pace_keys.hpp"
#include "runtime/planned.hpp"
#include "runtime/presets.hpp"

namespace troupe {
namespace {

constexpr double count_max = 1e9;

Value word(const char* text) { return std::string(text); }
Value whole(std::int64_t number) { return number; }

void add(Schema& schema, std::vector<Key> keys) {
  schema.keys.insert(schema.keys.end(), std::make_move_iterator(keys.begin()),
                     std::make_move_iterator(keys.end()));
}

void add_run(Schema& schema) {
  add(schema, {{.path = "name",
                .standard = word("run"),
                .sentence = "names the run folder: letters, digits, '-', '_' and '.'"},
               {.path = "seed",
                .type = KeyType::integer,
                .minimum = 0,
                .standard = whole(1),
                .sentence = "every random number of the run is a function of it"}});
}

void add_data(Schema& schema) {
  add(schema,
      {{.path = "data.path",
        .sentence =
            "the training set, an HDF5 file of 'troupe data'; like every path it is relative "
            "to the working directory"},
       {.path = "data.test", .sentence = "a second file that the finished model is evaluated on"},
       {.path = "data.validation",
        .type = KeyType::share,
        .minimum = 0,
        .maximum = 0.9,
        .standard = 0.1,
        .sentence = "share of the rows, at the file's end, that is evaluated and never trained on"},
       {.path = "data.shuffle",
        .type = KeyType::choice,
        .choices = {"none", "local", "global"},
        .standard = word("local"),
        .sentence = "the order of a partition's rows in each epoch: as in the file, shuffled, or "
                    "global: all training rows are shuffled and dealt to the partitions anew"},
       {.path = "data.memory",
        .type = KeyType::size,
        .unit = "bytes",
        .minimum = 1,
        .maximum = 1e15,
        .choices = {"all"},
        .standard = word("all"),
        .sentence = "bound on the rows in memory at once, over all partitions and processes: a "
                    "larger set comes in window by window, in another order than without a bound"},
       {.path = "data.replacement",
        .type = KeyType::flag,
        .standard = false,
        .sentence =
            "draws each row uniformly from the partition instead of each row once an epoch"},
       {.path = "data.partitions",
        .type = KeyType::integer,
        .minimum = 1,
        .maximum = 1e6,
        .choices = {"workers"},
        .standard = word("workers"),
        .sentence = "logical parts of the training rows; behind a barrier the result depends on "
                    "them and never on how many workers or processes share them"},
       {.path = "data.normalise",
        .type = KeyType::choice,
        .choices = normalisations(),
        .standard = word("none"),
        .sentence =
            "brings rows to a common scale: standardise (each feature's mean becomes 0 and its "
            "deviation 1, dense rows only), max_abs (each feature's largest value becomes 1) by "
            "the training rows, or unit_rows (each row's length becomes 1); the model's file "
            "holds it, and predict and evaluate apply it"}});
}

void add_model(Schema& schema) {
  add(schema,
      {{.path = "model.l2",
        .type = KeyType::number,
        .minimum = 0,
        .standard = 1e-5,
        .sentence = "weight of the penalty: the objective is mean loss + l2 / 2 ||w||^2"},
       {.path = "model.regularise",
        .type = KeyType::choice,
        .choices = {"auto", "per_feature", "lazy", "dense"},
        .standard = word("auto"),
        .sentence = "how the penalty acts on sparse rows: lazy (a scale, for replicas that descend "
                    "in place), per_feature (on the row's features, for gradients that travel) or "
                    "dense (on every weight); auto takes the first two as they fit"}});
}

void add_training(Schema& schema) {
  add(schema,
      {{.path = "training.reply",
        .type = KeyType::choice,
        .choices = {"auto", "model", "gradient", "none"},
        .standard = word("auto"),
        .sentence = "what a push is answered with: the model (training.pull says what of it), the "
                    "merged gradient, which every worker applies to the model that it has, or "
                    "nothing; auto is nothing among peers and the model elsewhere"},
       {.path = "training.wait",
        .type = KeyType::choice,
        .choices = {"auto", "reply", "never"},
        .standard = word("auto"),
        .sentence = "when a worker goes on: when it is answered, or at once, with the model that "
                    "it has, up to training.ahead turns; auto is never among peers without a "
                    "barrier and reply elsewhere"},
       {.path = "training.pull",
        .type = KeyType::choice,
        .choices = {"auto", "dense", "sparse", "snapshot", "changed"},
        .standard = word("auto"),
        .sentence = "what of the model a worker fetches: all of it, the features of its next "
                    "batch, a snapshot that all share, or what changed since its last pull; auto "
                    "is sparse where it can be"},
       {.path = "training.snapshot_every",
        .type = KeyType::integer,
        .unit = "updates",
        .minimum = 1,
        .maximum = count_max,
        .standard = whole(16),
        .sentence = "how old the snapshot of training.pull = \"snapshot\" may become before the "
                    "next one is made"},
       {.path = "training.workers",
        .type = KeyType::integer,
        .minimum = 1,
        .maximum = 1e5,
        .standard = whole(1),
        .sentence = "actors that compute"},
       {.path = "training.batch",
        .type = KeyType::integer,
        .unit = "rows",
        .minimum = 1,
        .maximum = count_max,
        .choices = {"all"},
        .standard = whole(16),
        .sentence = "rows per partition and step"},
       {.path = "training.local_steps",
        .type = KeyType::integer,
        .unit = "steps",
        .minimum = 1,
        .maximum = count_max,
        .choices = {"epoch"},
        .standard = whole(1),
        .sentence = "steps that a worker takes between two exchanges"},
       {.path = "training.ahead",
        .type = KeyType::integer,
        .unit = "turns",
        .minimum = 1,
        .maximum = 64,
        .standard = whole(1),
        .sentence = "batches of a partition under way at a time, with an open gate and gradients: "
                    "more than 1 hides the way to the server and back, and makes gradients older; "
                    "with wait = \"never\" 8 when unset"},
       {.path = "training.push_every",
        .type = KeyType::integer,
        .unit = "exchanges",
        .minimum = 1,
        .maximum = 1e6,
        .standard = whole(1),
        .sentence = "exchange delta: a worker tells what its replica moved by every so often, "
                    "counted in local_steps"},
       {.path = "training.pull_every",
        .type = KeyType::integer,
        .unit = "exchanges",
        .minimum = 1,
        .maximum = 1e6,
        .standard = whole(1),
        .sentence = "exchange delta: and takes the model in the place of its replica every so "
                    "often, a multiple of push_every"},
       {.path = "training.reduction",
        .type = KeyType::choice,
        .choices = {"float", "exact"},
        .standard = word("float"),
        .sentence = "how a round's contributions are added: as floats in a fixed order, or as "
                    "integers on one scale, to the same bits in server, tree and ring"},
       {.path = "training.evaluate_every",
        .type = KeyType::integer,
        .unit = "epochs",
        .minimum = 1,
        .maximum = count_max,
        .standard = whole(1),
        .sentence = "how often the model is evaluated on the validation rows"}});
}

void add_learning_rate(Schema& schema) {
  add(schema, {{.path = "training.learning_rate.start",
                .type = KeyType::number,
                .minimum = 0,
                .standard = 0.1,
                .sentence = "the rate at the start (after the warmup); 'learning_rate = 0.1' is "
                            "short for it",
                .exclusive = true},
               {.path = "training.learning_rate.kind",
                .type = KeyType::choice,
                .choices = {"constant", "step", "cosine", "inverse"},
                .standard = word("constant"),
                .sentence = "how the rate falls with the delivered draws: not at all, by 'factor' "
                            "at each of the epochs 'at', to 0 at stop.epochs along a cosine, or as "
                            "start / (1 + start decay updates)"},
               {.path = "training.learning_rate.warmup",
                .type = KeyType::number,
                .unit = "epochs",
                .minimum = 0,
                .standard = 0.0,
                .sentence = "the rate rises in a line from 0 over so many epochs"},
               {.path = "training.learning_rate.at",
                .type = KeyType::numbers,
                .unit = "epochs",
                .minimum = 0,
                .sentence = "kind step: where the rate falls",
                .exclusive = true},
               {.path = "training.learning_rate.factor",
                .type = KeyType::number,
                .minimum = 0,
                .sentence = "kind step: the factor on the rate at each of them; 0.1 when unset",
                .exclusive = true},
               {.path = "training.learning_rate.decay",
                .type = KeyType::number,
                .minimum = 0,
                .sentence = "kind inverse: how fast the rate falls; model.l2 when unset",
                .exclusive = true}});
}

void add_stop(Schema& schema) {
  const Key count{.type = KeyType::integer, .minimum = 1, .maximum = 1e15};
  const Key number{.type = KeyType::number, .minimum = 0, .exclusive = true};
  const auto key = [](Key like, const char* path, const char* unit, const char* sentence) {
    like.path = path;
    like.unit = unit;
    like.sentence = sentence;
    return like;
  };
  Key phi = key(number, "training.stop.tolerance.phi", "",
                "computes the tolerance as 2 L M^2 Omega rate / (phi c), c = model.l2 and Omega "
                "the longest row");
  phi.maximum = 1;
  Key time = key(number, "training.stop.time", "seconds", "stops after so long");
  time.type = KeyType::duration;
  Key target = key(number, "training.stop.target", "", "stops at this validation accuracy");
  target.type = KeyType::share;
  target.maximum = 1;
  add(schema,
      {key(number, "training.stop.epochs", "epochs",
           "stops after so many passes; 10 when no key of [training.stop] is set"),
       key(count, "training.stop.steps", "updates", "stops after so many updates of the model"),
       time, target,
       key(count, "training.stop.no_better_for", "evaluations",
           "stops when the validation loss has not fallen for so long"),
       key(number, "training.stop.tolerance.value", "",
           "stops when the training objective of two evaluations differs by less; 'tolerance = "
           "1e-4' is short for it"),
       phi,
       key(number, "training.stop.tolerance.gradient_norm", "",
           "M of that formula; from the largest row's norm when unset"),
       key(number, "training.stop.tolerance.lipschitz", "",
           "L of that formula; from the largest row's norm when unset")});
}

void add_swaps(Schema& schema) {
  add(schema,
      {{.path = "training.swap.*",
        .sentence = "other actors while training goes on, with the keys of [training] that change "
                    "then, such as topology",
        .for_later = true},
       {.path = "training.swap.*.at_epoch",
        .type = KeyType::integer,
        .unit = "epochs",
        .minimum = 1,
        .maximum = 1e15,
        .sentence = "when so many epochs are over"}});
}

Key cost_per_node_hour() {
  return {.path = "monitor.cost_per_node_hour",
          .type = KeyType::number,
          .minimum = 0,
          .standard = 0.0,
          .sentence =
              "what an hour of one node costs, in any money: 'troupe compare' then says "
              "what it cost to reach a target; 0 asks for nothing"};
}

Key monitor_interval() {
  return {.path = "monitor.interval",
          .type = KeyType::duration,
          .unit = "seconds",
          .minimum = 0,
          .standard = 1.0,
          .sentence = "time between two lines of progress",
          .exclusive = true};
}

template <class Entry>
Axis axis(const std::string& path, const Table<Entry>& table, const std::string& sentence) {
  return {.path = path,
          .table = path.substr(0, path.rfind('.')),
          .kinds = table.kinds(),
          .sentence = sentence};
}

template <class Entry>
Fills fills(From from, const std::string& noun, const Table<Entry>& table) {
  Fills all{.from = from, .noun = noun};
  for (const Entry& entry : table) all.of_kind[entry.kind.name] = entry.fills;
  return all;
}

void add_axes(Schema& schema, const Tables& tables) {
  Axis preset = axis("training.algorithm", tables.presets, "a preset, which fills the axes in");
  preset.fills = fills(From::preset, "preset", tables.presets);
  Axis topology = axis("training.topology", tables.topologies, "who talks to whom");
  topology.fills = fills(From::topology, "topology", tables.topologies);
  topology.standard = "server";
  Axis exchange = axis("training.exchange", tables.exchanges, "what travels");
  exchange.standard = "gradient";
  Axis gate = axis("training.gate", tables.gates, "who may take the next step");
  gate.standard = "barrier";
  Axis update = axis("training.update", tables.updates, "what a gradient does to the parameters");
  update.standard = "sgd";
  Axis merge = axis("training.merge", tables.merges, "how several contributions become one");
  merge.standard = "mean";
  Axis codec = axis("training.codec", tables.codecs,
                    "how a push is written; auto is sparse for gradients of sparse models");
  codec.words = {"auto"};
  codec.standard = "auto";
  schema.axes = {axis("model.kind", tables.models, "what is trained"),
                 std::move(preset),
                 std::move(topology),
                 std::move(exchange),
                 std::move(gate),
                 std::move(update),
                 std::move(merge),
                 std::move(codec)};
}

}  // namespace

Schema schema_of(const Tables& tables) {
  Schema schema;
  add_run(schema);
  add_data(schema);
  add(schema, data_source_keys());
  add_model(schema);
  add_training(schema);
  add_learning_rate(schema);
  add_stop(schema);
  add_swaps(schema);
  add(schema, cluster_keys());
  add(schema, pace_keys());
  schema.keys.push_back(monitor_interval());
  schema.keys.push_back(cost_per_node_hour());
  add_axes(schema, tables);
  schema.shorthands = {{"training.learning_rate", "training.learning_rate.start"},
                       {"training.stop.tolerance", "training.stop.tolerance.value"},
                       {"cluster.tls", "cluster.tls.mode"}};
  add_planned(schema);
  return schema;
}

}  // namespace troupe
