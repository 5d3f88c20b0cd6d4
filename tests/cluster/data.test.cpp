/// Segments over the loopback connection: a server and a client with an actor system
/// each, and servers that are silent, gone, or answer something else.
#include <doctest/doctest.h>

#include <caf/event_based_actor.hpp>
#include <caf/io/middleman.hpp>
#include <caf/send.hpp>
#include <filesystem>
#include <thread>

#include "base/user_error.hpp"
#include "datasets/generators.hpp"
#include "datasets/writer.hpp"
#include "runtime/cluster/data_client.hpp"
#include "runtime/cluster/data_server.hpp"
#include "runtime/cluster/endpoint.hpp"
#include "runtime/cluster/stage.hpp"

using namespace troupe;

namespace {

/// Two processes' worth of actor systems, and a connection between them.
class Pair {
 public:
  template <class Spawn>
  explicit Pair(Spawn spawn) : server(spawn(here_)) {
    port_ = *here_.middleman().publish(server, 0, "127.0.0.1");
  }
  ~Pair() { caf::anon_send(server, Quit{}); }
  std::shared_ptr<DataClient> client(int patience_ms = 10'000) {
    auto remote = there_.middleman().remote_actor("127.0.0.1", port_);
    REQUIRE(remote);
    return std::make_shared<DataClient>(
        there_, DataClient::Peer{.server = *remote,
                                 .name = "the coordinator",
                                 .patience = std::chrono::milliseconds(patience_ms)});
  }

 private:
  SystemConfig config_[2] = {SystemConfig(Heartbeat{}), SystemConfig(Heartbeat{})};
  caf::actor_system here_{config_[0]};
  caf::actor_system there_{config_[1]};
  std::uint16_t port_ = 0;

 public:
  caf::actor server;
};

/// 60 rows of 100,000 bytes, three a segment, each of which travels in two parts.
std::string file() {
  const auto path =
      std::filesystem::temp_directory_path() / ("troupe-data-" + std::to_string(getpid()) + ".h5");
  if (std::filesystem::exists(path)) return path.string();
  DatasetWriter writer(path.string(),
                       {.sparse = false, .features = 25'000, .segment_bytes = 400'000});
  std::vector<float> values(25'000);
  for (int i = 0; i < 60; ++i) {
    for (std::size_t j = 0; j < values.size(); ++j)
      values[j] = static_cast<float>(i) + static_cast<float>(j) / 32'768;
    writer.add({nullptr, values.data(), 25'000, 1});
  }
  writer.finish();
  return path.string();
}

struct File {
  std::string path = file();
  ~File() { std::filesystem::remove(path); }
};

auto serving(const std::string& path) {
  return [path](caf::actor_system& system) {
    return spawn_data_server(system, open_file_dataset(path), 1);
  };
}

std::shared_ptr<const FileDataset> set_of(const std::shared_ptr<SegmentFetcher>& client) {
  return open_file_dataset(
      serve_segments({.fetcher = client, .cache_folder = "", .cache_limit = 0, .news = {}}));
}

bool right(const Shard& shard, std::uint64_t first) {
  for (std::size_t i = 0; i < shard.rows().size(); ++i)
    for (std::size_t j = 0; j < 25'000; ++j)
      if (shard.rows()[i].value[j] !=
          static_cast<float>(first + i) + static_cast<float>(j) / 32'768)
        return false;
  return shard.rows().size() > 0;
}

template <class Action>
std::string cluster_refusal(Action action) {
  try {
    action();
  } catch (const UserError& error) {
    CHECK(error.code() == ExitCode::cluster);
    return error.what();
  }
  return "";
}

/// Answers requests as it is told; `answer` gets their number.
class Odd : public caf::event_based_actor {
 public:
  using Answer = std::function<std::optional<Bytes>(int, const PartWanted&)>;
  Odd(caf::actor_config& config, Answer answer)
      : caf::event_based_actor(config), answer_(std::move(answer)) {}
  caf::behavior make_behavior() override {
    return {[this](const Piece& piece) {
              auto wanted = decode_wanted(piece.bytes);
              auto bytes = answer_(count_++, std::get<PartWanted>(wanted));
              if (!bytes) return;
              Piece answer;
              answer.kind = Piece::Kind::data;
              answer.bytes = std::move(*bytes);
              send(caf::actor_cast<caf::actor>(current_sender()), std::move(answer));
            },
            [this](const Quit&) { quit(); }};
  }

 private:
  Answer answer_;
  int count_ = 0;
};

auto answering(Odd::Answer answer) {
  return [answer](caf::actor_system& system) -> caf::actor { return system.spawn<Odd>(answer); };
}

/// The manifest of the file, then whatever `after` says.
Odd::Answer manifest_then(const std::string& path, Odd::Answer after) {
  const Bytes manifest = encode_manifest(open_file_dataset(path)->manifest());
  return [=](int number, const PartWanted& wanted) -> std::optional<Bytes> {
    if (wanted.segment != whole_manifest) return after(number, wanted);
    const std::span<const std::byte> image[] = {manifest.view()};
    return encode_sent(wanted, image);
  };
}

}  // namespace

TEST_CASE("data: rows come over the network as they are in the file, to several threads at once") {
  const File file;
  Pair pair(serving(file.path));
  const auto client = pair.client();
  const auto set = set_of(client);
  CHECK(set->manifest().segments.size() > 10);
  CHECK(set->facts().mean == open_dataset(file.path)->facts().mean);
  std::vector<std::thread> threads;
  std::vector<Shard> shards(4);
  for (std::size_t i = 0; i < 4; ++i)
    threads.emplace_back([&, i] { shards[i] = set->load({i * 15, i * 15 + 15}); });
  for (std::thread& thread : threads) thread.join();
  for (std::size_t i = 0; i < 4; ++i) CHECK(right(shards[i], i * 15));
  client->close();
}

TEST_CASE("data: a server that does not answer is named with the segment and the seconds") {
  const File file;
  Pair pair(answering(manifest_then(
      file.path, [](int, const PartWanted&) -> std::optional<Bytes> { return std::nullopt; })));
  const auto client = pair.client(200);
  const auto set = set_of(client);
  CHECK(cluster_refusal([&] {
          set->load({5, 6});
        }) ==
        "segment 1 of the data: the coordinator did not send it for 0.2 s "
        "(data.timeout); look at its load and its disk");
  client->close();
}

TEST_CASE("data: a server that goes away while it serves is one line at once") {
  const File file;
  caf::actor self;
  Pair pair(answering(manifest_then(file.path, [&](int, const PartWanted&) -> std::optional<Bytes> {
    caf::anon_send(self, Quit{});
    return std::nullopt;
  })));
  self = pair.server;
  const auto client = pair.client();
  const auto set = set_of(client);
  CHECK(cluster_refusal([&] {
          set->load({0, 60});
        }) == "segment 0 of the data: the coordinator is gone; start the run again");
  CHECK(cluster_refusal([&] {
          set->load({0, 60});
        }) == "segment 0 of the data: the coordinator is gone; start the run again");
  client->close();
}

TEST_CASE("data: whoever waits stops waiting when the node leaves") {
  const File file;
  std::atomic<bool> asked = false;
  Pair pair(answering(manifest_then(file.path, [&](int, const PartWanted&) -> std::optional<Bytes> {
    asked = true;
    asked.notify_all();
    return std::nullopt;
  })));
  const auto client = pair.client();
  const auto set = set_of(client);
  std::string line;
  std::thread waiting([&] { line = cluster_refusal([&] { set->load({0, 60}); }); });
  asked.wait(false);
  client->close();
  waiting.join();
  CHECK(line == "segment 0 of the data: the coordinator has ended the run");
  CHECK(cluster_refusal([&] { set->load({0, 60}); }) == "the coordinator has ended the run");
}

TEST_CASE("data: a part that was not asked for, or of another length, is refused") {
  const File file;
  const std::vector<std::byte> few(3);
  const std::span<const std::byte> image[] = {few};
  for (const bool length : {true, false}) {
    Pair pair(
        answering(manifest_then(file.path, [&](int, PartWanted wanted) -> std::optional<Bytes> {
          if (!length) wanted.segment += 7;
          wanted.offset = 0;
          return encode_sent(wanted, image);
        })));
    const auto client = pair.client();
    const auto set = set_of(client);
    const std::string line = cluster_refusal([&] { set->load({0, 60}); });
    CHECK(line == (length ? "segment 0 of the data: the coordinator sent 3 of 3 bytes, expected "
                            "261120 of 300012"
                          : "segment 0 of the data: the coordinator sent an answer to what was "
                            "not asked"));
    client->close();
  }
}

TEST_CASE("data: a server with another set refuses with both manifests") {
  const File file;
  Pair pair(serving(file.path));
  const auto client = pair.client();
  Manifest other = client->manifest();
  other.facts.manifest_crc32c ^= 1;
  std::vector<float> label(4);
  std::vector<float> value(100'000);
  std::vector<SegmentOrder> orders;
  orders.push_back({0, SegmentImage({label, {}, {}, value})});
  const std::string line =
      cluster_refusal([&] { client->fetch(other, orders, [](const SegmentOrder&) {}); });
  CHECK(line.find("data with manifest ") != std::string::npos);
  CHECK(line.find(" was asked for, this process serves ") != std::string::npos);
  client->close();
}

TEST_CASE("data: nonsense that a node asks for is answered, not served") {
  const File file;
  Pair pair(serving(file.path));
  const auto client = pair.client();
  Manifest manifest = client->manifest();
  const std::size_t none = manifest.segments.size();
  std::vector<float> label(4);
  std::vector<float> value(1'000'000);
  const auto ask = [&](std::size_t segment) {
    std::vector<SegmentOrder> orders;
    orders.push_back({segment, SegmentImage({label, {}, {}, value})});
    return cluster_refusal([&] { client->fetch(manifest, orders, [](const SegmentOrder&) {}); });
  };
  CHECK(ask(none).find("there is no segment " + std::to_string(none)) != std::string::npos);
  CHECK(ask(0).find("of 300012 bytes, expected ") != std::string::npos);
  client->close();
}
