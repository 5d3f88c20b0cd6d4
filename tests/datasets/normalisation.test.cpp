/// Rows on a common scale: the statistics, the rows, and what becomes of extremes.
#include "datasets/normalisation.hpp"

#include <cmath>
#include <limits>

#include "base/random.hpp"
#include "datasets/memory.hpp"
#include "datasets/relabelled.hpp"
#include "datasets/writer.hpp"
#include "scratch.hpp"

using namespace troupe;

namespace {

std::shared_ptr<const Dataset> scaled(const std::string& kind, std::shared_ptr<const Dataset> set,
                                      std::uint64_t training) {
  auto how = std::make_shared<Normalisation>(measure(kind, *set, {0, training}));
  return normalised(std::move(set), std::move(how));
}

std::vector<float> values(const Dataset& set, RowRange range) {
  std::vector<float> all;
  const Shard shard = set.load(range);
  for (std::size_t i = 0; i < shard.rows().size(); ++i)
    all.insert(all.end(), shard.rows()[i].value, shard.rows()[i].value + shard.rows()[i].size);
  return all;
}

/// Of several segments, a few rows each.
std::shared_ptr<const Dataset> many_segments(const Scratch& scratch, bool sparse) {
  const std::string path = scratch.file(sparse ? "sparse.h5" : "dense.h5");
  DatasetWriter writer(path, {.sparse = sparse, .features = 3, .segment_bytes = 100});
  RandomStream random(1, Purpose::test);
  const std::uint32_t index[] = {0, 2};
  for (int i = 0; i < 50; ++i) {
    const float value[] = {static_cast<float>(1000 + random.normal()),
                           static_cast<float>(random.normal()), 7};
    const RowView row = sparse ? RowView{index, value, 2, 1} : RowView{nullptr, value, 3, 1};
    writer.add(row);
  }
  writer.finish();
  return open_dataset(path);
}

}  // namespace

TEST_CASE("normalise: standardised training rows have mean 0 and deviation 1") {
  const Scratch scratch;
  const auto set = scaled("standardise", many_segments(scratch, false), 50);
  for (int feature = 0; feature < 2; ++feature) {
    CHECK(std::fabs(set->facts().mean[feature]) < 1e-4);
    CHECK(set->facts().variance[feature] == doctest::Approx(1).epsilon(1e-5));
  }
  CHECK(set->facts().max_abs[2] == 0);
}

TEST_CASE("normalise: only training rows have a say, and all rows are scaled") {
  const auto set = memory_dataset({{{1, -2}, 0}, {{3, 4}, 0}, {{5, 8}, 0}});
  CHECK(values(*scaled("standardise", set, 2), {0, 3}) ==
        std::vector<float>{-1, -1, 1, 1, 3, 7 / 3.0F});
  CHECK(values(*scaled("max_abs", set, 2), {0, 3}) ==
        std::vector<float>{1 / 3.0F, -0.5F, 1, 1, 5 / 3.0F, 2});
}

TEST_CASE("normalise: any range of rows is the same to the bit, and cut as its file is") {
  const Scratch scratch;
  for (const bool sparse : {false, true})
    for (const char* kind : {"max_abs", "unit_rows", "standardise"}) {
      if (sparse && kind == std::string("standardise")) continue;
      const auto plain = many_segments(scratch, sparse);
      const auto set = scaled(kind, plain, 40);
      const std::vector<float> all = values(*set, {0, 50});
      std::vector<float> pieces;
      for (std::uint64_t first = 0; first < 50; first += 7)
        for (const float value : values(*set, {first, std::min<std::uint64_t>(first + 7, 50)}))
          pieces.push_back(value);
      CHECK(pieces == all);
      CHECK(set->cuts().size() == plain->cuts().size());
      CHECK(set->cuts().size() > 5);
    }
}

TEST_CASE("normalise: sparse rows keep their zeros and features, and facts are of the new rows") {
  const auto set = scaled("max_abs", memory_dataset({{{0, 2}, {3, 4}, 1}, {{2}, {-8}, -1}}, 4), 2);
  const Shard shard = set->load({1, 2});
  CHECK(shard.rows()[0].size == 1);
  CHECK(shard.rows()[0].index[0] == 2);
  CHECK(shard.rows()[0].value[0] == -1);
  CHECK(shard.rows()[0].label == -1);
  CHECK(set->facts().row_norm_max == std::sqrt(1.25F));
  CHECK(set->facts().max_abs == std::vector<float>{1, 0, 1, 0});
  CHECK(set->facts().labels.size() == 2);
}

TEST_CASE("normalise: rows of length 1, but for those that are all 0") {
  const auto set = scaled("unit_rows", memory_dataset({{{3, 4}, 1}, {{0, 0}, 1}}), 1);
  CHECK(values(*set, {0, 2}) == std::vector<float>{0.6F, 0.8F, 0, 0});
}

TEST_CASE("normalise: constant features are counted and not divided") {
  const auto set = memory_dataset({{{5, 0, 1}, 0}, {{5, 0, 2}, 0}});
  CHECK(measure("standardise", *set, {0, 2}).constant == 2);
  CHECK(measure("max_abs", *set, {0, 2}).constant == 1);
  CHECK(values(*scaled("standardise", set, 2), {0, 1}) == std::vector<float>{0, 0, -1});
}

TEST_CASE("normalise: numbers at the ends of their range stay numbers") {
  constexpr float most = std::numeric_limits<float>::max();
  constexpr float least = std::numeric_limits<float>::denorm_min();
  const auto set = memory_dataset({{{most, least}, 0}, {{-most, 0}, 0}, {{0, most}, 0}});
  for (const char* kind : {"standardise", "max_abs", "unit_rows"})
    for (const float value : values(*scaled(kind, set, 2), {0, 3})) CHECK(std::isfinite(value));
}

TEST_CASE("normalise: a small deviation survives beside a large mean") {
  const auto set = memory_dataset({{{1000001}, 0}, {{1000003}, 0}, {{1000002}, 0}});
  CHECK(measure("standardise", *set, {0, 3}).divisor[0] ==
        doctest::Approx(std::sqrt(2.0 / 3)).epsilon(1e-6));
}

TEST_CASE("labels that are words get the numbers that another set gave them") {
  const Scratch scratch;
  DatasetWriter writer(scratch.file("a.h5"), {.sparse = false, .features = 1});
  const float one = 1;
  for (const float label : {0.0F, 1.0F, 1.0F}) writer.add({nullptr, &one, 1, label});
  writer.name_labels({"rose", "lily"});
  writer.finish();
  const auto set = open_dataset(scratch.file("a.h5"));
  CHECK(set->facts().label_names == std::vector<std::string>{"rose", "lily"});
  const auto changed = relabelled(set, {"lily", "tulip", "rose"}, "train.h5");
  CHECK(changed->load({0, 3}).rows()[0].label == 2);
  CHECK(changed->load({1, 2}).rows()[0].label == 0);
  CHECK(changed->facts().labels == std::vector<LabelCount>{{0, 2}, {2, 1}});
  CHECK(changed->facts().positive == 1);
  CHECK(relabelled(set, {"rose", "lily"}, "train.h5") == set);
  CHECK(refusal([&] { relabelled(set, {"rose"}, "train.h5"); }) ==
        set->facts().path + ": the label 'lily' is none of those of train.h5");
  CHECK(refusal([&] { relabelled(set, {}, "train.h5"); }) ==
        set->facts().path + ": labels are words, but those of train.h5 are numbers");
}
