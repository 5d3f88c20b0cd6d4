/// What Troupe's own schema refuses and fills in, without any data.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/user_error.hpp"
#include "runtime/assemble.hpp"
#include "runtime/combinations.hpp"
#include "tests/runtime/all_tables.hpp"

using namespace troupe;

namespace {

using testing::all;

const std::string head = "data.path = \"rcv1.h5\"\nmodel.kind = \"svm\"\n";

Config load(const std::string& text, const std::vector<std::string>& overrides = {}) {
  return load_config(all(), {"run.toml", head + text, {}, overrides});
}

/// The line that loading fails with; "" when it does not. The text starts at line 3.
std::string refusal(const std::string& text, const std::vector<std::string>& overrides = {}) {
  try {
    load(text, overrides);
  } catch (const UserError& error) {
    CHECK(error.code() == ExitCode::usage);
    return error.what();
  }
  return "";
}

std::string refusal_of(const std::string& text) {
  try {
    load_config(all(), {"run.toml", text, {}, {}});
  } catch (const UserError& error) {
    return error.what();
  }
  return "";
}

std::string choice(const Config& config, const char* key) {
  return config.settings().text(std::string("training.") + key);
}

std::string read(const std::filesystem::path& path) {
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

}  // namespace

TEST_CASE("load_config: data and model are asked for") {
  CHECK(refusal_of("model.kind = \"svm\"\n") ==
        "run.toml: data.path is missing: the training set, an HDF5 file");
  CHECK(refusal_of("[data]\npath = \"\"\n[model]\nkind = \"svm\"\n") ==
        "run.toml:2:1: data.path is missing: the training set, an HDF5 file");
  CHECK(refusal_of("data.path = \"a.h5\"\n")
            .starts_with("run.toml: model.kind is missing: one of \"svm\", \"logistic\""));
}

TEST_CASE("load_config: a mistyped key, choice or table is one line") {
  CHECK(refusal("[training]\nworkes = 4\n") ==
        "run.toml:4:1: unknown key 'workes' in [training], did you mean 'workers'?");
  CHECK(refusal("[training]\ngate = \"barier\"\n").ends_with("; did you mean \"barrier\"?"));
  CHECK(refusal("[training.momentum]\nbeta = 0.9\n") ==
        "run.toml:3:11: [training.momentum] is for training.update = \"momentum\", which nothing "
        "in the file chooses; there stands training.update = \"sgd\" (default)");
  CHECK(refusal("[training]\nbatch = 0\n") ==
        "run.toml:4:1: training.batch must be an integer from 1 to 1000000000 or \"all\", not 0");
}

TEST_CASE("load_config: what comes later is refused as such") {
  const std::vector<std::pair<std::string, std::string>> later{
      {"[checkpoint]\nevery = 1\n", "run.toml:3:2: [checkpoint] comes with a later version"},
      {"[record]\n", "run.toml:3:2: [record] comes with a later version"},
      {"data.augment = \"crop\"\n", "run.toml:3:6: 'augment' in [data] comes with a later version"},
      {"[training]\nmerge = \"median\"\n",
       "run.toml:4:1: training.merge = \"median\" comes with a later version"},
      {"[training.median]\nof = 4\n",
       "run.toml:3:11: [training.median] comes with a later version"},
  };
  for (const auto& [text, line] : later) CHECK(refusal(text) == line);
}

TEST_CASE("load_config: what is a drawing so far is refused where it would have to run") {
  Tables more = tables();
  TopologyKind sketch = more.topologies.at("server");
  sketch.kind = {.name = "sketch", .sentence = "a server that nobody plays yet"};
  sketch.slices = {};
  sketch.unplayed = [](const Settings&) { return std::string("training.topology"); };
  more.topologies.add(sketch);
  const auto unplayed = [&](const std::vector<std::string>& overrides) -> std::string {
    const Config config = load_config(more, {"run.toml", head, {}, overrides});
    draw_topology(config, more);
    try {
      refuse_unplayed(config, more);
    } catch (const UserError& error) {
      return error.what();
    }
    return "";
  };
  CHECK(unplayed({"topology=sketch"}) ==
        "-s topology=sketch: training.topology = \"sketch\" is a drawing so far, for 'troupe "
        "topology show' and 'lint': its actors come with a later version");
  for (const char* played :
       {"topology=serial", "topology=server", "topology=shared", "topology=tree", "topology=ring"})
    CHECK(unplayed({played}).empty());
}

TEST_CASE("load_config: on one memory gradients are stepped by plain sgd, and nobody waits") {
  const std::string shared = "topology=shared";
  CHECK(choice(load("", {shared}), "gate") == "open");
  CHECK(refusal("", {shared, "exchange=state"}) ==
        "-s exchange=state: training.exchange = \"state\" does not go with training.topology = "
        "\"shared\" (-s topology=shared): workers on one memory have no replicas");
  CHECK(refusal("", {shared, "gate=barrier"}).ends_with("nobody is there to make others wait"));
  CHECK(refusal("", {shared, "update=momentum"}) ==
        "-s update=momentum: training.update = \"momentum\" has a state, which on one memory would "
        "have to be everybody's: take \"sgd\", or gate = \"free\", where one steps for all");
  CHECK(refusal("", {shared, "workers=2", "partitions=4"})
            .ends_with("nobody gives turns, and each worker has rows of its own"));
  CHECK(refusal("", {shared, "cluster.nodes=2"}) ==
        "-s topology=shared: training.topology = \"shared\" is one memory in one process: leave "
        "cluster.nodes = 2 (-s cluster.nodes=2) out, or take training.topology = \"server\"");
}

TEST_CASE("load_config: whoever steps on a clock of his own needs gradients that stand") {
  CHECK(refusal("", {"gate=free"}) ==
        "-s gate=free: training.gate = \"free\" does not go with training.merge = \"mean\" "
        "(default): who steps on a clock of his own needs gradients that stand until they are "
        "replaced, and only he has a use for them");
  CHECK(choice(load("", {"gate=free", "merge=replaced"}), "topology") == "server");
  CHECK(refusal("", {"topology=shared", "gate=free", "merge=replaced", "access=store"}) ==
        "-s access=store: training.shared.access = \"store\" does not go with training.merge = "
        "\"replaced\" (-s merge=replaced): a write that is lost would stay in the sum for ever; "
        "take \"add\" or \"lock\"");
}

TEST_CASE("load_config: a ring takes what can be summed up part by part") {
  CHECK(load("", {"topology=ring", "algorithm=asgd"}).settings().text("training.gate") ==
        "barrier");
  CHECK(refusal("", {"topology=ring", "gate=open"}) ==
        "-s gate=open: training.gate = \"open\" does not go with training.topology = \"ring\" (-s "
        "topology=ring): around a ring all sum up together: it needs gate = \"barrier\"");
  CHECK(
      refusal("", {"topology=ring", "codec=sparse"}) ==
      "-s codec=sparse: training.codec = \"sparse\" does not go with training.topology = \"ring\" "
      "(-s topology=ring): a part of a sum goes on before it is whole: it travels entry by entry, "
      "in order");
  CHECK(refusal("", {"topology=tree", "gate=open", "pull=snapshot"}) ==
        "-s pull=snapshot: training.pull = \"snapshot\" does not go with training.topology = "
        "\"tree\" (-s topology=tree): the holder of the model does not know what each one below a "
        "branch has of it already");
  CHECK(refusal("", {"reduction=exact", "gate=open"}) ==
        "-s reduction=exact: training.reduction = \"exact\" does not go with training.gate = "
        "\"open\" (-s gate=open): only behind a barrier is there a sum whose order could matter");
  CHECK(refusal("", {"reduction=exact", "wait=never", "pull=dense"})
            .ends_with("whoever does not wait is not in a round with the others"));
}

TEST_CASE("load_config: pushes and pulls of their own rhythm are for deltas, and fit each other") {
  CHECK(refusal("", {"push_every=2"}) ==
        "-s push_every=2: training.push_every = 2 is for training.exchange = \"delta\", but there "
        "stands training.exchange = \"gradient\" (default)");
  CHECK(refusal("", {"exchange=delta", "gate=open", "push_every=2", "pull_every=3"}) ==
        "-s pull_every=3: training.pull_every = 3 must be a multiple of training.push_every = 2 "
        "(-s push_every=2): what a replica moved by would be lost between the two");
}

TEST_CASE("load_config: peers tell each other states, and one key makes a run one of peers") {
  const Config swapped = load("training.algorithm = \"ssgd\"\n", {"topology=gossip"});
  CHECK(choice(swapped, "exchange") == "state");
  CHECK(choice(swapped, "gate") == "open");
  CHECK(choice(swapped, "merge") == "parzen");
  CHECK(refusal("", {"topology=gossip", "exchange=gradient"}) ==
        "-s exchange=gradient: training.exchange = \"gradient\" does not go with training.topology "
        "= \"gossip\" (-s topology=gossip): peers tell each other their states");
  CHECK(refusal("", {"topology=gossip", "gate=quorum"})
            .ends_with("a peer waits for all whom it hears, or for nobody"));
  CHECK(refusal("", {"merge=parzen"})
            .ends_with("some merges are for peers, some for one who holds the model"));
  CHECK(
      refusal("", {"topology=gossip", "merge=push_sum"})
          .ends_with("its weights must all arrive: a newer state that replaces an older one would "
                     "lose some"));
  CHECK(refusal("", {"topology=gossip", "workers=4", "partitions=8"}) ==
        "-s partitions=8: data.partitions = 8 must be as many as training.workers = 4 (-s "
        "workers=4): each peer has rows and a state of its own");
}

TEST_CASE("load_config: who is answered with what, and who waits, fits the other axes") {
  CHECK(choice(load(""), "reply") == "model");
  CHECK(choice(load(""), "wait") == "reply");
  const Config peers = load("", {"topology=gossip"});
  CHECK(choice(peers, "reply") == "none");
  CHECK(choice(peers, "wait") == "never");
  CHECK(choice(load("", {"topology=gossip", "gate=barrier", "merge=mean"}), "wait") == "reply");
  const Config never = load("", {"wait=never", "merge=newest"});
  CHECK(never.settings().integer("training.ahead") == 8);
  CHECK(choice(never, "pull") == "changed");

  const std::vector<std::pair<std::vector<std::string>, std::string>> clashes{
      {{"wait=never"}, "\"newest\" does"},
      {{"wait=never", "gate=bounded"}, "this gate makes workers wait for each other's steps"},
      {{"wait=never", "gate=open", "ahead=1"},
       "with one turn at a time it waits for leave to take the next"},
      {{"wait=never", "exchange=delta", "gate=open"},
       "a replica goes on from where the last exchange left it"},
      {{"wait=never", "merge=newest", "pull=sparse"},
       "a sparse pull brings what one turn reads, and whoever does not wait is at another one"},
      {{"topology=gossip", "wait=reply"}, "without a barrier a peer waits for nobody"},
      {{"topology=gossip", "gate=barrier", "merge=mean", "wait=never"},
       "behind a barrier a peer waits for those it hears"},
      {{"topology=gossip", "reply=model"}, "peers answer nobody"},
      {{"reply=gradient", "gate=open"},
       "one merged gradient for all needs a gate that opens for "
       "all at once"},
      {{"reply=gradient", "update=momentum"},
       "every worker applies the merged gradient, and only plain sgd has no state that it lacks"},
      {{"reply=none"}, "replicas with a model or nothing"},
      {{"reply=none", "exchange=state", "gate=open", "merge=elastic"},
       "a replica that meets the model must hear of it"},
  };
  for (const auto& [overrides, reason] : clashes) {
    CAPTURE(reason);
    CHECK(refusal("", overrides).ends_with(reason));
  }
}

TEST_CASE("load_config: elastic replicas meet the model one by one") {
  CHECK(refusal("", {"merge=elastic"}) ==
        "-s merge=elastic: training.merge = \"elastic\" does not go with training.exchange = "
        "\"gradient\" (default): this merge is made of whole replicas: it needs exchange = "
        "\"state\"");
  CHECK(refusal("", {"merge=elastic", "exchange=state"}) ==
        "-s merge=elastic: training.merge = \"elastic\" does not go with training.gate = "
        "\"barrier\" (default): each replica meets the model alone, when it arrives");
}

TEST_CASE("load_config: a global shuffle needs all rows in memory") {
  CHECK(refusal("data.shuffle = \"global\"\ndata.memory = \"1 GiB\"\n") ==
        "run.toml:4:6: data.memory = 1073741824 does not go with data.shuffle = "
        "\"global\" (run.toml:3:6): that draws from all rows at once, so all of them must be in "
        "memory; \"local\" keeps within a bound");
}

TEST_CASE("load_config: a choice that a program brings is not a later version's") {
  Tables own = tables();
  own.merges.add(
      {.kind = {.name = "median", .sentence = "our own"}, .make = own.merges.at("mean").make});
  const Config config =
      load_config(own, {"run.toml", head + "training.merge = \"median\"\n", {}, {}});
  CHECK(choice(config, "merge") == "median");
}

TEST_CASE("load_config: cluster.tls is a word or three files") {
  const std::string files = "{ ca = \"a\", certificate = \"b\", key = \"c\" }";
  CHECK(refusal("cluster.tls = " + files + "\n").empty());
  CHECK(refusal("cluster = { listen = \"0.0.0.0:7000\", tls = " + files + " }\n").empty());
  CHECK(refusal("cluster.tls = { ca = \"a\" }\n")
            .ends_with("cluster.tls.ca needs cluster.tls.key beside it: TLS takes the CA's "
                       "certificate, this host's and its key"));
  CHECK(refusal("cluster.tls = { mode = \"auto\", ca = \"a\", certificate = \"b\", key = \"c\" }\n")
            .find("contradicts cluster.tls.mode = \"auto\"") != std::string::npos);
}

TEST_CASE("load_config: what an entry of [pace] lacks is said at the entry") {
  CHECK(refusal("[[pace.fault]]\nwhat = \"crash\"\nat = 3\n") ==
        "run.toml:5:1: [[pace.fault]] needs 'who', a worker such as \"worker 2\"");
  CHECK(refusal("[[pace.fault]]\nwho = \"worker 0\"\n") ==
        "run.toml:4:1: [[pace.fault]] needs 'at', the time, such as 3.0 or \"500ms\"");
  CHECK(refusal("[[pace.fault]]\nwho = \"worker 0\"\nat = 3\n") ==
        "run.toml:5:1: [[pace.fault]] needs 'for', how long the pause is, such as 1.0 or "
        "\"500ms\"");
  CHECK(refusal("[[pace.worker]]\nwho = \"worker 0\"\n") ==
        "run.toml:4:1: [[pace.worker]] needs 'step', a distribution such as \"2+exp(1)\"");
}

TEST_CASE("load_config: a fault or a link is judged where it stands") {
  CHECK(refusal("[[pace.fault]]\nwho = \"worker 0\"\nwhat = \"crsh\"\nat = 1\n") ==
        "run.toml:5:1: pace.fault.0.what must be one of \"pause\", \"freeze\", \"cut\", "
        "\"crash\", not \"crsh\"; did you mean \"crash\"?");
  CHECK(refusal("[[pace.link]]\nloss = 1.0\n") ==
        "run.toml:4:1: pace.link.0.loss must be a share from 0 to 0.9, not 1.0");
  CHECK(refusal("[[pace.link]]\n[[pace.link]]\ndelay = \"exp\"\n") ==
        "run.toml:5:1: pace.link.1.delay = \"exp\": expected '(' at column 4, not the end");
}

TEST_CASE("load_config: words and addresses are checked") {
  CHECK(refusal("", {"name=a/b"}) ==
        "-s name=a/b: name = \"a/b\" is no folder's name: use letters, digits, '-', '_' and '.'");
  CHECK(refusal("", {"name=.."}).starts_with("-s name=..: name = \"..\" is no folder's name"));
  CHECK(
      refusal("cluster.listen = \"0.0.0.0\"\n") ==
      "run.toml:3:9: cluster.listen = \"0.0.0.0\" is reached from other machines, so it needs TLS: "
      "make certificates with 'troupe keys new DIR HOST...' and give cluster.tls = { ca, "
      "certificate, key }");
  CHECK(refusal("cluster.listen = \"127.0.0.1:7000\"\n").empty());
  CHECK(refusal("cluster = { listen = \"0.0.0.0\", tls = \"auto\" }\n").empty());
  CHECK(refusal("cluster.listen = \"a:b:c\"\n") ==
        "run.toml:3:9: cluster.listen = \"a:b:c\" is no address: give HOST, HOST:PORT or "
        "[ADDRESS]:PORT");
  CHECK(refusal("cluster.lost_after = \"300ms\"\n") ==
        "run.toml:3:9: cluster.lost_after = 0.3 must be at least twice cluster.heartbeat = 0.2 "
        "(default)");
  CHECK(refusal("pace.step = \"1+expo(2)\"\n") ==
        "run.toml:3:6: pace.step = \"1+expo(2)\": expected a number, exp(rate), uniform(low, high) "
        "or normal(mean, deviation) at column 3, not 'expo(2)'");
  CHECK(refusal("pace.step = \"exp(1ms)\"\n") ==
        "run.toml:3:6: pace.step = \"exp(1ms)\": expected a rate (exp(1000) has a mean of 1ms) at "
        "column 5, not '1ms)'");
}

TEST_CASE("load_config: a learning rate says all that its kind needs") {
  const std::string table = "[training.learning_rate]\n";
  CHECK(refusal(table + "kind = \"step\"\n") ==
        "run.toml:4:1: training.learning_rate.kind = \"step\" needs training.learning_rate.at, the "
        "epochs at which it falls");
  CHECK(
      refusal(table + "kind = \"step\"\nat = [4, 2]\n") ==
      "run.toml:5:1: training.learning_rate.at = [4.0, 2.0] must rise from one epoch to the next");
  CHECK(refusal(table + "at = [4]\n") ==
        "run.toml:4:1: training.learning_rate.at is for training.learning_rate.kind = \"step\", "
        "but there stands training.learning_rate.kind = \"constant\" (default)");
  CHECK(refusal(table + "kind = \"cosine\"\n[training.stop]\ntime = \"3s\"\n") ==
        "run.toml:4:1: training.learning_rate.kind = \"cosine\" needs training.stop.epochs: the "
        "rate falls to 0 over them");
  CHECK(refusal(table + "kind = \"cosine\"\n").empty());
  CHECK(refusal(table + "kind = \"inverse\"\n", {"l2=0"}) ==
        "run.toml:4:1: training.learning_rate.kind = \"inverse\" needs "
        "training.learning_rate.decay, as model.l2 = 0.0 (-s l2=0)");
}

TEST_CASE("load_config: a schedule's key that -s left without its kind is marked unused") {
  const Config config = load("[training.learning_rate]\nkind = \"step\"\nat = [4]\n",
                             {"learning_rate.kind=constant"});
  CHECK(config.unused().contains("training.learning_rate.at"));
}

TEST_CASE("load_config: the stop rule contradicts neither itself nor the data") {
  CHECK(refusal("[training.stop]\ntolerance = { phi = 0.5, value = 1e-3 }\n") ==
        "run.toml:4:15: training.stop.tolerance.phi = 0.5 and training.stop.tolerance.value = "
        "0.001 (run.toml:4:26) contradict each other: give one");
  CHECK(refusal("training.stop.tolerance = { lipschitz = 2 }\n") ==
        "run.toml:3:29: training.stop.tolerance.lipschitz is of use only with "
        "training.stop.tolerance.phi");
  CHECK(refusal("training.stop.tolerance.phi = 0.5\n", {"l2=0"}) ==
        "run.toml:3:25: training.stop.tolerance.phi = 0.5 needs model.l2 > 0 (it is c of the "
        "formula), but there stands model.l2 = 0.0 (-s l2=0)");
  CHECK(refusal("training.stop.target = 0.9\n", {"validation=0"}) ==
        "run.toml:3:15: training.stop.target = 0.9 needs validation rows, but there stands "
        "data.validation = 0.0 (-s validation=0)");
}

TEST_CASE("load_config: without a stop key it stops after ten epochs") {
  CHECK(load("").settings().number("training.stop.epochs") == 10);
  CHECK_FALSE(load("training.stop.time = \"3s\"\n").has("training.stop.epochs"));
  CHECK(load("training.stop = { epochs = 3 }\n").settings().number("training.stop.epochs") == 3);
  CHECK(load("", {"stop={steps=5}"}).settings().integer("training.stop.steps") == 5);
  CHECK(load("", {"stop.tolerance=1e-4"}).settings().number("training.stop.tolerance.value") ==
        1e-4);
}

TEST_CASE("load_config: every worker has a partition, every order a meaning") {
  CHECK(refusal("[training]\nworkers = 4\n", {"partitions=2"}) ==
        "-s partitions=2: data.partitions = 2 leaves workers without a partition: training.workers "
        "= 4 (run.toml:4:1)");
  CHECK(refusal("", {"replacement=true", "shuffle=none"}) ==
        "-s shuffle=none: data.shuffle = \"none\" says an order, but with data.replacement = true "
        "(-s replacement=true) rows are drawn in none");
}

TEST_CASE("load_config: choices that do not go together are refused with the reason") {
  const std::vector<std::pair<std::string, std::string>> clashes{
      {"[training]\nexchange = \"state\"\nmerge = \"sum\"\n",
       "run.toml:5:1: training.merge = \"sum\" does not go with training.exchange = \"state\" "
       "(run.toml:4:1): this merge makes no model of several replicas"},
      {"[training]\nexchange = \"state\"\npull = \"sparse\"\n",
       "run.toml:5:1: training.pull = \"sparse\" does not go with training.exchange = \"state\" "
       "(run.toml:4:1): a replica that descends needs every weight, not those of one batch"},
      {"[training]\nexchange = \"state\"\ncodec = \"changed\"\n",
       "run.toml:5:1: training.codec = \"changed\" does not go with training.exchange = \"state\" "
       "(run.toml:4:1): after a descent nearly every weight differs from the last one sent, index "
       "and all"},
      {"model.regularise = \"lazy\"\n",
       "run.toml:3:7: model.regularise = \"lazy\" does not go with training.exchange = "
       "\"gradient\" (default): lazy scales a replica that descends in place; gradients that "
       "travel take per_feature"},
      {"model.regularise = \"dense\"\ntraining.pull = \"sparse\"\n",
       "run.toml:3:7: model.regularise = \"dense\" does not go with training.pull = \"sparse\" "
       "(run.toml:4:10): a dense penalty needs every weight, a sparse pull brings only a batch's"},
      {"model.regularise = \"lazy\"\n[training]\ntopology = \"serial\"\nupdate = \"momentum\"\n",
       "run.toml:3:7: model.regularise = \"lazy\" does not go with training.update = \"momentum\" "
       "(run.toml:6:1): lazy is part of the fused loop of plain sgd; this update takes "
       "per_feature"},
  };
  for (const auto& [text, line] : clashes) CHECK(refusal(text) == line);
}

TEST_CASE("load_config: what several shards cannot do is refused with a reason") {
  const std::vector<std::pair<std::string, std::string>> clashes{
      {"pull=sparse",
       "of each slice all is pulled, or a turn would begin with parts of several "
       "models"},
      {"reply=gradient", "no shard has the whole gradient to answer with"},
      {"wait=never", "a worker waits for all slices of a model"},
      {"update=delay_compensated", "it looks at the whole model, of which each shard has a slice"},
      {"merge=elastic", "shards merge what one update takes, and keep nothing for the next one"},
      {"codec=changed", "it remembers what it sent, and what is cut is no longer that"},
      {"reduction=exact", "the scale of an exact sum is that of the whole model"},
  };
  for (const auto& [choice, why] : clashes) {
    CAPTURE(choice);
    const std::string gate = choice == "merge=elastic" ? "gate=open" : "gate=barrier";
    const std::string exchange = choice == "merge=elastic" ? "exchange=state" : "exchange=gradient";
    const std::string line = refusal("", {gate, exchange, "shards=2", choice});
    CHECK(line.find("training.server.shards = 2") != std::string::npos);
    CHECK(line.ends_with(why));
    CHECK(refusal("", {gate, exchange, "shards=1", choice}).find("shards") == std::string::npos);
  }
  CHECK(refusal("", {"shards=3", "gate=free", "merge=replaced"}) ==
        "-s shards=3: training.server.shards = 3 does not go with training.gate = \"free\" (-s "
        "gate=free): shards have no clock in common on which they could step");
  CHECK(refusal("", {"shards=3", "topology=tree"}).empty());
}

TEST_CASE("load_config: a clash blames what was said last") {
  CHECK(refusal("training.merge = \"sum\"\n", {"exchange=state"})
            .starts_with("-s exchange=state: training.exchange = \"state\" does not go with "
                         "training.merge = \"sum\" (run.toml:3:10): "));
}

TEST_CASE("load_config: the table of combinations is what is refused") {
  const std::string text = combinations_text(all());
  CHECK(text.find("training.merge with training.exchange\n"
                  "                gradient      state         delta\n"
                  "  mean          yes           yes           yes\n"
                  "  sum           yes           no            yes\n"
                  "  newest        yes           no            yes\n"
                  "  elastic       yes           yes           yes\n"
                  "  parzen        yes           yes           yes\n"
                  "  push_sum      yes           yes           yes\n"
                  "  replaced      yes           no            yes\n"
                  "  no: this merge makes no model of several replicas\n") != std::string::npos);
  CHECK(text.find("training.server.shards with training.pull\n"
                  "                dense         sparse        snapshot      changed\n"
                  "  1             yes           yes           yes           yes\n"
                  "  more          yes           no            no            no\n") !=
        std::string::npos);
}

TEST_CASE("load_config: auto becomes a word where the axes decide it") {
  const Config states = load("", {"exchange=state"});
  CHECK(states.settings().text("model.regularise") == "lazy");
  CHECK(choice(states, "pull") == "dense");
  CHECK(choice(states, "codec") == "dense");
  const Config gradients = load("");
  CHECK(gradients.settings().text("model.regularise") == "per_feature");
  CHECK(choice(gradients, "pull") == "auto");
  CHECK(choice(load("", {"update=momentum"}), "pull") == "dense");
  CHECK(load("", {"exchange=state", "update=momentum"}).settings().text("model.regularise") ==
        "per_feature");
}

TEST_CASE("load_config: one key swaps the topology, explicit keys stand") {
  const Config config = load("training.algorithm = \"local_sgd\"\n", {"topology=serial"});
  CHECK(config.settings().is_text("training.local_steps"));
  CHECK(choice(config, "exchange") == "state");
  const Config kept =
      load("training.algorithm = \"asgd\"\ntraining.gate = \"open\"\n", {"topology=serial"});
  CHECK(choice(kept, "exchange") == "state");
  CHECK(choice(kept, "gate") == "open");
}

TEST_CASE("load_config: paths are absolute, so that nodes find them") {
  CHECK(load("").settings().text("data.path") ==
        (std::filesystem::current_path() / "rcv1.h5").string());
}

TEST_CASE("load_config: every preset loads, and what it resolves to loads again") {
  for (const Preset& preset : all().presets) {
    const Config config = load("", {"algorithm=" + preset.kind.name});
    const std::string text = resolved_text(schema_of(all()), config, false);
    const Config again = load_config(all(), {"resolved.toml", text, {}, {}});
    CHECK(again.settings().values() == config.settings().values());
    CHECK(config.origin("training.topology").where == "preset " + preset.kind.name);
  }
}

TEST_CASE("load_config: every preset has an example that loads") {
  const std::filesystem::path examples =
      std::filesystem::path(TROUPE_SOURCE_DIR) / "config/examples";
  for (const Preset& preset : all().presets) {
    const auto path = examples / (preset.kind.name + ".toml");
    CAPTURE(path.string());
    REQUIRE(std::filesystem::exists(path));
    const Config config = load_config(all(), {path.string(), read(path), {}, {}});
    CHECK(choice(config, "algorithm") == preset.kind.name);
  }
}

TEST_CASE("load_config: config/reference.toml is what the schema says") {
  const auto path = std::filesystem::path(TROUPE_SOURCE_DIR) / "config/reference.toml";
  const bool same = read(path) == reference_text(schema_of(all()));
  INFO("write it again: troupe config schema --reference > config/reference.toml");
  CHECK(same);
}

TEST_CASE("load_config: every key and kind of the schema has a sentence") {
  const Schema schema = schema_of(all());
  for (const Key& key : schema.keys) {
    CAPTURE(key.path);
    CHECK_FALSE(key.sentence.empty());
  }
  for (const Axis& axis : schema.axes)
    for (const Kind& kind : axis.kinds) {
      CAPTURE(kind.name);
      CHECK_FALSE(kind.sentence.empty());
      for (const Key& key : kind.keys) CHECK_FALSE(key.sentence.empty());
    }
}
