/// How fast rows come into a node's memory: from the file, served over loopback, and
/// from the cache that it left. The ways take turns; it prints medians and asserts nothing.
/// usage: bench_serving FILE FOLDER [ROUNDS]   (FOLDER: for a cache; emptied each round)
#include <algorithm>
#include <caf/io/middleman.hpp>
#include <caf/send.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "base/user_error.hpp"
#include "datasets/file_dataset.hpp"
#include "runtime/cluster/data_client.hpp"
#include "runtime/cluster/data_server.hpp"
#include "runtime/cluster/endpoint.hpp"
#include "runtime/cluster/stage.hpp"

namespace troupe {
namespace {

double seconds_of_loading(const std::shared_ptr<const FileDataset>& set) {
  const auto start = std::chrono::steady_clock::now();
  const Shard all = set->load({0, set->facts().rows});
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

std::uint64_t bytes_in(const Manifest& manifest) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < manifest.segments.size(); ++i) sum += image_bytes(manifest, i);
  return sum;
}

struct Way {
  const char* name;
  std::vector<double> seconds = {};
};

void load_each_way(const std::string& path, const std::string& cache, int rounds) {
  SystemConfig here_config(Heartbeat{.interval_seconds = 0.2, .lost_after_seconds = 10});
  SystemConfig there_config(Heartbeat{.interval_seconds = 0.2, .lost_after_seconds = 10});
  caf::actor_system here(here_config);
  caf::actor_system there(there_config);
  const auto file = open_file_dataset(path);
  const caf::actor server = spawn_data_server(here, file, 1);
  const auto port = here.middleman().publish(server, 0, "127.0.0.1");
  const auto remote = there.middleman().remote_actor("127.0.0.1", *port);
  const auto client = std::make_shared<DataClient>(
      there, DataClient::Peer{
                 .server = *remote, .name = "the server", .patience = std::chrono::seconds(60)});
  const auto served = [&](const std::string& folder) {
    return open_file_dataset(serve_segments({.fetcher = client,
                                             .cache_folder = folder,
                                             .cache_limit = std::uint64_t{1} << 40,
                                             .news = {}}));
  };
  std::vector<Way> ways = {{"file"}, {"served"}, {"served and kept"}, {"from the cache"}};
  for (int round = 0; round < rounds; ++round) {
    std::filesystem::remove_all(cache);
    ways[0].seconds.push_back(seconds_of_loading(open_file_dataset(path)));
    ways[1].seconds.push_back(seconds_of_loading(served("")));
    ways[2].seconds.push_back(seconds_of_loading(served(cache)));
    ways[3].seconds.push_back(seconds_of_loading(served(cache)));
  }
  const double megabytes = static_cast<double>(bytes_in(file->manifest())) / 1e6;
  for (Way& way : ways) {
    std::sort(way.seconds.begin(), way.seconds.end());
    std::printf("%-16s %8.0f MB/s (best %.0f)\n", way.name,
                megabytes / way.seconds[way.seconds.size() / 2], megabytes / way.seconds.front());
  }
  client->close();
  caf::anon_send(server, Quit{});
  std::filesystem::remove_all(cache);
}

}  // namespace
}  // namespace troupe

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: bench_serving FILE FOLDER [ROUNDS]\n");
    return 2;
  }
  try {
    troupe::load_each_way(argv[1], std::string(argv[2]) + "/bench-serving",
                          argc > 3 ? std::atoi(argv[3]) : 5);
    return 0;
  } catch (const troupe::UserError& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return static_cast<int>(error.code());
  }
}
