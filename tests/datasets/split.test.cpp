#include "datasets/split.hpp"

#include <algorithm>
#include <vector>

#include "datasets/dataset.hpp"
#include "datasets/writer.hpp"
#include "scratch.hpp"

using namespace troupe;

namespace {

// Row i holds the one value i; every third row has the label 1. Many small segments.
std::string numbered(const Scratch& scratch, std::uint32_t rows, std::uint32_t labels = 2) {
  DatasetWriter writer(scratch.file("all.h5"),
                       {.sparse = false, .features = 1, .segment_bytes = 200});
  for (std::uint32_t i = 0; i < rows; ++i) {
    const auto value = static_cast<float>(i);
    const auto label = static_cast<float>(labels == 2 ? (i % 3 == 0) : i % labels);
    writer.add({nullptr, &value, 1, label});
  }
  writer.finish();
  return scratch.file("all.h5");
}

std::vector<float> values(const std::string& path) {
  const auto set = open_dataset(path);
  const Shard shard = set->load({0, set->facts().rows});
  std::vector<float> all;
  for (std::size_t i = 0; i < shard.rows().size(); ++i) all.push_back(shard.rows()[i].value[0]);
  return all;
}

std::string usage(const std::string& path, const std::vector<std::string>& parts,
                  const SplitOptions& options = {}) {
  try {
    split_file(path, parts, options);
  } catch (const UserError& error) {
    CHECK(error.code() == ExitCode::usage);
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("split: every row is in one part, in its order, and the shares hold exactly") {
  const Scratch scratch;
  const std::string all = numbered(scratch, 1000);
  const std::vector<std::string> parts = {scratch.file("a.h5"), scratch.file("b.h5"),
                                          scratch.file("c.h5")};
  split_file(all, parts, {.shares = {0.5, 0.3, 0.2}});
  std::vector<float> together;
  for (const std::string& part : parts) {
    const std::vector<float> some = values(part);
    CHECK(std::ranges::is_sorted(some));
    together.insert(together.end(), some.begin(), some.end());
  }
  CHECK(values(parts[0]).size() == 500);
  CHECK(values(parts[1]).size() == 300);
  std::ranges::sort(together);
  CHECK(together == values(all));
}

TEST_CASE("split: the seed decides, and a quarter of the rows lies in every quarter") {
  const Scratch scratch;
  const std::string all = numbered(scratch, 4000);
  const auto second = [&](std::uint64_t seed) {
    split_file(all, {scratch.file("a.h5"), scratch.file("b.h5")},
               {.shares = {0.75, 0.25}, .seed = seed});
    return values(scratch.file("b.h5"));
  };
  const std::vector<float> one = second(1);
  CHECK(one == second(1));
  CHECK(one != second(2));
  for (int quarter = 0; quarter < 4; ++quarter) {
    const auto inside = std::ranges::count_if(
        one, [&](float value) { return static_cast<int>(value) / 1000 == quarter; });
    CHECK(inside == doctest::Approx(250).epsilon(0.15));
  }
}

TEST_CASE("split: stratified parts keep the share of each label") {
  const Scratch scratch;
  const std::string all = numbered(scratch, 900);
  const auto facts =
      split_file(all, {scratch.file("a.h5"), scratch.file("b.h5")}, {.stratified = true});
  CHECK(facts[0].labels == std::vector<LabelCount>{{0, 480}, {1, 240}});
  CHECK(facts[1].labels == std::vector<LabelCount>{{0, 120}, {1, 60}});
}

TEST_CASE("split: sparse rows keep their width") {
  const Scratch scratch;
  make_rcv1({.rows = 100, .features = 500}, scratch.file("r.h5"));
  const auto facts =
      split_file(scratch.file("r.h5"), {scratch.file("a.h5"), scratch.file("b.h5")}, {});
  CHECK(facts[0].rows == 80);
  CHECK(facts[1].features == 500);
  CHECK(facts[1].sparse);
}

TEST_CASE("split: rows are divided by the largest remainders") {
  CHECK(rows_by_share(5, {0.8, 0.2}) == std::vector<std::uint64_t>{4, 1});
  CHECK(rows_by_share(10, {1.0 / 3, 1.0 / 3, 1.0 / 3}) == std::vector<std::uint64_t>{4, 3, 3});
  CHECK(rows_by_share(7, {0.5, 0.5}) == std::vector<std::uint64_t>{4, 3});
  CHECK(rows_by_share(3, {0.9, 0.1}) == std::vector<std::uint64_t>{3, 0});
}

TEST_CASE("split: what cannot be is one line") {
  const Scratch scratch;
  const std::string all = numbered(scratch, 100, 70);
  const std::string a = scratch.file("a.h5");
  const std::string b = scratch.file("b.h5");
  CHECK(usage(all, {a}) == "data split: files to write: 1, expected 2 to 64");
  CHECK(usage(all, {a, a}) == "data split: " + a + " is to be written twice");
  CHECK_THROWS_WITH_AS(
      split_file(all, {a, all}, {}),
      (all + ": is a file to be read, so nothing is written there; name another").c_str(),
      UserError);
  CHECK(usage(all, {a, b}, {.shares = {1}}) ==
        "data split: shares: 1, expected one for each of the 2 files to write");
  CHECK(usage(all, {a, b}, {.shares = {0.5, 0.6}}) ==
        "data split: the shares must be positive and 1 together");
  CHECK(usage(all, {a, b}, {.shares = {0.999, 0.001}}) ==
        "data split: part 2 would get none of the 100 rows of " + all);
  CHECK(usage(all, {a, b}, {.stratified = true}) ==
        "data split: " + all +
            " has more than 64 different labels, so there are no classes to keep the shares of");
  CHECK(scratch.files() == 1);
}

TEST_CASE("split: a part that cannot be written takes the others with it") {
  const Scratch scratch;
  const std::string all = numbered(scratch, 100);
  const std::string line = refusal([&] {
    split_file(all, {scratch.file("a.h5"), "/nonexistent/b.h5"}, {});
  });
  CHECK(line == "/nonexistent/b.h5: cannot be written: No such file or directory");
  CHECK(scratch.files() == 1);
  // The second part is larger than the limit, the first one is not.
  const std::string late = refusal([&] {
    const FileLimit limit(4000);
    split_file(all, {scratch.file("a.h5"), scratch.file("b.h5")}, {.shares = {0.01, 0.99}});
  });
  CHECK(late.ends_with(": cannot be written: File too large"));
  CHECK(scratch.files() == 1);
}

TEST_CASE("split: files that stood there stay when a part cannot take its place") {
  const Scratch scratch;
  const std::string all = numbered(scratch, 100);
  const std::string one = scratch.file("one.h5");
  const std::string two = scratch.file("two.h5");
  split_file(all, {one, two}, {});
  const std::string before = contents(one);
  // A folder comes into the way of the last part when the first is ready.
  std::filesystem::remove(two);
  const SplitOptions options{.seed = 2, .progress = [&](std::uint64_t, std::uint64_t) {
                               std::filesystem::create_directories(two + "/in the way");
                             }};
  const std::string fresh = scratch.file("fresh.h5");
  CHECK(refusal([&] {
          split_file(all, {one, fresh, two}, options);
        }) == two + ": cannot be written: Is a directory");
  CHECK(contents(one) == before);
  CHECK(scratch.files() == 3);  // all.h5, one.h5 and the folder
  std::filesystem::remove_all(two);
  split_file(all, {one, two}, {.seed = 2});
  CHECK(contents(one) != before);
  CHECK(scratch.files() == 3);
}
