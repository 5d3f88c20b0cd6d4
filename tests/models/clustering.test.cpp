/// K-Means on the published sets: from equal starts, descent ends as well as Lloyd's
/// iteration. It judges quantisation errors, not speed.
#include <doctest/doctest.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <numeric>

#include "datasets/importer.hpp"
#include "datasets/row_sample.hpp"
#include "tests/datasets/scratch.hpp"
#include "tests/models/contract.hpp"

namespace troupe {
ModelKind kmeans_kind();
}

namespace troupe::testing {
namespace {

constexpr std::uint64_t seeds = 10;

std::string real_set(const std::string& name) {
  const char* given = std::getenv("REAL_DATA_DIR");
  const std::string folder =
      given != nullptr ? given : std::string(TROUPE_SOURCE_DIR) + "/../shared/data";
  std::string path = folder + "/clustering/" + name + ".data.gz";
  if (std::filesystem::exists(path)) return path;
  std::printf(
      "SKIPPED: K-Means against Lloyd on %s: no clustering sets; REAL_DATA_DIR names the "
      "folder\n",
      name.c_str());
  return "";
}

struct Clustering {
  std::shared_ptr<const Dataset> set = nullptr;
  Shard shard = {};
  std::unique_ptr<Model> kmeans = nullptr;

  double error(std::span<const float> centres) const {
    std::vector<std::uint32_t> all(shard.rows().size());
    std::iota(all.begin(), all.end(), 0U);
    const Evaluation sum = kmeans->evaluate(centres, {shard.rows(), all});
    return sum.loss_sum / static_cast<double>(sum.rows);
  }
};

Clustering opened(const std::string& file, std::int64_t clusters) {
  const Scratch scratch;
  import_files({file}, {.label_column = "none"}, scratch.file("set.h5"));
  Clustering result{.set = open_dataset(scratch.file("set.h5"))};
  const DataFacts& facts = result.set->facts();
  Settings settings = settings_for(kmeans_kind(), "auto", 0);
  settings.set("model.kmeans.clusters", clusters);
  result.shard = result.set->load({0, facts.rows});
  result.kmeans = kmeans_kind().make({settings, facts, facts.rows, true});
  return result;
}

std::vector<float> started(const Clustering& on, std::uint64_t seed) {
  const std::uint64_t rows = on.set->facts().rows;
  const RowSample sample(*on.set, {0, rows}, on.kmeans->start_rows().most);
  std::vector<float> centres(on.kmeans->layout().size());
  on.kmeans->initialise(centres, seed, sample.rows());
  return centres;
}

// Each centre becomes the mean of its rows, until none moves; in double.
std::vector<float> lloyd(const Clustering& on, std::vector<float> centres) {
  const Rows& rows = on.shard.rows();
  const std::size_t size = rows.features();
  const std::size_t clusters = centres.size() / size;
  std::vector<std::uint32_t> all(rows.size());
  std::iota(all.begin(), all.end(), 0U);
  std::vector<float> nearest(rows.size());
  for (int round = 0; round < 300; ++round) {
    on.kmeans->predict(centres, {rows, all}, false, nearest);
    std::vector<double> sums(centres.size(), 0.0);
    std::vector<double> counts(clusters, 0.0);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const auto k = static_cast<std::size_t>(nearest[i]);
      ++counts[k];
      for (std::size_t d = 0; d < size; ++d) sums[k * size + d] += rows[i].value[d];
    }
    const std::vector<float> before = centres;
    for (std::size_t j = 0; j < centres.size(); ++j)
      if (counts[j / size] > 0) centres[j] = static_cast<float>(sums[j] / counts[j / size]);
    if (centres == before) break;
  }
  return centres;
}

// Single rows in a new order each epoch, at a rate that falls in a line to zero.
std::vector<float> descended(const Clustering& on, std::vector<float> centres, std::uint64_t seed) {
  constexpr std::size_t epochs = 15;
  const std::size_t count = on.shard.rows().size();
  std::vector<std::uint32_t> order(count);
  std::iota(order.begin(), order.end(), 0U);
  std::vector<float> rates(count);
  Replica replica{centres};
  for (std::size_t epoch = 0; epoch < epochs; ++epoch) {
    shuffle(order, RandomStream(seed, Purpose::test, epoch));
    for (std::size_t i = 0; i < count; ++i)
      rates[i] =
          0.1F * (1 - static_cast<float>(epoch * count + i) / static_cast<float>(epochs * count));
    on.kmeans->descend(replica, {on.shard.rows(), order}, 1, rates);
  }
  return centres;
}

void compare(const std::string& name, std::int64_t clusters) {
  const std::string file = real_set(name);
  if (file.empty()) return;
  const Clustering on = opened(file, clusters);
  double ours = 0;
  double theirs = 0;
  double our_best = std::numeric_limits<double>::infinity();
  double their_best = our_best;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    const std::vector<float> start = started(on, seed);
    const double descent = on.error(descended(on, start, seed));
    const double batch = on.error(lloyd(on, start));
    ours += descent / seeds;
    theirs += batch / seeds;
    our_best = std::min(our_best, descent);
    their_best = std::min(their_best, batch);
  }
  MESSAGE(name << ": mean " << ours / theirs << ", best " << our_best / their_best
               << " of Lloyd's");
  CHECK(ours <= 1.05 * theirs);
  CHECK(our_best <= 1.05 * their_best);
}

TEST_CASE("kmeans: on S1 descent ends as well as Lloyd's iteration") { compare("s1", 15); }
TEST_CASE("kmeans: on A1 descent ends as well as Lloyd's iteration") { compare("a1", 20); }
TEST_CASE("kmeans: on Birch1 descent ends as well as Lloyd's iteration") { compare("birch1", 100); }

}  // namespace
}  // namespace troupe::testing
