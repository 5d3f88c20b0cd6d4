/// Fetches segments from the data server of another process. The calling thread
/// waits, each time with a deadline; it verifies nothing.
#pragma once

#include <caf/actor_system.hpp>
#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "datasets/served_segments.hpp"
#include "runtime/cluster/data_wire.hpp"

namespace troupe {

class DataClient final : public SegmentFetcher {
 public:
  struct Peer {
    caf::actor server;
    std::string name;  ///< "the coordinator at 127.0.0.1:4711"
    std::chrono::milliseconds patience;
  };
  DataClient(caf::actor_system& system, Peer peer);
  ~DataClient() override;

  const std::string& from() const override { return peer_.name; }
  Manifest manifest() override;
  void fetch(const Manifest& manifest, std::span<const SegmentOrder> orders,
             const std::function<void(const SegmentOrder&)>& arrived) override;
  /// Whoever waits stops waiting, and nobody gets anything any more. To be called
  /// before the system ends.
  void close();

 private:
  class Line;
  class Borrowed;

  caf::actor_system& system_;
  Peer peer_;
  std::mutex mutex_;
  bool closed_ = false;
  std::vector<std::unique_ptr<Line>> idle_;
  std::vector<Line*> busy_;
};

}  // namespace troupe
