/// Runs beside each other: folders that are written by hand, tables that can be worked out
/// on paper.
#include <doctest/doctest.h>

#include <filesystem>

#include "apps/library/compare/comparison.hpp"
#include "apps/library/compare/plot.hpp"
#include "tests/library/toy.hpp"
#include "web/page.hpp"

using namespace troupe;
using troupe::test::call;
using troupe::test::Scratch;

namespace {

struct Told {
  std::string name = "a";
  std::string algorithm = "asgd";
  std::uint64_t seed = 1;
  std::string clock = "real";
  std::uint32_t workers = 2;
  double slowness = 1;  ///< seconds an epoch
  std::string more = {};
};

/// Three epochs of 100 rows: losses 0.5, 0.4, 0.3.
std::string folder_of(const Scratch& scratch, const Told& told) {
  const std::string folder = scratch.file(told.name);
  std::filesystem::create_directory(folder);
  const auto text = [](auto value) { return std::to_string(value); };
  scratch.write(told.name + "/run.json", R"({"run":")" + told.name + R"(","seed":)" +
                                             text(told.seed) + R"(,"clock":")" + told.clock +
                                             R"(","pid":1,"status":"done","argv":["troupe",)" +
                                             R"("train","x.toml","--nodes","2"]})");
  scratch.write(told.name + "/config.resolved.toml",
                "seed = " + text(told.seed) + "\n[training]\nalgorithm = \"" + told.algorithm +
                    "\"\nworkers = " + text(told.workers) + "\n" + told.more);
  std::string lines = R"({"type":"start","samples":100,"workers":)" + text(told.workers) + "}\n";
  for (int epoch = 1; epoch <= 3; ++epoch) {
    const std::string t = text(told.slowness * epoch);
    lines += R"({"type":"step","t":)" + t + R"(,"epoch":)" + text(epoch) + R"(,"updates":)" +
             text(10 * epoch) + R"(,"samples":)" + text(100 * epoch) + R"(,"bytes_sent":)" +
             text(1000 * epoch) + "}\n" + R"({"type":"eval","t":)" + t + R"(,"epoch":)" +
             text(epoch) + R"(,"split":"validation","loss":)" + text(0.6 - 0.1 * epoch) +
             R"(,"accuracy":)" + text(0.6 + 0.1 * epoch) + "}\n";
  }
  lines += R"({"type":"end","t":)" + text(3 * told.slowness) +
           R"(,"status":"done","updates":30,"samples":300})" + "\n";
  scratch.write(told.name + "/metrics.jsonl", lines);
  return folder;
}

std::string cell(const ComparisonTable& table, std::size_t line, const std::string& head) {
  const auto column = std::ranges::find(table.head, head);
  return table.body.at(line).at(static_cast<std::size_t>(column - table.head.begin()));
}

std::vector<RunGroup> groups_of(const std::vector<std::string>& folders) {
  std::vector<RecordedRun> runs;
  for (const std::string& folder : folders) runs.push_back(read_run(folder));
  return grouped(std::move(runs));
}

}  // namespace

TEST_CASE("compare: runs that differ in their seed alone are one line with an interval") {
  const Scratch scratch;
  const auto groups = groups_of({folder_of(scratch, {.name = "a", .seed = 1, .slowness = 1}),
                                 folder_of(scratch, {.name = "b", .seed = 2, .slowness = 2})});
  REQUIRE(groups.size() == 1);
  const auto tables = comparison({.groups = groups, .target = {}});
  CHECK(cell(tables[0], 0, "seeds") == "2");
  CHECK(cell(tables[0], 0, "time") == "4.5 s ± 19.1 s");  // t(1) = 12.706, s = 2.12
}

TEST_CASE("compare: a label says what tells a run from the others, and no more") {
  const Scratch scratch;
  const auto groups =
      groups_of({folder_of(scratch, {.name = "a", .algorithm = "asgd", .workers = 2}),
                 folder_of(scratch, {.name = "b", .algorithm = "ssgd", .workers = 4}),
                 folder_of(scratch, {.name = "c", .algorithm = "ssgd", .workers = 8})});
  CHECK(groups[0].label == "asgd, workers 2");
  CHECK(groups[2].label == "ssgd, workers 8");
}

TEST_CASE("compare: both speed-ups are measured by the first line") {
  const Scratch scratch;
  const auto groups = groups_of({folder_of(scratch, {.name = "a", .workers = 1, .slowness = 4}),
                                 folder_of(scratch, {.name = "b", .workers = 4, .slowness = 2})});
  const auto tables = comparison({.groups = groups, .target = Target{false, 0.41}});
  CHECK(tables[1].title == "To a validation loss of 0.41");
  CHECK(cell(tables[1], 1, "time") == "4 s");  // the second epoch of 2 s
  CHECK(cell(tables[1], 1, "speed-up in time") == "2.00");
  CHECK(cell(tables[1], 1, "speed-up by iterations") == "4.00");
}

TEST_CASE("compare: virtual seconds are never set against real ones") {
  const Scratch scratch;
  const auto groups = groups_of({folder_of(scratch, {.name = "a", .clock = "real"}),
                                 folder_of(scratch, {.name = "b", .clock = "virtual"})});
  const auto tables = comparison({.groups = groups, .target = Target{false, 0.41}});
  CHECK(cell(tables[1], 1, "speed-up in time") == "-");
  CHECK(cell(tables[0], 1, "proof") == "twin");
}

TEST_CASE("compare: padded steps are a proof of their own") {
  const Scratch scratch;
  const Told paced{.more = "[pace]\nstep = \"1+exp(0.5)\"\n"};
  CHECK(read_run(folder_of(scratch, paced)).proof == "paced");
}

TEST_CASE("compare: what a target cost is nodes times hours times the price") {
  const Scratch scratch;
  const Told dear{.slowness = 1800, .more = "[monitor]\ncost_per_node_hour = 3.0\n"};
  const auto groups = groups_of({folder_of(scratch, dear)});
  const auto tables = comparison({.groups = groups, .target = Target{true, 0.8}});
  CHECK(cell(tables[1], 0, "cost") == "6");  // two nodes for an hour
}

TEST_CASE("compare: without a target it is the lowest loss that all of them reached") {
  const Scratch scratch;
  const auto groups = groups_of({folder_of(scratch, {})});
  CHECK(comparison({.groups = groups, .target = {}})[1].title == "To a validation loss of 0.3");
}

TEST_CASE("compare: what differs in the configuration is listed, seeds are not") {
  const Scratch scratch;
  const auto groups =
      groups_of({folder_of(scratch, {.name = "a", .algorithm = "asgd", .seed = 1}),
                 folder_of(scratch, {.name = "b", .algorithm = "ssgd", .seed = 2})});
  const auto tables = comparison({.groups = groups, .target = {}});
  REQUIRE(tables.size() == 3);
  CHECK(tables[2].body ==
        std::vector<std::vector<std::string>>{{"training.algorithm", "asgd", "ssgd"}});
}

TEST_CASE("compare: a page, plots and JSON are written, and the page holds the curves") {
  const Scratch scratch;
  const auto done = call({"compare", folder_of(scratch, {}), "--report", scratch.file("r.html"),
                          "--plots", scratch.file("plots")});
  CHECK(done.code == 0);
  CHECK(std::filesystem::file_size(scratch.file("r.html")) > page_html().size());
  CHECK(std::filesystem::exists(scratch.file("plots/accuracy-bytes.svg")));
  CHECK(call({"compare", scratch.file("a"), "--json"}).out.find(R"("label":"a")") !=
        std::string::npos);
}

TEST_CASE("compare: what is no run is named") {
  const Scratch scratch;
  const auto nowhere = call({"compare", scratch.file("nix")});
  CHECK(nowhere.code == 3);
  CHECK(nowhere.err.find("nix: is no run folder") != std::string::npos);
  const std::string folder = folder_of(scratch, {});
  scratch.write("a/metrics.jsonl", "{\"type\":\"start\"}\nnonsense\n{\"type\":\"end\"}\n");
  CHECK(call({"compare", folder}).err.find("metrics.jsonl: line 2 is not JSON") !=
        std::string::npos);
}

TEST_CASE("page: no text inside ends the element that carries it") {
  const std::string page = page_with_data(R"({"x":"</script><b>"})");
  CHECK(page.find(R"({"x":"\u003c/script>\u003cb>"})") != std::string::npos);
}

TEST_CASE("plot: an axis has round ticks and every curve a dash of its own") {
  const std::string svg =
      to_svg({.title = "t",
              .across = "x",
              .curves = {{"a<b", 0, {{0, 0.1}, {9.7, 0.9}}}, {"c", 1, {{1, 1}}}}});
  CHECK(svg.find(">10</text>") != std::string::npos);
  CHECK(svg.find("a&lt;b") != std::string::npos);
  CHECK(svg.find("stroke-dasharray=\"8 4\"") != std::string::npos);
}
