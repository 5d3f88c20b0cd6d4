/// Commands on a small data set: what a run folder holds, how lines look, and what
/// each refusal says.
#include <doctest/doctest.h>
#include <sys/stat.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/library/toy.hpp"

using nlohmann::json;
using troupe::test::call;
using troupe::test::Outcome;
using troupe::test::Scratch;
using troupe::test::small_config;
using troupe::test::small_data;

namespace {

std::vector<std::string> keys(const json& object) {
  std::vector<std::string> names;
  for (const auto& [name, value] : object.items()) names.push_back(name);
  return names;
}

}  // namespace

TEST_CASE("train: the run folder holds what a user relies on") {
  const Scratch scratch;
  const std::string config = small_config(scratch);
  const Outcome outcome = call({"train", config, "--run-dir", scratch.file("run")});
  REQUIRE(outcome.code == 0);
  CHECK(scratch.read("run/config.toml") == scratch.read("run.toml"));
  for (const std::string name : {"model.h5", "best.h5", "log.txt", "config.resolved.toml"})
    CHECK(std::filesystem::exists(scratch.file("run/" + name)));
  CHECK(outcome.out.find("done: epochs") == 0);
  CHECK(outcome.err.find("run folder  " + scratch.file("run")) == 0);
}

TEST_CASE("train: run.json is the owner's alone and says how it ended") {
  const Scratch scratch;
  call({"train", small_config(scratch), "--run-dir", scratch.file("run"), "-q"});
  struct stat facts {};
  REQUIRE(::stat(scratch.file("run/run.json").c_str(), &facts) == 0);
  CHECK((facts.st_mode & 0777U) == 0600U);
  const json card = json::parse(scratch.read("run/run.json"));
  CHECK(card["run"] == "run");
  CHECK(card["argv"].size() == 6);
  CHECK(card["seed"] == 7);
  CHECK(card["clock"] == "real");
  CHECK(card["status"] == "done");
  CHECK(card["exit"] == 0);
  CHECK(card["token"].get<std::string>().size() == 32);
}

TEST_CASE("train: metrics lines have the members that scripts read, type first") {
  const Scratch scratch;
  call({"train", small_config(scratch), "--run-dir", scratch.file("run"), "-q"});
  const auto lines = scratch.lines("run/metrics.jsonl");
  for (const std::string& line : lines) CHECK(line.find("{\"type\":\"") == 0);
  const json start = json::parse(lines.front());
  CHECK(keys(start) == std::vector<std::string>{"codec", "exchange", "gate", "merge", "parameters",
                                                "partitions", "run", "samples", "seed", "topology",
                                                "type", "update", "workers"});
  CHECK(start["gate"] == "barrier");
  CHECK(start["samples"] == 300);
  const json end = json::parse(lines.back());
  CHECK(end["type"] == "end");
  CHECK(end["status"] == "done");
  CHECK(end["delivered"] == 600);
  CHECK(end["validation"]["accuracy"].is_number());
  CHECK(end["weights_crc32c"].get<std::string>().size() == 8);
}

TEST_CASE("train: computed is delivered plus discarded, in every end line") {
  const Scratch scratch;
  for (const std::string host : {"train", "twin"}) {
    call({host, small_config(scratch), "--run-dir", scratch.file(host), "-q"});
    const json end = json::parse(scratch.lines(host + "/metrics.jsonl").back());
    std::uint64_t discarded = 0;
    for (const auto& [reason, rows] : end["discarded"].items())
      discarded += rows.get<std::uint64_t>();
    CHECK(end["computed"] == end["delivered"].get<std::uint64_t>() + discarded);
  }
}

TEST_CASE("train --json: standard output is metrics.jsonl and nothing else") {
  const Scratch scratch;
  const Outcome outcome =
      call({"train", small_config(scratch), "--run-dir", scratch.file("run"), "--json", "-q"});
  CHECK(outcome.out == scratch.read("run/metrics.jsonl"));
  CHECK(outcome.err == "");
}

TEST_CASE("train --dry-run: checks all and leaves nothing behind") {
  const Scratch scratch;
  const Outcome outcome =
      call({"train", small_config(scratch), "--run-dir", scratch.file("run"), "--dry-run"});
  CHECK(outcome.code == 0);
  CHECK(outcome.out.find("would run: small, seed 7") == 0);
  CHECK_FALSE(std::filesystem::exists(scratch.file("run")));
}

TEST_CASE("train: a folder in use is refused before anything is written") {
  const Scratch scratch;
  const std::string config = small_config(scratch);
  std::filesystem::create_directory(scratch.file("run"));
  scratch.write("run/mine.txt", "thesis");
  for (const std::string option : {"-q", "--dry-run"}) {
    const Outcome outcome = call({"train", config, "--run-dir", scratch.file("run"), option});
    CHECK(outcome.code == 2);
    CHECK(outcome.err ==
          scratch.file("run") + ": exists and is not empty; a run never writes over another one");
  }
  CHECK_FALSE(std::filesystem::exists(scratch.file("run/metrics.jsonl")));
}

TEST_CASE("train: a run folder that cannot be made is exit 3 and one line") {
  const Scratch scratch;
  const Outcome outcome =
      call({"train", small_config(scratch), "--run-dir", "/proc/no/such/place", "-q"});
  CHECK(outcome.code == 3);
  CHECK(outcome.err.find("/proc/no/such/place: cannot be made: ") == 0);
}

TEST_CASE("train: more nodes than workers and none at all are refused") {
  const Scratch scratch;
  const std::string config = small_config(scratch);
  CHECK(call({"train", config, "--nodes", "3"}).err ==
        "troupe train: --nodes 3 for training.workers = 2 leaves nodes idle; take more workers");
  CHECK(call({"train", config, "--nodes", "0"}).err ==
        "troupe train: --nodes 0 is no node; leave it out to train in this process");
  CHECK(call({"train", config, "-q", "-v"}).err == "troupe train: -q and -v exclude each other");
}

TEST_CASE("train: a missing data file is exit 3 and named") {
  const Scratch scratch;
  const Outcome outcome = call({"train", small_config(scratch), "-s", "data.path=none.h5"});
  CHECK(outcome.code == 3);
  CHECK(outcome.err.find("none.h5") != std::string::npos);
}

TEST_CASE("twin: the summary and run.json say that time was virtual") {
  const Scratch scratch;
  const Outcome outcome = call({"twin", small_config(scratch), "--run-dir", scratch.file("run")});
  CHECK(outcome.code == 0);
  CHECK(outcome.out.find("of virtual time") != std::string::npos);
  CHECK(json::parse(scratch.read("run/run.json"))["clock"] == "virtual");
}

TEST_CASE("twin: one seed gives one model, another seed another") {
  const Scratch scratch;
  const std::string config = small_config(scratch);
  const auto weights = [&](const std::string& name, const std::string& seed) {
    call({"twin", config, "--seed", seed, "--run-dir", scratch.file(name), "-q"});
    return json::parse(scratch.lines(name + "/metrics.jsonl").back())["weights_crc32c"];
  };
  const json first = weights("a", "7");
  CHECK(first == weights("b", "7"));
  CHECK(first != weights("c", "8"));
}

TEST_CASE("evaluate and predict: agree with each other on the trained model") {
  const Scratch scratch;
  call({"twin", small_config(scratch), "--run-dir", scratch.file("run"), "-q"});
  const std::string model = scratch.file("run/model.h5");
  const std::string data = scratch.file("data.h5");
  const json score =
      json::parse(call({"evaluate", "--model", model, "--data", data, "--json"}).out);
  CHECK(score["rows"] == 400);
  CHECK(score["accuracy"] > 0.8);
  std::istringstream lines(call({"predict", "--model", model, "--data", data}).out);
  std::istringstream chances(
      call({"predict", "--model", model, "--data", data, "--probabilities"}).out);
  int rows = 0;
  double one = 0;
  double chance = 0;
  double other = 0;
  while (lines >> one && chances >> other >> chance) {
    ++rows;
    CHECK((one > 0) == (chance > 0.5));
    CHECK(chance + other == doctest::Approx(1));
  }
  CHECK(rows == 400);
}

TEST_CASE("evaluate: data with other features than the model's is exit 3") {
  const Scratch scratch;
  call({"twin", small_config(scratch), "--run-dir", scratch.file("run"), "-q"});
  call({"data", "make", "linear", "--rows", "10", "--features", "6", "--out",
        scratch.file("six.h5")});
  const Outcome outcome =
      call({"evaluate", "--model", scratch.file("run/model.h5"), "--data", scratch.file("six.h5")});
  CHECK(outcome.code == 3);
  CHECK(outcome.err.find("six.h5: has 6 features, but the model has 5") != std::string::npos);
}

TEST_CASE("init: what it writes is a configuration that trains") {
  const Scratch scratch;
  const std::string data = small_data(scratch);
  REQUIRE(call({"init", data, "--out", scratch.file("new.toml")}).code == 0);
  CHECK(call({"config", "check", scratch.file("new.toml")}).out ==
        scratch.file("new.toml") + ": ok\n");
  CHECK(call({"twin", scratch.file("new.toml"), "--run-dir", scratch.file("run"), "-q"}).code == 0);
  CHECK(call({"init", data, "--out", scratch.file("new.toml")}).err ==
        scratch.file("new.toml") + ": exists; init never writes over a file");
}

TEST_CASE("init: several classes get a model for classes, numbers one for numbers") {
  const Scratch scratch;
  const auto kind_for = [&](std::vector<std::string> make) {
    make.insert(make.end(), {"--seed", "1", "--out", scratch.file("kind.h5")});
    REQUIRE(call(make).code == 0);
    const std::string text = call({"init", scratch.file("kind.h5")}).out;
    std::ofstream(scratch.file("kind.toml")) << text;
    CHECK(call({"train", scratch.file("kind.toml"), "--dry-run"}).code == 0);
    return text.substr(text.find("kind = "), 13);
  };
  CHECK(kind_for({"data", "make", "digits", "--rows", "1000"}) == "kind = \"softm");
  CHECK(kind_for({"data", "make", "linear", "--rows", "1000", "--real-labels"}) ==
        "kind = \"linea");
}

TEST_CASE("config show: what it prints loads again to the same") {
  const Scratch scratch;
  const std::string shown = call({"config", "show", small_config(scratch)}).out;
  const std::string again = call({"config", "show", scratch.write("again.toml", shown)}).out;
  CHECK(shown == again);
  CHECK(call({"config", "show", scratch.file("run.toml"), "--origin"}).out.find("run.toml:") !=
        std::string::npos);
}

TEST_CASE("config show: which choices go together, with the reason where they do not") {
  const Scratch scratch;
  const std::string shown = call({"config", "show", small_config(scratch), "--combinations"}).out;
  CHECK(shown.find("training.wait with training.gate\n") != std::string::npos);
  CHECK(shown.find("  no: behind a barrier no gradient is late, and there is nothing to predict") !=
        std::string::npos);
}

TEST_CASE("config: a wrong key is file, line, column and a near one") {
  const Scratch scratch;
  const std::string path = scratch.write("bad.toml", "[training]\nworkes = 2\n");
  const Outcome outcome = call({"config", "check", path});
  CHECK(outcome.code == 2);
  CHECK(outcome.err.find(path +
                         ":2:1: unknown key 'workes' in [training], did you mean 'workers'?") == 0);
}

TEST_CASE("doctor: says a line about each part and no part has failed here") {
  const Outcome outcome = call({"doctor"});
  for (const std::string part : {"processor", "cores", "memory", "hdf5", "loopback", "disk"})
    CHECK(outcome.out.find("  " + part + " ") != std::string::npos);
  CHECK(outcome.code == (outcome.out.find("fail  ") == std::string::npos ? 0 : 1));
}
