#include "datasets/feed.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <set>
#include <thread>

#include "base/checksum.hpp"
#include "base/user_error.hpp"
#include "datasets/file_dataset.hpp"
#include "datasets/memory.hpp"
#include "datasets/writer.hpp"
#include "scratch.hpp"

using namespace troupe;

namespace {

constexpr std::uint64_t row_count = 1000;

/// 1000 rows whose labels are their numbers, in some 50 segments.
std::string numbered_rows(const Scratch& scratch, bool sparse) {
  const std::string path = scratch.file(sparse ? "s.h5" : "d.h5");
  DatasetWriter writer(path, {.sparse = sparse, .features = 12, .segment_bytes = 1000});
  for (std::uint32_t i = 0; i < row_count; ++i) {
    std::vector<std::uint32_t> index;
    std::vector<float> value;
    for (std::uint32_t u = 0; u < 12; ++u) {
      if (sparse && (i * 7 + u * 5) % 3 != 0) continue;
      index.push_back(u);
      value.push_back(static_cast<float>(i * 12 + u));
    }
    const auto size = static_cast<std::uint32_t>(value.size());
    writer.add({sparse ? index.data() : nullptr, value.data(), size, static_cast<float>(i)});
  }
  writer.finish();
  return path;
}

/// What a row must hold, as its label says.
bool intact(const RowView& row, bool sparse) {
  const auto i = static_cast<std::uint32_t>(row.label);
  std::uint32_t k = 0;
  for (std::uint32_t u = 0; u < 12; ++u) {
    if (sparse && (i * 7 + u * 5) % 3 != 0) continue;
    if (k >= row.size || (sparse && row.index[k] != u)) return false;
    if (row.value[k++] != static_cast<float>(i * 12 + u)) return false;
  }
  return k == row.size;
}

/// Draws of an epoch from position to position, a row by its number.
std::vector<std::uint32_t> drawn(Feed& feed, std::uint64_t epoch, RowRange positions, bool sparse) {
  std::vector<std::uint32_t> rows;
  while (positions.size() > 0) {
    const Batch piece = feed.draw(epoch, positions.first, positions.last);
    REQUIRE(piece.size() > 0);
    for (std::size_t i = 0; i < piece.size(); ++i) {
      REQUIRE(intact(piece[i], sparse));
      rows.push_back(static_cast<std::uint32_t>(piece[i].label));
    }
    positions.first += piece.size();
  }
  return rows;
}

struct FeedCase {
  bool sparse = true;
  SamplerKind kind = {};
  std::uint32_t partitions = 1;
  std::uint64_t batch = 7;
  double shares = 0;  ///< of the least share; 0: no bound
};

std::vector<FeedCase> all_cases() {
  std::vector<FeedCase> cases;
  for (const bool sparse : {true, false})
    for (const Shuffle shuffle : {Shuffle::none, Shuffle::local, Shuffle::global})
      for (const std::uint32_t partitions : {1U, 3U, 8U})
        for (const std::uint64_t batch : {1U, 7U, 40U})
          for (const double shares : {0.0, 1.0, 1.5, 3.0})
            if (shuffle != Shuffle::global || shares == 0)
              cases.push_back({sparse, {shuffle, false}, partitions, batch, shares});
  return cases;
}

Supply::Request request(const FeedCase& how, std::shared_ptr<const Dataset> data) {
  const RowRange training{0, row_count - 100};
  const std::uint64_t least = window_needs(*data, training, how.batch).least();
  return {.data = std::move(data),
          .training = training,
          .partitions = how.partitions,
          .sampler = how.kind,
          .seed = 5,
          .batch = how.batch,
          .share = static_cast<std::uint64_t>(how.shares * static_cast<double>(least))};
}

std::vector<std::uint32_t> one_to(std::uint64_t n) {
  std::vector<std::uint32_t> rows(n);
  for (std::uint32_t i = 0; i < n; ++i) rows[i] = i;
  return rows;
}

}  // namespace

TEST_CASE("feed: without replacement an epoch draws every training row exactly once") {
  const Scratch scratch;
  const std::array sets{open_dataset(numbered_rows(scratch, false)),
                        open_dataset(numbered_rows(scratch, true))};
  for (const FeedCase& how : all_cases()) {
    CAPTURE(how.partitions);
    CAPTURE(how.batch);
    CAPTURE(how.shares);
    Supply supply(request(how, sets[how.sparse ? 1 : 0]));
    std::vector<std::unique_ptr<Feed>> feeds;
    for (std::uint32_t p = 0; p < how.partitions; ++p) feeds.push_back(supply.feed(p));
    for (std::uint64_t epoch = 0; epoch < 3; ++epoch) {
      std::vector<std::uint32_t> rows;
      for (std::uint32_t p = 0; p < how.partitions; ++p) {
        const auto own = partition_range({0, row_count - 100}, p, how.partitions);
        const auto part = drawn(*feeds[p], epoch, {0, own.size()}, how.sparse);
        if (how.kind.shuffle != Shuffle::global)
          for (const std::uint32_t row : part) REQUIRE((row >= own.first && row < own.last));
        rows.insert(rows.end(), part.begin(), part.end());
      }
      if (how.kind.shuffle == Shuffle::none) CHECK(std::ranges::is_sorted(rows));
      std::ranges::sort(rows);
      CHECK(rows == one_to(row_count - 100));
    }
  }
}

TEST_CASE("feed: the order does not depend on how it is asked for") {
  const Scratch scratch;
  const auto set = open_dataset(numbered_rows(scratch, true));
  for (const bool replacement : {false, true})
    for (const Shuffle shuffle : {Shuffle::local, Shuffle::global})
      for (const double shares : {0.0, 1.0, 2.0}) {
        if (shuffle == Shuffle::global && shares > 0) continue;
        Supply supply(request(
            {.kind = {shuffle, replacement}, .partitions = 2, .batch = 10, .shares = shares}, set));
        const auto whole = supply.feed(1);
        const auto steps = supply.feed(1);
        for (std::uint64_t epoch = 0; epoch < 2; ++epoch) {
          const auto expected = drawn(*whole, epoch, {0, 450}, true);
          std::vector<std::uint32_t> rows;
          for (std::uint64_t at = 0; at < 450; at += 10) {
            const auto part = drawn(*steps, epoch, {at, at + 10}, true);
            rows.insert(rows.end(), part.begin(), part.end());
            // Somebody else takes over from here, and goes back once.
            if (at % 150 == 20) {
              const auto heir = supply.feed(1);
              const auto seek = drawn(*heir, epoch, {at, at + 10}, true);
              CHECK(seek == part);
              CHECK(drawn(*heir, epoch, {0, 10}, true) ==
                    std::vector(expected.begin(), expected.begin() + 10));
            }
          }
          CHECK(rows == expected);
        }
        CHECK(drawn(*whole, 0, {0, 450}, true) != drawn(*whole, 1, {0, 450}, true));
      }
}

TEST_CASE("feed: a piece ends at a whole batch or where it was asked to") {
  const Scratch scratch;
  const auto set = open_dataset(numbered_rows(scratch, false));
  Supply supply(request({.batch = 40, .shares = 1}, set));
  const auto feed = supply.feed(0);
  int pieces = 0;
  for (std::uint64_t at = 0; at < 885; ++pieces) {
    at += feed->draw(0, at, 885).size();
    CHECK((at % 40 == 0 || at == 885));
  }
  CHECK(pieces > 3);
}

TEST_CASE("feed: segments change places and rows mix within a bound") {
  const Scratch scratch;
  const auto set = open_dataset(numbered_rows(scratch, false));
  Supply supply(request({.sparse = false, .shares = 2}, set));
  const auto feed = supply.feed(0);
  const auto rows = drawn(*feed, 0, {0, 900}, false);
  const auto [least, most] = std::minmax_element(rows.begin(), rows.begin() + 30);
  CHECK(*most - *least > 100);
  CHECK(drawn(*feed, 1, {0, 900}, false) != rows);
}

TEST_CASE("feed: with replacement a window draws as many as it has, some of them twice") {
  const Scratch scratch;
  const auto set = open_dataset(numbered_rows(scratch, true));
  for (const double shares : {0.0, 1.0}) {
    Supply supply(request({.kind = {Shuffle::local, true}, .shares = shares}, set));
    const auto feed = supply.feed(0);
    auto rows = drawn(*feed, 0, {0, 900}, true);
    std::ranges::sort(rows);
    const auto different = std::unique(rows.begin(), rows.end()) - rows.begin();
    CHECK((different > 500 && different < 640));  // 1 - 1/e of 900 is 569
  }
}

TEST_CASE("feed: what is in memory never exceeds the bound") {
  const Scratch scratch;
  for (const bool sparse : {true, false}) {
    const auto set = open_file_dataset(numbered_rows(scratch, sparse));
    for (const double shares : {1.0, 2.0}) {
      Supply supply(request({.sparse = sparse, .partitions = 3, .shares = shares}, set));
      std::atomic<bool> done = false;
      std::uint64_t most = 0;
      std::thread watch([&] {
        while (!done) most = std::max(most, set->counts().held);
      });
      std::vector<std::unique_ptr<Feed>> feeds;
      for (std::uint32_t p = 0; p < 3; ++p) feeds.push_back(supply.feed(p));
      for (std::uint64_t at = 0; at < 300; at += 7)
        for (auto& feed : feeds)
          drawn(*feed, 0, {at, std::min<std::uint64_t>(300, at + 7)}, sparse);
      feeds.clear();
      done = true;
      watch.join();
      CHECK(most <= 3);  // a segment on its way for each partition; windows are copies
      CHECK(set->counts().held == 0);
      CHECK(set->counts().segments >= set->segments().size() * 9 / 10);
    }
  }
}

TEST_CASE("feed: windows fit into their share, whatever the batch") {
  const Scratch scratch;
  for (const bool sparse : {true, false}) {
    const auto set = open_dataset(numbered_rows(scratch, sparse));
    for (const std::uint64_t batch : {1U, 16U, 100U})
      for (const double shares : {1.0, 1.7}) {
        const auto asked = request({.sparse = sparse, .batch = batch, .shares = shares}, set);
        const WindowNeeds needs = window_needs(*set, asked.training, batch);
        const std::uint64_t window = needs.window(asked.share);
        CHECK(2 * (window + needs.batch) + needs.segment <= asked.share);
        const Windows windows(set->facts(), cuts_within(*set, asked.training),
                              {.batch = batch, .window_bytes = window}, 3);
        CHECK(windows.size() > 1);
        for (std::size_t k = 0; k < windows.size(); ++k) {
          CHECK(bytes_in_memory(set->facts(), windows.rows(k), windows.entries_max(k)) <= window);
          CHECK(windows.carried(k) < batch);
          CHECK(windows.served(k).first == (k == 0 ? 0 : windows.served(k - 1).last));
        }
        CHECK(windows.served(windows.size() - 1).last == 900);
      }
  }
}

TEST_CASE("feed: a partition that fits into its share is loaded once and ordered as without one") {
  const Scratch scratch;
  const auto set = open_file_dataset(numbered_rows(scratch, true));
  Supply bounded(request({.shares = 1000}, set));
  Supply unbounded(request({}, set));
  const auto feed = bounded.feed(0);
  const auto other = unbounded.feed(0);
  for (std::uint64_t epoch = 0; epoch < 3; ++epoch)
    CHECK(drawn(*feed, epoch, {0, 900}, true) == drawn(*other, epoch, {0, 900}, true));
  CHECK(set->counts().segments <= set->segments().size());
}

TEST_CASE("feed: a damaged segment is told to whoever draws it, and to him again") {
  class Torn : public Dataset {
   public:
    explicit Torn(std::shared_ptr<const Dataset> set) : set_(std::move(set)) {}
    const DataFacts& facts() const override { return set_->facts(); }
    std::vector<Cut> cuts() const override { return set_->cuts(); }
    Shard load(RowRange range) const override {
      if (range.first <= 500 && 500 < range.last)
        throw UserError(ExitCode::data, "d.h5: segment 25: damaged");
      return set_->load(range);
    }

   private:
    std::shared_ptr<const Dataset> set_;
  };
  const Scratch scratch;
  const auto set = std::make_shared<Torn>(open_dataset(numbered_rows(scratch, true)));
  Supply supply(request({.kind = {Shuffle::none, false}, .shares = 1}, set));
  const auto feed = supply.feed(0);
  CHECK(drawn(*feed, 0, {0, 350}, true).size() == 350);
  for (int i = 0; i < 2; ++i)
    CHECK(refusal([&] { drawn(*feed, 0, {350, 900}, true); }) == "d.h5: segment 25: damaged");
  CHECK(drawn(*feed, 0, {0, 350}, true).size() == 350);
}

TEST_CASE("feed: a global shuffle counts the bytes of rows that a partition had not before") {
  const Scratch scratch;
  for (const bool sparse : {true, false}) {
    const auto set = open_dataset(numbered_rows(scratch, sparse));
    const Shard all = set->load({0, row_count});
    Supply supply(
        request({.sparse = sparse, .kind = {Shuffle::global, false}, .partitions = 3}, set));
    const auto feed = supply.feed(1);
    std::set<std::uint32_t> before;
    for (std::uint32_t row = 300; row < 600; ++row) before.insert(row);
    for (std::uint64_t epoch = 0; epoch < 3; ++epoch) {
      std::set<std::uint32_t> now;
      std::uint64_t bytes = 0;
      for (const std::uint32_t row : drawn(*feed, epoch, {0, 300}, sparse)) {
        now.insert(row);
        if (!before.contains(row)) bytes += 4 + all.rows()[row].size * (sparse ? 8U : 4U);
      }
      CHECK(bytes > 0);
      CHECK(feed->bytes_moved(epoch) == bytes);
      before = now;
    }
  }
}

TEST_CASE("feed: other shuffles move nothing") {
  const Scratch scratch;
  const auto set = open_dataset(numbered_rows(scratch, true));
  for (const double shares : {0.0, 1.0}) {
    Supply supply(request({.partitions = 2, .shares = shares}, set));
    CHECK(supply.feed(0)->bytes_moved(0) == 0);
  }
}

TEST_CASE("feed: long orders are made ahead and are the same") {
  std::vector<DenseRow> rows(20000);
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = {{1.0F}, static_cast<float>(i)};
  const auto set = memory_dataset(rows);
  for (const Shuffle shuffle : {Shuffle::none, Shuffle::local, Shuffle::global}) {
    Supply supply({.data = set, .training = {0, 20000}, .sampler = {shuffle, false}});
    const Sampler sampler({shuffle, false}, 1, {.own = {0, 20000}, .all = 20000});
    const auto feed = supply.feed(0);
    std::vector<std::uint32_t> expected;
    for (const std::uint64_t epoch : {0U, 1U, 2U, 5U, 6U, 2U}) {
      sampler.order(epoch, expected);
      CHECK(std::ranges::equal(feed->draw(epoch, 0, 20000).picks, expected));
    }
  }
}

TEST_CASE("feed: partitions of several threads share one loader") {
  const Scratch scratch;
  const auto set = open_dataset(numbered_rows(scratch, true));
  for (const double shares : {0.0, 1.0}) {
    Supply supply(request({.partitions = 6, .shares = shares}, set));
    std::vector<std::vector<std::uint32_t>> rows(6);
    std::vector<std::thread> threads;
    for (std::uint32_t p = 0; p < 6; ++p)
      threads.emplace_back([&, p] {
        const auto feed = supply.feed(p);
        for (std::uint64_t epoch = 0; epoch < 4; ++epoch)
          for (std::uint64_t at = 0; at < 150;) {
            const Batch piece = feed->draw(epoch, at, std::min<std::uint64_t>(150, at + 7));
            for (std::size_t i = 0; i < piece.size(); ++i)
              rows[p].push_back(static_cast<std::uint32_t>(piece[i].label));
            at += piece.size();
          }
      });
    for (std::thread& thread : threads) thread.join();
    for (std::uint32_t p = 0; p < 6; ++p) {
      std::ranges::sort(rows[p]);
      for (std::size_t i = 0; i < 600; ++i) REQUIRE(rows[p][i] == 150 * p + i / 4);
    }
  }
}
