/// Every mistake in a configuration is one line with place, cause and cure.
#include "toy.hpp"

namespace troupe {
namespace {

struct Mistake {
  std::string text;
  std::string line;
};

TEST_CASE("config: a mistake in the file is one line with its place") {
  const std::vector<Mistake> mistakes{
      {"[run]\nworkes = 2\n",
       "run.toml:2:1: unknown key 'workes' in [run], did you mean 'workers'?"},
      {"workers = 2\n", "run.toml:1:1: unknown key 'workers', did you mean 'run.workers'?"},
      {"zebra = 2\n", "run.toml:1:1: unknown key 'zebra'"},
      {"\n[rnu]\nworkers = 2\n", "run.toml:2:2: unknown table [rnu], did you mean 'run'?"},
      {"[run]\nworkers = \"two\"\n",
       "run.toml:2:1: run.workers must be an integer >= 1, not \"two\""},
      {"[run]\nworkers = 0\n", "run.toml:2:1: run.workers must be an integer >= 1, not 0"},
      {"[run]\nworkers = 1.0\n", "run.toml:2:1: run.workers must be an integer >= 1, not 1.0"},
      {"run.batch = 101\n",
       "run.toml:1:5: run.batch must be an integer from 1 to 100 or \"all\", not 101"},
      {"run.batch = \"al\"\n",
       "run.toml:1:5: run.batch must be an integer from 1 to 100 or \"all\", not \"al\"; did you "
       "mean \"all\"?"},
      {"[run]\nverbose = 1\n", "run.toml:2:1: run.verbose must be true or false, not 1"},
      {"[run]\ntime = \"3 weeks\"\n",
       "run.toml:2:1: run.time must be a duration > 0 such as \"30s\", \"500ms\" or a number of "
       "seconds, not \"3 weeks\""},
      {"[run]\ntime = 0\n",
       "run.toml:2:1: run.time must be a duration > 0 such as \"30s\", \"500ms\" or a number of "
       "seconds, not 0"},
      {"[run]\nat = [1, -2]\n", "run.toml:2:1: run.at must be a list of numbers >= 0, not a list"},
      {"[run]\nrate = inf\n", "run.toml:2:1: run.rate.start must be a number > 0, not inf"},
      {"[data]\nshare = 1.5\n", "run.toml:2:1: data.share must be a share from 0 to 1, not 1.5"},
      {"[data]\npath = 7\n", "run.toml:2:1: data.path must be a text in quotes, not 7"},
      {"name = 1979-05-27\n", "run.toml:1:1: name must be a text in quotes, not a date"},
      {"[run]\ngate = \"wid\"\n",
       "run.toml:2:1: run.gate must be one of \"wide\", \"narrow\", not \"wid\"; did you mean "
       "\"wide\"?"},
      {"[run]\nrate.kind = 3\n",
       "run.toml:2:6: run.rate.kind must be one of \"constant\", \"falling\", not 3"},
      {"data = 4\n", "run.toml:1:1: [data] is a table of keys, not 4"},
      {"[[data]]\npath = \"a\"\n", "run.toml:1:3: [data] is a table of keys, not a list"},
      {"[run.workers]\n", "run.toml:1:6: run.workers must be an integer >= 1, not a table"},
      {"[run.star]\n", "run.toml:1:6: [run.star]: the kind 'star' has no keys of its own"},
  };
  for (const Mistake& mistake : mistakes) CHECK(refusal(mistake.text) == mistake.line);
}

TEST_CASE("config: the first mistake in the file is the one that is told") {
  CHECK(refusal("[run]\nzz = 1\naa = 2\n").starts_with("run.toml:2:1: unknown key 'zz'"));
}

TEST_CASE("config: what is no TOML is told with its place") {
  CHECK(refusal("[run]\nworkers = \n").starts_with("run.toml:2:11: not TOML: "));
  CHECK(refusal("[run]\nworkers = 1\nworkers = 2\n").starts_with("run.toml:3:"));
  CHECK(refusal("name = \"\xff\"\n").starts_with("run.toml:1:"));
  for (const char* broken : {"[run\n", "a = [1, \n", "=", "\"\"\"", "name = 'x"})
    CHECK(refusal(broken).find('\n') == std::string::npos);
}

TEST_CASE("config: a message is one line whatever a key holds") {
  CHECK(refusal("\"a\\nb\" = 1\n") == "run.toml:1:1: unknown key 'a b'");
  CHECK(refusal("", {"a\nb=1"}) == "-s a b=1: unknown key 'a b'");
}

TEST_CASE("config: a table for a kind that the file does not choose is a mistake") {
  CHECK(refusal("[run.narrow]\nslack = 1\n[run]\nshape = \"star\"\ngate = \"wide\"\n") ==
        "run.toml:1:6: [run.narrow] is for run.gate = \"narrow\", which nothing in the file "
        "chooses; there stands run.gate = \"wide\" (run.toml:5:1)");
  CHECK(refusal("[run]\npreset = \"quick\"\nnarrow.slack = 1\n") ==
        "run.toml:3:1: [run.narrow] is for run.gate = \"narrow\", which nothing in the file "
        "chooses; there stands run.gate = \"wide\" (preset quick)");
}

TEST_CASE("config: a table for a kind that a preset or a topology chooses is not") {
  CHECK(refusal("[run]\npreset = \"quick\"\nwide.width = 2\n").empty());
  CHECK(refusal("[run]\nshape = \"star\"\nnarrow.slack = 2\n").empty());
}

TEST_CASE("config: an override may not choose what the file's tables lack") {
  CHECK(refusal("[run]\ngate = \"wide\"\nnarrow.slack = 1\n", {"gate=narrow"})
            .starts_with("run.toml:3:1: [run.narrow] is for run.gate"));
}

TEST_CASE("config: keys and kinds of later versions are refused as such") {
  CHECK(refusal("[run]\nahead = 1\n") ==
        "run.toml:2:1: 'ahead' in [run] comes with a later version");
  CHECK(refusal("[[run.ahead]]\nx = 1\n") ==
        "run.toml:1:7: 'ahead' in [run] comes with a later version");
  CHECK(refusal("[saving]\nevery = 1\n") == "run.toml:1:2: [saving] comes with a later version");
  CHECK(refusal("[run]\nsecret = 1\n") == "run.toml:2:1: 'secret' in [run] comes with locks");
  CHECK(refusal("[run]\ngate = \"clever\"\n") ==
        "run.toml:2:1: run.gate = \"clever\" comes with a later version");
  CHECK(refusal("[run.clever]\nx = 1\n") ==
        "run.toml:1:6: [run.clever] comes with a later version");
  CHECK(refusal("", {"ahead=1"}) == "-s ahead=1: 'ahead' in [run] comes with a later version");
}

TEST_CASE("config: a mistake in one of several tables is told with its place") {
  CHECK(refusal("[[run.stop]]\nat = 3\nfro = 2\n") ==
        "run.toml:3:1: unknown key 'fro' in [[run.stop]], did you mean 'for'?");
  CHECK(refusal("[[run.stop]]\nat = 3.5\n") ==
        "run.toml:2:1: run.stop.0.at must be an integer, not 3.5");
  CHECK(refusal("[run.stop]\nat = 3\n") ==
        "run.toml:1:6: run.stop is a list of tables: [[run.stop]], as often as it is meant");
  CHECK(refusal("[[run.stopp]]\nat = 3\n") ==
        "run.toml:1:7: unknown key 'stopp' in [run], did you mean 'stop'?");
  CHECK(refusal("[[run.stop]]\nat = 3\n", {"run.stop.1.at=9"}) ==
        "-s run.stop.1.at=9: there is no run.stop.1: [[run.stop]] does not stand so often");
}

TEST_CASE("config: a mistake in what comes later is told with its place") {
  CHECK(refusal("[[run.change]]\nshap = \"star\"\n") ==
        "run.toml:2:1: unknown key 'shap' in [[run.change]], did you mean 'shape'?");
  CHECK(refusal("[[run.change]]\nshape = \"stat\"\n") ==
        "run.toml:2:1: run.change.0.shape must be one of \"star\", \"line\", not \"stat\"; did you "
        "mean \"star\"?");
  CHECK(refusal("[[run.change]]\nbatch = 101\n").find("run.toml:2:1: run.change.0.batch") == 0);
  CHECK(refusal("[[run.change]]\nafter = 1\n[[run.change.change]]\nafter = 2\n") != "");
  CHECK(refusal("[run.wide]\nwidth = 3\n[[run.change]]\nafter = 1\ngate = \"wide\"\n") == "");
}

TEST_CASE("config: a mistake in -s names the -s") {
  CHECK(refusal("", {"workes=2"}) == "-s workes=2: unknown key 'workes', did you mean 'workers'?");
  CHECK(refusal("", {"run.workes=2"}) ==
        "-s run.workes=2: unknown key 'workes' in [run], did you mean 'workers'?");
  CHECK(refusal("", {"workers"}) == "-s workers: expected key=value");
  CHECK(refusal("", {"=3"}) == "-s =3: expected key=value");
  CHECK(refusal("", {"workers=two"}) ==
        "-s workers=two: run.workers must be an integer >= 1, not \"two\"");
  CHECK(refusal("", {"name=a\xff"}) == "-s name=a\xff: not UTF-8");
  CHECK(refusal("", {"at=[1"}).starts_with("-s at=[1: not a TOML value: "));
}

TEST_CASE("config: an ambiguous last part lists what it may mean") {
  Schema schema = toy_schema();
  schema.keys.push_back({.path = "data.kind"});
  try {
    Config::load(schema, {"run.toml", "", {}, {"kind=falling"}});
    FAIL("accepted");
  } catch (const UserError& error) {
    CHECK(std::string(error.what()) ==
          "-s kind=falling: 'kind' is ambiguous, it may mean data.kind or run.rate.kind");
  }
}

TEST_CASE("config: a mistake in the environment names the variable") {
  CHECK(refusal("", {}, {{"TROUPE__RUN__WORKES", "2"}}) ==
        "TROUPE__RUN__WORKES: unknown key 'workes' in [run], did you mean 'workers'?");
  CHECK(refusal("", {}, {{"TROUPE__RUN__WORKERS", "many"}}) ==
        "TROUPE__RUN__WORKERS: run.workers must be an integer >= 1, not \"many\"");
  CHECK(refusal("", {}, {{"TROUPE_TOKEN", "2"}, {"PATH", "x"}}).empty());
}

TEST_CASE("config: a refusal of a key starts with its origin") {
  const Config config = load("[run]\nworkers = 3\n");
  CHECK_THROWS_WITH(config.refuse("run.workers", "too few"), "run.toml:2:1: too few");
  CHECK_THROWS_WITH(config.refuse("run.batch", "too few"), "run.toml: too few");
  CHECK_THROWS_WITH(config.refuse("run.workers", config.describe("run.workers") + " is few"),
                    "run.toml:2:1: run.workers = 3 is few");
  CHECK_THROWS_WITH(config.refuse("run.batch", config.describe("run.batch") + " is few"),
                    "run.toml: run.batch = 16 (default) is few");
}

}  // namespace
}  // namespace troupe
