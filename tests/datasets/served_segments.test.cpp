/// A set whose file is elsewhere: what is fetched, kept, refused. The fetcher is a
/// function call here; the network has tests of its own.
#include "datasets/served_segments.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <vector>

#include "datasets/file_dataset.hpp"
#include "datasets/generators.hpp"
#include "datasets/writer.hpp"
#include "scratch.hpp"

using namespace troupe;

namespace {

/// Has the file, and lies when told to.
class Hand final : public SegmentFetcher {
 public:
  explicit Hand(const std::string& path) : set_(open_file_dataset(path)) {}
  const std::string& from() const override { return from_; }
  Manifest manifest() override {
    Manifest manifest = set_->manifest();
    if (change) change(manifest);
    return manifest;
  }
  void fetch(const Manifest&, std::span<const SegmentOrder> orders,
             const std::function<void(const SegmentOrder&)>& arrived) override {
    for (const SegmentOrder& order : orders) {
      fetched.push_back(order.segment);
      const FileDataset::Segment segment = set_->segment(order.segment);
      std::vector<std::byte> bytes;
      for (const auto part :
           {std::as_bytes(segment.bytes.label), std::as_bytes(segment.bytes.offsets),
            std::as_bytes(segment.bytes.index), std::as_bytes(segment.bytes.value)})
        bytes.insert(bytes.end(), part.begin(), part.end());
      if (lies[order.segment]-- > 0) bytes[1] ^= std::byte{4};
      CHECK(bytes.size() == order.image.size());
      // In two parts, cut where no array ends.
      order.image.place(0, std::span(bytes).first(5));
      order.image.place(5, std::span(bytes).subspan(5));
      arrived(order);
    }
  }

  std::function<void(Manifest&)> change;
  std::map<std::size_t, int> lies;
  std::vector<std::size_t> fetched;

 private:
  std::string from_ = "the coordinator";
  std::shared_ptr<const FileDataset> set_;
};

/// A set of many small segments, served with a cache.
struct Served {
  explicit Served(bool sparse = true) {
    DatasetWriter writer(scratch.file("a.h5"),
                         {.sparse = sparse, .features = 3, .segment_bytes = 300});
    const std::vector<std::uint32_t> index{0, 1, 2};
    for (int i = 0; i < 100; ++i) {
      const std::vector<float> value(3, static_cast<float>(i));
      writer.add({sparse ? index.data() : nullptr, value.data(), 3, 1});
    }
    writer.finish();
    hand = std::make_shared<Hand>(scratch.file("a.h5"));
  }
  std::shared_ptr<const FileDataset> open(std::uint64_t limit = 1 << 20) {
    return open_file_dataset(serve_segments({.fetcher = hand,
                                             .cache_folder = cache,
                                             .cache_limit = limit,
                                             .news = [this](const DataReport& report) {
                                               news[report.what].push_back(report.detail);
                                             }}));
  }
  std::vector<std::string> kept() const {
    std::vector<std::string> files;
    for (const auto& at : std::filesystem::recursive_directory_iterator(cache))
      if (at.is_regular_file()) files.push_back(at.path().string());
    std::sort(files.begin(), files.end());
    return files;
  }

  Scratch scratch;
  std::string cache = scratch.file("cache");
  std::shared_ptr<Hand> hand;
  std::map<std::string, std::vector<std::string>> news;
};

bool right(const Shard& shard, std::uint64_t first) {
  for (std::size_t i = 0; i < shard.rows().size(); ++i)
    for (std::uint32_t j = 0; j < 3; ++j)
      if (shard.rows()[i].value[j] != static_cast<float>(first + i)) return false;
  return shard.rows().size() > 0;
}

}  // namespace

TEST_CASE("served rows are those of the file, and only touched segments travel") {
  for (const bool sparse : {true, false}) {
    Served served(sparse);
    const auto set = served.open();
    CHECK(set->facts().manifest_crc32c ==
          open_dataset(served.scratch.file("a.h5"))->facts().manifest_crc32c);
    CHECK(set->facts().path == served.scratch.file("a.h5"));
    CHECK(served.hand->fetched.empty());
    const Shard middle = set->load({40, 42});
    CHECK(right(middle, 40));
    CHECK(served.hand->fetched.size() <= 2);
    CHECK(right(set->load({0, 100}), 0));
    CHECK(served.hand->fetched.size() == set->segments().size());
  }
}

TEST_CASE("a node that comes back fetches only what it lacks, and says so") {
  Served served;
  { CHECK(right(served.open()->load({0, 30}), 0)); }
  const std::size_t before = served.hand->fetched.size();
  served.hand->fetched.clear();
  const auto set = served.open();
  CHECK(right(set->load({0, 100}), 0));
  CHECK(served.hand->fetched.size() == set->segments().size() - before);
  CHECK(served.hand->fetched.front() == before);
  const std::string last = served.news["data_served"].back();
  CHECK(last.starts_with(std::to_string(set->segments().size() - before) + " segments, "));
  CHECK(last.find("; " + std::to_string(before) + " segments, ") != std::string::npos);
  CHECK(last.ends_with("bytes from " + served.cache));
}

TEST_CASE("without a cache every segment is fetched again and nothing is written") {
  Served served;
  served.cache = "";
  for (int i = 0; i < 2; ++i) CHECK(right(served.open()->load({0, 100}), 0));
  CHECK(served.hand->fetched.size() == 2 * served.open()->segments().size());
  CHECK(served.scratch.files() == 1);
}

TEST_CASE("a segment that arrives wrong is refused, fetched once more, and never kept wrong") {
  Served served;
  served.hand->lies[2] = 1;
  CHECK(right(served.open()->load({0, 100}), 0));
  CHECK(std::count(served.hand->fetched.begin(), served.hand->fetched.end(), 2) == 2);
  REQUIRE(served.news["data_refused"].size() == 1);
  CHECK(served.news["data_refused"][0].starts_with("segment 2 (rows "));
  CHECK(served.news["data_refused"][0].ends_with(", from the coordinator; fetched once more"));
  served.hand->fetched.clear();
  CHECK(right(served.open()->load({0, 100}), 0));
  CHECK(served.hand->fetched.empty());
}

TEST_CASE("a segment that arrives wrong twice ends the run with both checksums and from whom") {
  Served served;
  served.hand->lies[1] = 2;
  const auto set = served.open();
  const std::string line = refusal([&] { set->load({0, 100}); });
  CHECK(line.starts_with(served.scratch.file("a.h5") + ": segment 1 (rows "));
  CHECK(line.find("): damaged, checksum ") != std::string::npos);
  CHECK(line.find(", expected ") != std::string::npos);
  CHECK(line.ends_with(", twice as served by the coordinator; run 'troupe data verify' there"));
  CHECK(right(set->load({0, 100}), 0));
}

TEST_CASE("a damaged or truncated file of the cache is thrown away and fetched again") {
  Served served;
  { served.open()->load({0, 100}); }
  const auto files = served.kept();
  std::string text = contents(files[0]);
  text[text.size() / 2] ^= 1;
  std::ofstream(files[0], std::ios::binary) << text;
  std::filesystem::resize_file(files[1], 10);
  served.hand->fetched.clear();
  CHECK(right(served.open()->load({0, 100}), 0));
  CHECK(served.hand->fetched.size() == 2);
  REQUIRE(served.news["data_cache_damaged"].size() == 2);
  const std::string said = served.news["data_cache_damaged"][0];
  CHECK(said.find("thrown away and fetched again") != std::string::npos);
  CHECK(served.kept() == files);
  served.hand->fetched.clear();
  CHECK(right(served.open()->load({0, 100}), 0));
  CHECK(served.hand->fetched.empty());
}

TEST_CASE("a damaged file of the cache is gone even when nothing better can be fetched") {
  Served served;
  { served.open()->load({0, 100}); }
  const auto files = served.kept();
  std::ofstream(files[0], std::ios::binary | std::ios::app) << "more";
  served.hand->lies[0] = 2;
  const auto set = served.open();
  CHECK(refusal([&] { set->load({0, 1}); }).find("twice as served") != std::string::npos);
  CHECK_FALSE(std::filesystem::exists(files[0]));
}

TEST_CASE("a file of another set is never taken from the cache") {
  Served served;
  { served.open()->load({0, 100}); }
  const auto files = served.kept();
  std::filesystem::copy_file(files[0], files[1], std::filesystem::copy_options::overwrite_existing);
  served.hand->fetched.clear();
  CHECK(right(served.open()->load({0, 100}), 0));
  CHECK(served.hand->fetched.size() == 1);
}

TEST_CASE("a cache that cannot be written costs one line, not the run") {
  Served served;
  served.scratch.write("cache", "a file");
  CHECK(right(served.open()->load({0, 100}), 0));
  REQUIRE(served.news["data_cache_off"].size() == 1);
  CHECK(served.news["data_cache_off"][0].ends_with(
      ": cannot be written: Not a directory; fetched segments are not kept"));
}

TEST_CASE("a full disk costs one line, and leaves nothing half written") {
  Served served;
  {
    const FileLimit limit(100);
    CHECK(right(served.open()->load({0, 100}), 0));
  }
  REQUIRE(served.news["data_cache_off"].size() == 1);
  CHECK(served.news["data_cache_off"][0].find("File too large") != std::string::npos);
  CHECK(served.kept().empty());
}

TEST_CASE("the cache keeps to its limit and lets the oldest go") {
  Served served;
  { served.open()->load({0, 100}); }
  const auto files = served.kept();
  std::uint64_t bytes = 0;
  for (const std::string& file : files) bytes += std::filesystem::file_size(file);
  const auto long_ago = std::filesystem::file_time_type::clock::now() - std::chrono::hours(9);
  std::filesystem::last_write_time(files[3], long_ago);
  std::filesystem::remove(files[0]);
  served.hand->fetched.clear();
  { served.open(bytes - 1)->load({0, 1}); }
  CHECK(served.hand->fetched.size() == 1);
  CHECK(served.kept().size() == files.size() - 1);
  CHECK_FALSE(std::filesystem::exists(files[3]));
}

TEST_CASE("the cache throws away nothing that is not its own, wherever it is put") {
  Served served;
  const std::vector<std::string> others = {"photos/1-0badcafe", "0badcafe/letter.txt",
                                           "0badcafe/1-0badcafe.bak", "1-0badcafe"};
  for (const std::string& name : others) {
    const std::filesystem::path path = std::filesystem::path(served.cache) / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << "somebody's";
  }
  { served.open(1)->load({0, 100}); }
  for (const std::string& name : others)
    CHECK(std::filesystem::exists(std::filesystem::path(served.cache) / name));
  CHECK(served.kept().size() == others.size());
}

TEST_CASE("a manifest that does not hold together is refused with its origin") {
  Served served;
  served.hand->change = [](Manifest& manifest) { manifest.segments[1].rows += 1; };
  CHECK(refusal([&] { served.open(); }) ==
        served.scratch.file("a.h5") +
            ": dataset 'manifest/segments', attributes or statistics are damaged: their checksum "
            "is not the stored one, as served by the coordinator");
  served.hand->change = [](Manifest& manifest) {
    manifest.facts.rows = std::uint64_t{1} << 60;
    manifest.facts.manifest_crc32c = checksum(manifest);
  };
  CHECK(refusal([&] { served.open(); }).find("are not of one set") != std::string::npos);
  served.hand->change = [](Manifest& manifest) {
    manifest.segments.pop_back();
    manifest.facts.manifest_crc32c = checksum(manifest);
  };
  CHECK(refusal([&] { served.open(); }).find("rows, expected 100") != std::string::npos);
}
