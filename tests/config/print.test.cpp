/// What is printed loads again and says the same.
#include <map>

#include "toy.hpp"

namespace troupe {
namespace {

/// Every key of the reference switched on, tables of kinds left out.
std::string switched_on(const std::string& reference) {
  std::string text;
  bool kind_table = false;
  for (std::size_t at = 0; at < reference.size();) {
    const std::size_t end = reference.find('\n', at);
    std::string line = reference.substr(at, end - at);
    at = end + 1;
    if (line.starts_with("[")) kind_table = false;
    if (line.starts_with("#[")) kind_table = true;
    if (line.starts_with("#") && !line.starts_with("# ") && !line.starts_with("#["))
      line.erase(0, 1);
    if (!kind_table) text += line + "\n";
  }
  return text;
}

TEST_CASE("print: the resolved configuration loads to the same values") {
  const Config config = load("[run]\npreset = \"quick\"\nrate.kind = \"falling\"\nat = [1, 2]\n",
                             {"name=a \"b\"", "time=2m", "width=3"});
  const std::string text = resolved_text(toy_schema(), config, false);
  const Config again = load(text);
  CHECK(again.settings().values() == config.settings().values());
  CHECK(resolved_text(toy_schema(), again, false) == text);
}

TEST_CASE("print: tables that stand several times are printed as often") {
  const Config config = load("[[run.stop]]\nat = 3\n[[run.stop]]\nfor = \"2s\"\n");
  const std::string text = resolved_text(toy_schema(), config, true);
  CHECK(text.find("[[run.stop]]\nat = 3  # run.toml:2:1\nfor = 1.0  # default\n") !=
        std::string::npos);
  CHECK(load(text).settings().values() == config.settings().values());
  CHECK(schema_text(toy_schema()).find("[[run.stop]]\n    where it rests\n  at\n") !=
        std::string::npos);
}

TEST_CASE("print: what comes later is printed with its own tables and loads again") {
  const Config config =
      load("[[run.change]]\nafter = 3\nrate = 0.25\n[run.change.wide]\nwidth = 7\n");
  const std::string text = resolved_text(toy_schema(), config, false);
  const Config again = load(text);
  CHECK(again.settings().values() == config.settings().values());
  CHECK(resolved_text(toy_schema(), again, false) == text);
}

TEST_CASE("print: an unused value is a comment of the resolved configuration") {
  const Config config = load("", {"slack=0.75", "gate=wide"});
  const std::string text = resolved_text(toy_schema(), config, false);
  CHECK(text.find("# unused: run.narrow.slack = 0.75 (-s slack=0.75), as run.gate = \"wide\"") !=
        std::string::npos);
  CHECK(text.find("[run.narrow]") == std::string::npos);
  CHECK(load(text).settings().text("run.gate") == "wide");
}

TEST_CASE("print: the origin stands behind each value") {
  const std::string text = resolved_text(toy_schema(), load("", {"workers=2"}), true);
  CHECK(text.find("workers = 2  # -s workers=2\n") != std::string::npos);
  CHECK(text.find("batch = 16  # default\n") != std::string::npos);
  CHECK(load(text).settings().integer("run.workers") == 2);
}

TEST_CASE("print: a line end in a value does not break out of the origin's comment") {
  const std::string text = resolved_text(toy_schema(), load("", {"name=a\nb = 1"}), true);
  CHECK(load(text).settings().text("name") == "a\nb = 1");
}

TEST_CASE("print: the reference loads as it stands and with every key switched on") {
  const std::string reference = reference_text(toy_schema());
  CHECK(load(reference).settings().values() == load("").settings().values());
  const Config config = load(switched_on(reference));
  const Config plain = load("");
  for (const auto& [path, value] : plain.settings().values())
    if (plain.origin(path).from == From::standard)
      CHECK(to_toml(config.settings().values().at(path)) == to_toml(value));
}

TEST_CASE("print: the reference tells sentence, type and default of a key") {
  const std::string reference = reference_text(toy_schema());
  CHECK(reference.find("\n# how many\n# (an integer >= 1, default 1)\n#workers = 1\n") !=
        std::string::npos);
  CHECK(reference.find("#[run.narrow]\n\n# how loose\n# (a number, default 0.25)\n#slack = 0.25") !=
        std::string::npos);
}

TEST_CASE("print: the schema lists each key once, with its kinds") {
  const std::string text = schema_text(toy_schema());
  CHECK(text.find("run.batch\n    an integer from 1 to 100 or \"all\", in rows, default 16\n") !=
        std::string::npos);
  CHECK(text.find("      narrow: one by one\n") != std::string::npos);
  CHECK(text.find("run.narrow.slack\n") != std::string::npos);
}

}  // namespace
}  // namespace troupe
