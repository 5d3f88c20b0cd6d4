/// K-Means and principal components: what they start from and where they end.
#include <doctest/doctest.h>

#include <set>

#include "tests/models/contract.hpp"

namespace troupe {
ModelKind kmeans_kind();
ModelKind oja_kind();
}  // namespace troupe

namespace troupe::testing {
namespace {

std::unique_ptr<Model> make_unlabelled(const ModelKind& kind, const Sample& sample,
                                       const std::map<std::string, Value>& keys) {
  Settings settings = settings_for(kind, "auto", 0);
  for (const auto& [path, value] : keys) settings.set(path, value);
  const DataFacts facts = sample.facts();
  return kind.make({settings, facts, facts.rows, true});
}

/// `each` points around each of four far corners, corner after corner.
Sample four_corners(std::size_t each) {
  Sample sample;
  sample.sparse = false;
  sample.features = 2;
  RandomStream random(5, Purpose::test);
  for (const float x : {0.0F, 10.0F})
    for (const float y : {0.0F, 10.0F})
      for (std::size_t i = 0; i < each; ++i)
        sample.add_row({},
                       {x + static_cast<float>(0.1 * random.normal()),
                        y + static_cast<float>(0.1 * random.normal())},
                       0);
  return sample;
}

std::vector<float> started(const Sample& sample, const std::string& from, std::uint64_t seed) {
  const auto kmeans = make_unlabelled(
      kmeans_kind(), sample,
      {{"model.kmeans.clusters", std::int64_t{4}}, {"model.kmeans.start_from", from}});
  std::vector<float> centres(kmeans->layout().size());
  kmeans->initialise(centres, seed, sample.rows());
  return centres;
}

/// How many different corners the centres are near to.
std::size_t corners(const std::vector<float>& centres) {
  std::set<std::pair<int, int>> found;
  for (std::size_t k = 0; k < 4; ++k)
    found.insert({centres[2 * k] > 5 ? 1 : 0, centres[2 * k + 1] > 5 ? 1 : 0});
  return found.size();
}

TEST_CASE("kmeans: kmeans++ starts in every far corner, whatever the seed") {
  const Sample sample = four_corners(100);
  for (std::uint64_t seed = 0; seed < 20; ++seed)
    CHECK(corners(started(sample, "kmeans++", seed)) == 4);
  CHECK(started(sample, "kmeans++", 1) == started(sample, "kmeans++", 1));
  CHECK(started(sample, "kmeans++", 1) != started(sample, "kmeans++", 2));
}

TEST_CASE("kmeans: rows start evenly and without the seed, random with it") {
  const Sample sample = four_corners(100);
  CHECK(corners(started(sample, "rows", 1)) == 4);
  CHECK(started(sample, "rows", 1) == started(sample, "rows", 2));
  CHECK(started(sample, "random", 1) == started(sample, "random", 1));
  CHECK(started(sample, "random", 1) != started(sample, "random", 2));
}

TEST_CASE("kmeans: random starts are rows, none of them twice") {
  const Sample sample = four_corners(1);
  const std::vector<float> centres = started(sample, "random", 3);
  CHECK(corners(centres) == 4);
  for (std::size_t k = 0; k < 4; ++k)
    CHECK(std::ranges::find(sample.value, centres[2 * k]) != sample.value.end());
}

TEST_CASE("kmeans: only the nearest centre moves, half the way at a rate of a half") {
  Sample sample;
  sample.features = 2;
  sample.add_row({0}, {4}, 0);
  const auto kmeans =
      make_unlabelled(kmeans_kind(), sample, {{"model.kmeans.clusters", std::int64_t{2}}});
  const Rows rows = sample.rows();
  const auto picks = every_row(sample);
  std::vector<float> centres = {-1, 0, 2, 2};
  Replica replica{centres};
  CHECK(kmeans->descend(replica, {rows, picks}, 1, std::vector<float>{0.5F}) == 4);
  CHECK(centres == std::vector<float>{-1, 0, 3, 1});
  std::vector<float> nearest(1);
  kmeans->predict(centres, {rows, picks}, false, nearest);
  CHECK(nearest[0] == 1);
  CHECK(kmeans->evaluate(centres, {rows, picks}).loss_sum == 1);
  CHECK_FALSE(kmeans->traits().classifies);
}

TEST_CASE("kmeans: a batch moves centres as its gradient says, far from zero too") {
  for (const double offset : {0.0, 1e5}) {
    Sample sample;
    sample.sparse = false;
    sample.features = 5;
    RandomStream random(3, Purpose::test);
    for (int n = 0; n < 75; ++n) {
      std::vector<float> x(5);
      for (float& entry : x) entry = static_cast<float>(offset + 4 * (n % 3) + random.normal());
      sample.add_row({}, x, 0);
    }
    const auto kmeans =
        make_unlabelled(kmeans_kind(), sample, {{"model.kmeans.clusters", std::int64_t{3}}});
    const Rows rows = sample.rows();
    const auto picks = every_row(sample);
    std::vector<float> centres(15);
    for (std::size_t i = 0; i < 15; ++i)
      centres[i] = static_cast<float>(offset + 4 * static_cast<double>(i / 5) + 0.5);
    Accumulator sum(15);
    const double loss = kmeans->gradient(centres, {rows, picks}, 0.5F, sum);
    std::vector<float> moved = centres;
    Replica replica{moved};
    CHECK(kmeans->descend(replica, {rows, picks}, 75, std::vector<float>{0.5F}) ==
          doctest::Approx(loss).epsilon(0.01));
    for (std::size_t i = 0; i < 15; ++i) {
      CAPTURE(i);
      CHECK(moved[i] - offset ==
            doctest::Approx(centres[i] - 0.5F / 75 * sum.values()[i] - offset).epsilon(0.01));
    }
  }
}

// Variances 4, 1 and 0.1 along axes turned by 30 degrees in the first plane.
TEST_CASE("oja: two components go to the two top eigenvectors") {
  Sample sample;
  sample.sparse = false;
  sample.features = 3;
  RandomStream random(2, Purpose::test);
  const double c = std::cos(0.5236);
  const double s = std::sin(0.5236);
  for (int n = 0; n < 20000; ++n) {
    const double a = 2 * random.normal();
    const double b = random.normal();
    sample.add_row({},
                   {static_cast<float>(c * a - s * b), static_cast<float>(s * a + c * b),
                    static_cast<float>(0.3 * random.normal())},
                   0);
  }
  const auto oja = make_unlabelled(oja_kind(), sample, {{"model.oja.components", std::int64_t{2}}});
  std::vector<float> w(6);
  oja->initialise(w, 1, {});
  std::vector<float> rates(20000);
  for (std::size_t n = 0; n < rates.size(); ++n)
    rates[n] = 0.02F / (1 + 0.001F * static_cast<float>(n));
  const Rows rows = sample.rows();
  const auto picks = every_row(sample);
  Replica replica{w};
  oja->descend(replica, {rows, picks}, 1, rates);
  CHECK(std::abs(w[0] * c + w[1] * s) == doctest::Approx(1).epsilon(0.005));
  CHECK(std::abs(w[4] * c - w[3] * s) == doctest::Approx(1).epsilon(0.005));
  CHECK(std::abs(w[2]) < 0.02);
  // What is left is the third variance: 0.09 / 2.
  CHECK(oja->evaluate(w, {rows, picks}).loss_sum / 20000 == doctest::Approx(0.045).epsilon(0.05));
}

TEST_CASE("oja: it starts at unit vectors at right angles") {
  const Sample sample = random_sample(false, 10, 8);
  const auto oja = make_unlabelled(oja_kind(), sample, {{"model.oja.components", std::int64_t{3}}});
  std::vector<float> w(24);
  oja->initialise(w, 4, {});
  for (std::size_t i = 0; i < 3; ++i)
    for (std::size_t j = 0; j < 3; ++j) {
      double product = 0;
      for (std::size_t u = 0; u < 8; ++u)
        product += static_cast<double>(w[8 * i + u]) * w[8 * j + u];
      CHECK(product == doctest::Approx(i == j ? 1 : 0).epsilon(1e-5));
    }
}

}  // namespace
}  // namespace troupe::testing
