/// What wins over what, what a choice fills in, and how values are written.
#include "config/catalogue.hpp"
#include "toy.hpp"

namespace troupe {
namespace {

TEST_CASE("config: default, file, environment and -s in this order") {
  const std::string text = "[run]\nworkers = 2\n";
  const std::pair<std::string, std::string> variable{"TROUPE__RUN__WORKERS", "3"};
  CHECK(load("").settings().integer("run.workers") == 1);
  CHECK(load(text).settings().integer("run.workers") == 2);
  CHECK(load(text, {}, {variable}).settings().integer("run.workers") == 3);
  CHECK(load(text, {"workers=4"}, {variable}).settings().integer("run.workers") == 4);
  CHECK(load(text, {"workers=4", "run.workers=5"}).settings().integer("run.workers") == 5);
}

TEST_CASE("config: every value knows where it came from") {
  const Config config = load("[run]\nworkers = 2\npreset = \"quick\"\n", {"time=30s"},
                             {{"TROUPE__RUN__VERBOSE", "true"}});
  CHECK(config.origin("run.workers").where == "run.toml:2:1");
  CHECK(config.origin("run.gate").where == "preset quick");
  CHECK(config.origin("run.rate.start").where == "default");
  CHECK(config.origin("run.time").where == "-s time=30s");
  CHECK(config.origin("run.verbose").where == "TROUPE__RUN__VERBOSE");
  CHECK(config.describe("run.workers") == "run.workers = 2 (run.toml:2:1)");
  CHECK(config.describe("data.path") == "data.path (unset)");
  CHECK(config.set_by_user("run.verbose"));
  CHECK_FALSE(config.set_by_user("run.gate"));
}

TEST_CASE("config: a preset fills what the user left unset") {
  CHECK(load("[run]\npreset = \"quick\"\n").settings().integer("run.batch") == 4);
  CHECK(load("[run]\npreset = \"quick\"\nbatch = 8\n").settings().integer("run.batch") == 8);
}

TEST_CASE("config: a preset keeps its word against the topology that it chose itself") {
  const Config config = load("[run]\npreset = \"quick\"\n");
  CHECK(config.settings().text("run.gate") == "wide");
  CHECK(config.settings().integer("run.workers") == 5);
}

TEST_CASE("config: the user's topology ranks over a preset") {
  const Config config = load("[run]\npreset = \"quick\"\n", {"shape=line"});
  CHECK(config.settings().text("run.gate") == "narrow");
  CHECK(config.origin("run.gate").where == "shape line");
}

TEST_CASE("config: an explicit key beats the topology") {
  CHECK(load("[run]\nshape = \"star\"\ngate = \"wide\"\n").settings().text("run.gate") == "wide");
}

TEST_CASE("config: a shorthand is its table's main key, everywhere") {
  CHECK(load("[run]\nrate = 2\n").settings().number("run.rate.start") == 2);
  CHECK(load("", {"rate=2"}).settings().number("run.rate.start") == 2);
  CHECK(load("", {"run.rate=2.5"}).settings().number("run.rate.start") == 2.5);
  CHECK(load("", {}, {{"TROUPE__RUN__RATE", "3"}}).settings().number("run.rate.start") == 3);
  const Config config = load("run.rate = { start = 3, kind = \"falling\" }\n", {"rate=4"});
  CHECK(config.settings().number("run.rate.start") == 4);
  CHECK(config.settings().text("run.rate.kind") == "falling");
}

TEST_CASE("config: an inline table of -s sets its keys") {
  const Config config = load("", {"rate={start = 3, kind = 'falling'}"});
  CHECK(config.settings().number("run.rate.start") == 3);
  CHECK(config.settings().text("run.rate.kind") == "falling");
}

TEST_CASE("config: values from outside are TOML, bare words are texts") {
  CHECK(load("", {"name=fast one"}).settings().text("name") == "fast one");
  CHECK(load("", {"name=007"}).settings().text("name") == "007");
  CHECK(load("", {"name=\"7\""}).settings().text("name") == "7");
  CHECK(load("", {"name="}).settings().text("name").empty());
  CHECK(load("", {"batch=all"}).settings().is_text("run.batch"));
  CHECK(load("", {"at=[1, 2.5]"}).settings().numbers("run.at") == std::vector{1.0, 2.5});
  CHECK(load("", {"files=a.h5"}).settings().texts("run.files") == std::vector<std::string>{"a.h5"});
  CHECK(load("", {"verbose=true"}).settings().flag("run.verbose"));
}

TEST_CASE("config: a value cannot smuggle in a second key") {
  CHECK(refusal("", {"batch=1\nrun.workers = 9"}).starts_with("-s batch=1 run.workers = 9: "));
  const Config config = load("", {"name=1\nworkers = 9"});
  CHECK(config.settings().text("name") == "1\nworkers = 9");
  CHECK(config.settings().integer("run.workers") == 1);
}

TEST_CASE("config: durations are seconds") {
  const std::vector<std::pair<std::string, double>> cases{
      {"\"30s\"", 30},    {"\"500ms\"", 0.5}, {"\"2m\"", 120}, {"\"1h\"", 3600}, {"\"50us\"", 5e-5},
      {"\"60ns\"", 6e-8}, {"\"1.5s\"", 1.5},  {"2", 2},        {"0.25", 0.25}};
  for (const auto& [text, seconds] : cases)
    CHECK(load("run.time = " + text + "\n").settings().number("run.time") ==
          doctest::Approx(seconds));
}

TEST_CASE("config: sizes are bytes, with a unit or without") {
  const std::vector<std::pair<std::string, std::int64_t>> cases{
      {"\"256 MiB\"", 256 << 20},
      {"\"1.5KiB\"", 1536},
      {"\"3 GB\"", 3'000'000'000},
      {"\"7B\"", 7},
      {"1000", 1000},
      {"\"2 TiB\"", std::int64_t{1} << 41}};
  for (const auto& [text, bytes] : cases)
    CHECK(load("run.memory = " + text + "\n").settings().integer("run.memory") == bytes);
  CHECK(load("", {"memory=64MiB"}).settings().integer("run.memory") == 64 << 20);
  CHECK(load("", {"memory=all"}).settings().is_text("run.memory"));
  for (const char* text : {"\"256\"", "\"MiB\"", "\"256 mib\"", "\"1 ZiB\"", "0", "\"0 MiB\"",
                           "\"-1 MiB\"", "1.5", "\"1e300 TiB\"", "\"nan MiB\"", "\"256  MiB\""})
    CHECK(refusal("run.memory = " + std::string(text) + "\n")
              .find("run.memory must be a size >= 1 such as \"256 MiB\" or a number of bytes or "
                    "\"all\", not ") != std::string::npos);
}

TEST_CASE("config: a kind's key set by -s alone stays and is marked unused") {
  const Config config = load("", {"slack=0.75", "gate=wide"});
  CHECK(config.settings().number("run.narrow.slack") == 0.75);
  REQUIRE(config.unused().size() == 1);
  CHECK(config.unused().at("run.narrow.slack") == "run.gate = \"wide\" (-s gate=wide)");
}

TEST_CASE("config: a file's table stays where -s chooses another kind") {
  const Config config = load("[run]\ngate = \"narrow\"\nnarrow.slack = 1\n", {"gate=wide"});
  CHECK(config.unused().contains("run.narrow.slack"));
}

TEST_CASE("config: fill takes the place of what ranks lower only") {
  Config config = load("[run]\nworkers = 2\n");
  config.fill("run.workers", std::int64_t{7}, {From::topology, "test"});
  config.fill("run.batch", std::int64_t{7}, {From::topology, "test"});
  config.fill("run.batch", std::int64_t{8}, {From::topology, "test"});
  CHECK(config.settings().integer("run.workers") == 2);
  CHECK(config.settings().integer("run.batch") == 7);
}

TEST_CASE("config: a resolved word keeps its origin and says how") {
  Config config = load("", {"batch=all"});
  config.resolve("run.batch", std::int64_t{90}, "all rows");
  CHECK(config.describe("run.batch") == "run.batch = 90 (-s batch=all, all rows)");
}

TEST_CASE("config: a table may stand several times, each with its own defaults") {
  const Config config = load("[[run.stop]]\nat = 3\nfor = \"2s\"\n[[run.stop]]\nat = 5\n");
  const std::vector<std::string> entries = entries_of(config.settings(), "run.stop");
  CHECK(entries == std::vector<std::string>{"run.stop.0", "run.stop.1"});
  CHECK(config.settings().integer("run.stop.1.at") == 5);
  CHECK(config.settings().number("run.stop.0.for") == 2);
  CHECK(config.settings().number("run.stop.1.for") == 1);
  CHECK(config.origin("run.stop.1.at").where == "run.toml:5:1");
  CHECK(entries_of(load("").settings(), "run.stop").empty());
}

TEST_CASE("config: -s replaces a list of tables, or one value of it") {
  const std::string text = "[[run.stop]]\nat = 3\nfor = 2\n[[run.stop]]\nat = 5\n";
  const Config all = load(text, {"stop=[{at = 7}]"});
  CHECK(entries_of(all.settings(), "run.stop").size() == 1);
  CHECK(all.settings().integer("run.stop.0.at") == 7);
  CHECK(all.settings().number("run.stop.0.for") == 1);
  const Config one = load(text, {"run.stop.1.at=9"});
  CHECK(one.settings().integer("run.stop.0.at") == 3);
  CHECK(one.settings().integer("run.stop.1.at") == 9);
}

TEST_CASE("config: a table of what comes later holds keys of the table around it") {
  const Config config = load(
      "[run.narrow]\nslack = 0.5\n[[run.change]]\nafter = 3\nrate = 0.25\nshape = \"star\"\n"
      "[run.change.wide]\nwidth = 7\n[[run.change]]\nafter = 5\n",
      {"run.change.1.batch=all", "run.gate=narrow"});
  const Settings& settings = config.settings();
  CHECK(settings.integer("run.change.0.after") == 3);
  CHECK(settings.number("run.change.0.rate.start") == 0.25);
  CHECK(settings.text("run.change.0.shape") == "star");
  CHECK(settings.integer("run.change.0.wide.width") == 7);
  CHECK(settings.text("run.change.1.batch") == "all");
  CHECK(settings.text("run.shape") == "line");  // now
  CHECK(settings.integer("run.batch") == 16);
  CHECK(!settings.has("run.change.1.rate.start"));  // no defaults: what is not said stays
}

TEST_CASE("config: -s writes what comes later in one line") {
  const Config config =
      load("", {"change=[{after = 2, shape = \"star\", rate.kind = \"falling\"}]"});
  CHECK(config.settings().integer("run.change.0.after") == 2);
  CHECK(config.settings().text("run.change.0.rate.kind") == "falling");
}

TEST_CASE("words: values are written as TOML") {
  CHECK(to_toml(true) == "true");
  CHECK(to_toml(std::int64_t{-3}) == "-3");
  CHECK(to_toml(2.0) == "2.0");
  CHECK(to_toml(1e-5) == "1e-05");
  CHECK(to_toml(0.1) == "0.1");
  CHECK(to_toml(std::string("a\"b\\c\n")) == R"("a\"b\\c\u000A")");
  CHECK(to_toml(std::vector<double>{1, 2.5}) == "[1.0, 2.5]");
  CHECK(to_toml(std::vector<std::string>{"a", "b"}) == R"(["a", "b"])");
}

TEST_CASE("words: the nearest word is near") {
  const std::vector<std::string> known{"workers", "batch", "merge", "gate"};
  CHECK(did_you_mean("workes", known) == "workers");
  CHECK(did_you_mean("wrokers", known) == "workers");
  CHECK(did_you_mean("bacth", known) == "batch");
  CHECK(did_you_mean("algorithm", known).empty());
  CHECK(did_you_mean("x", known).empty());
  CHECK(did_you_mean("", known).empty());
  CHECK(did_you_mean(std::string(100000, 'w'), known).empty());
}

}  // namespace
}  // namespace troupe
