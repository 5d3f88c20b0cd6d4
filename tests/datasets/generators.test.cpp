#include "datasets/generators.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "datasets/dataset.hpp"
#include "datasets/inspect.hpp"
#include "datasets/memory.hpp"
#include "datasets/svmlight.hpp"
#include "datasets/writer.hpp"
#include "scratch.hpp"

using namespace troupe;

namespace {

std::string usage_error(const Scratch& scratch, const Rcv1Options& options) {
  try {
    make_rcv1(options, scratch.file("r.h5"));
  } catch (const UserError& error) {
    CHECK(error.code() == ExitCode::usage);
    return error.what();
  }
  return "";
}

double score(const std::vector<float>& plane, const RowView& row) {
  double sum = 0;
  for (std::uint32_t i = 0; i < row.size; ++i)
    sum += static_cast<double>(plane[i]) * static_cast<double>(row.value[i]);
  return sum;
}

}  // namespace

TEST_CASE("generated sets are pinned: the same seed gives the same manifest for ever") {
  const Scratch scratch;
  CHECK(make_rcv1({.rows = 500, .seed = 7}, scratch.file("r.h5")).manifest_crc32c == 0xd22df3b7);
  CHECK(make_linear({.rows = 500, .seed = 7}, scratch.file("l.h5")).manifest_crc32c == 0xd0ba3bed);
  CHECK(make_rcv1({.rows = 500, .seed = 8}, scratch.file("r.h5")).manifest_crc32c != 0xd22df3b7);
}

TEST_CASE("rcv1 has the statistics of the corpus") {
  const Scratch scratch;
  const DataFacts facts = make_rcv1({.rows = 5000, .seed = 1}, scratch.file("r.h5"));
  const double rows = static_cast<double>(facts.rows);
  CHECK(facts.features == 47236);
  CHECK(static_cast<double>(facts.entries) / rows == doctest::Approx(76).epsilon(0.03));
  CHECK(static_cast<double>(facts.positive) / rows == doctest::Approx(0.47).epsilon(0.05));
  CHECK(facts.row_norm_max == doctest::Approx(1).epsilon(1e-5));
  std::vector<std::uint32_t> counts = facts.rows_per_feature;
  std::sort(counts.rbegin(), counts.rend());
  CHECK(counts[0] > 0.3 * rows);
  CHECK(counts[1000] < 0.03 * rows);
  CHECK(counts[20000] < 0.001 * rows);
}

TEST_CASE("row i of a generated set does not depend on where the file starts") {
  const Scratch scratch;
  make_rcv1({.rows = 30, .seed = 4}, scratch.file("all.h5"));
  make_rcv1({.rows = 10, .seed = 4, .first_row = 20}, scratch.file("end.h5"));
  const Shard all = open_dataset(scratch.file("all.h5"))->load({20, 30});
  const Shard end = open_dataset(scratch.file("end.h5"))->load({0, 10});
  for (std::size_t i = 0; i < 10; ++i) {
    const RowView a = all.rows()[i];
    const RowView b = end.rows()[i];
    CHECK(std::equal(a.index, a.index + a.size, b.index, b.index + b.size));
    CHECK(std::equal(a.value, a.value + a.size, b.value, b.value + b.size));
    CHECK(a.label == b.label);
  }
}

TEST_CASE("rcv1's noise flips its share of the labels and nothing else") {
  const Scratch scratch;
  make_rcv1({.rows = 4000, .seed = 4, .noise = 0}, scratch.file("clean.h5"));
  make_rcv1({.rows = 4000, .seed = 4, .noise = 0.1}, scratch.file("noisy.h5"));
  const Shard clean = open_dataset(scratch.file("clean.h5"))->load({0, 4000});
  const Shard noisy = open_dataset(scratch.file("noisy.h5"))->load({0, 4000});
  int flipped = 0;
  for (std::size_t i = 0; i < 4000; ++i) {
    CHECK(clean.rows()[i].value[0] == noisy.rows()[i].value[0]);
    flipped += clean.rows()[i].label != noisy.rows()[i].label ? 1 : 0;
  }
  CHECK(flipped == doctest::Approx(400).epsilon(0.15));
}

TEST_CASE("linear's labels are the side of its hyperplane") {
  const Scratch scratch;
  make_linear({.rows = 200, .seed = 3, .features = 5}, scratch.file("l.h5"));
  const Shard shard = open_dataset(scratch.file("l.h5"))->load({0, 200});
  const std::vector<float> plane = linear_hyperplane(3, 5);
  for (std::size_t i = 0; i < 200; ++i)
    CHECK((score(plane, shard.rows()[i]) > 0) == (shard.rows()[i].label > 0));
}

TEST_CASE("linear's real labels are the score plus noise") {
  const Scratch scratch;
  make_linear({.rows = 2000, .seed = 3, .features = 5, .noise = 0.5, .real_labels = true},
              scratch.file("l.h5"));
  const Shard shard = open_dataset(scratch.file("l.h5"))->load({0, 2000});
  const std::vector<float> plane = linear_hyperplane(3, 5);
  double square = 0;
  for (std::size_t i = 0; i < 2000; ++i)
    square += std::pow(shard.rows()[i].label - score(plane, shard.rows()[i]), 2);
  CHECK(std::sqrt(square / 2000) == doctest::Approx(0.5).epsilon(0.05));
}

TEST_CASE("generators say what they cannot make") {
  const Scratch scratch;
  CHECK(usage_error(scratch, {.rows = 0}) ==
        "data make rcv1: needs at least 1 row and at least 100 features");
  CHECK(usage_error(scratch, {.noise = 1.5}) ==
        "data make rcv1: noise must be a share from 0 to 1");
  CHECK_THROWS_WITH_AS(
      make_linear({.noise = -1}, scratch.file("l.h5")),
      "data make linear: noise must be a share from 0 to 1, or with real labels a standard "
      "deviation of at least 0",
      UserError);
  CHECK(scratch.files() == 0);
}

TEST_CASE("whoever watches the progress may stop it, and nothing is left") {
  const Scratch scratch;
  const auto stop = [](std::uint64_t done, std::uint64_t total) {
    CHECK(total == 10000);
    if (done > 5000) throw UserError(ExitCode::data, "enough");
  };
  CHECK(refusal([&] {
          make_linear({.rows = 10000, .features = 2, .progress = stop}, scratch.file("l.h5"));
        }) == "enough");
  CHECK(scratch.files() == 0);
}

TEST_CASE("liblinear learns rcv1 as well as it is recorded in docs/generators.md" *
          doctest::skip(TROUPE_FEWER > 1)) {
  if (std::system("command -v liblinear-train liblinear-predict > /dev/null") != 0) {
    std::puts("SKIPPED: liblinear-train is not installed (package liblinear-tools)");
    return;
  }
  const Scratch scratch;
  make_rcv1({.rows = 43149, .seed = 1}, scratch.file("r.h5"));
  const auto set = open_dataset(scratch.file("r.h5"));
  std::ofstream train(scratch.file("train"));
  std::ofstream fresh(scratch.file("test"));
  export_svmlight(*set, {0, 23149}, train);
  export_svmlight(*set, {23149, 43149}, fresh);
  train.close();
  fresh.close();
  const struct {
    const char* solver;
    double accuracy;
  } recorded[] = {{"-s 3", 93.845}, {"-s 1", 93.245}};
  for (const auto& each : recorded) {
    const std::string command = "cd " + scratch.folder() + " && liblinear-train -q -c 1 " +
                                each.solver + " train model > log && " +
                                "liblinear-predict test model labels > log";
    REQUIRE(std::system(command.c_str()) == 0);
    const std::string log = contents(scratch.file("log"));  // "Accuracy = 93.845% (...)"
    const double found = std::strtod(log.c_str() + log.find("= ") + 2, nullptr);
    CHECK(found == doctest::Approx(each.accuracy).epsilon(0.002));
    CHECK(found >= 93);
    CHECK(found <= 94);
  }
}

TEST_CASE("sparsity of a hand-made set is that of the definitions") {
  const auto set =
      memory_dataset({{{0, 1}, {1, 1}, 1}, {{1}, {1}, 1}, {{2}, {1}, 1}, {{3}, {1}, 1}}, 5);
  const Sparsity found = sparsity(*set);
  CHECK(found.omega == 2);
  CHECK(found.delta == 0.5);
  CHECK(found.rho == 0.5);
  CHECK(found.rows == 4);
}

TEST_CASE("inspect shows counts, labels, sparsity and the first rows") {
  const Scratch scratch;
  make_linear({.rows = 50, .features = 3}, scratch.file("l.h5"));
  const std::string text = inspect_text(scratch.file("l.h5"));
  for (const char* part :
       {"rows           50\n", "features       3\n", "dense, segments: 1",
        "entries        150, 3.00 a row, density 100 %", "% positive", "different ones: 2\n  -1 ",
        "features, over all rows\n", "Omega 3 (longest row), Delta 1 ", "first rows\n"})
    CHECK(contains(text, part));
  CHECK(contains(verify_file(scratch.file("l.h5")), "l.h5: ok, rows: 50, segments: 1, manifest "));
}

TEST_CASE("inspect shows ranges and each feature, absent values as zeros") {
  const Scratch scratch;
  {
    DatasetWriter writer(scratch.file("s.h5"), {.sparse = true, .features = 3});
    const std::uint32_t index[] = {0, 2};
    const float one[] = {-2, 5};
    const float two[] = {-4, 7};
    writer.add({index, one, 2, 1});
    writer.add({index, two, 1, -1});
    writer.finish();
  }
  const std::string text = inspect_text(scratch.file("s.h5"));
  CHECK(contains(text, "values         -4 to 5, rows of norm at most "));
  CHECK(contains(text,
                 "feature       rows        mean   deviation       least        most\n"
                 "           0          2          -3           1          -4          -2\n"
                 "           1          0           0           0           0           0\n"
                 "           2          1         2.5         2.5           0           5\n"));
}

TEST_CASE("inspect lists the most common features, or all when asked") {
  const Scratch scratch;
  make_rcv1({.rows = 100, .features = 200}, scratch.file("r.h5"));
  const std::string some = inspect_text(scratch.file("r.h5"));
  const std::string all = inspect_text(scratch.file("r.h5"), {.every_feature = true});
  CHECK(contains(some, "features, the 10 most common, over all rows\n"));
  CHECK(std::ranges::count(all, '\n') == std::ranges::count(some, '\n') + 190);
  make_linear({.rows = 100, .features = 3, .real_labels = true}, scratch.file("l.h5"));
  CHECK(contains(inspect_text(scratch.file("l.h5")), "more than 64 values from -"));
}
