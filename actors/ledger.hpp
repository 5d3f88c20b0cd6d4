/// The accounting of draws at the holder of the model: each is delivered at most
/// once, and what was computed but not delivered is counted with its reason.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "messages/condition.hpp"
#include "messages/message.hpp"

namespace troupe {

class Ledger {
 public:
  void deliver(std::uint64_t rows, double loss) {
    delivered_ += rows;
    loss_ += loss;
    loss_rows_ += rows;
  }
  void discard(const std::string& reason, std::uint64_t rows) {
    if (rows > 0) discarded_[reason] += rows;
  }
  /// Its word may be overtaken by a later one: within one life nobody computes less.
  void computed(ActorId worker, std::uint64_t total) {
    std::uint64_t& rows = computed_[worker].rows;
    rows = std::max(rows, total);
  }
  /// Somebody else counts from nothing in its place.
  void replaced(ActorId worker) {
    WorkerCount& count = computed_[worker];
    count.earlier += std::exchange(count.rows, 0);
    earlier_moved_ += std::exchange(moved_[worker], 0);
  }
  /// What others of this run did before.
  void open(const Progress& before, const std::vector<Count>& discarded) {
    delivered_ = before.delivered;
    sent_ = before.bytes_sent;
    received_ = before.bytes_received;
    earlier_moved_ = before.bytes_moved;
    for (const Count& count : discarded) discard(count.reason, count.rows);
  }
  void earlier(ActorId worker, std::uint64_t rows) { computed_[worker].earlier = rows; }
  void moved(ActorId worker, std::uint64_t bytes) { moved_[worker] = bytes; }
  void staleness(std::uint64_t versions) {
    ++staleness_[static_cast<std::size_t>(std::min<std::uint64_t>(versions, bins - 1))];
  }
  /// A gradient came into a standing sum.
  void stands() { ++gradients_; }
  /// Of what one partition's holder sent by itself.
  void staleness(std::uint32_t partition, std::uint64_t versions) {
    staleness(versions);
    if (partition >= of_partition_.size()) of_partition_.resize(partition + 1);
    ++of_partition_[partition]
                   [static_cast<std::size_t>(std::min<std::uint64_t>(versions, bins - 1))];
  }
  /// Adds a partition's counts to its holder's.
  void add_staleness(std::uint32_t partition, ActorId holder,
                     std::vector<StalenessOf>& list) const {
    if (partition >= of_partition_.size()) return;
    auto place = std::ranges::find(list, holder, &StalenessOf::actor);
    if (place == list.end()) place = list.insert(place, {.actor = holder, .counts = {}});
    place->counts.resize(bins);
    for (std::size_t i = 0; i < bins; ++i) place->counts[i] += of_partition_[partition][i];
  }
  void sent(std::size_t bytes) { sent_ += bytes; }
  void received(std::size_t bytes) { received_ += bytes; }

  std::uint64_t delivered() const { return delivered_; }
  std::uint64_t bytes_moved() const {
    std::uint64_t sum = earlier_moved_;
    for (const auto& [worker, bytes] : moved_) sum += bytes;
    return sum;
  }
  std::vector<Count> discarded() const {
    std::vector<Count> counts;
    for (const auto& [reason, rows] : discarded_) counts.push_back({reason, rows});
    return counts;
  }
  std::vector<WorkerCount> computed() const {
    std::vector<WorkerCount> counts;
    for (const auto& [worker, count] : computed_)
      counts.push_back({worker, count.rows, count.earlier});
    return counts;
  }
  /// The numbers so far; the loss starts anew.
  Progress progress(std::uint64_t epoch, std::uint64_t updates) {
    Progress now{.epoch = epoch,
                 .updates = updates,
                 .delivered = delivered_,
                 .loss = loss_rows_ > 0 ? loss_ / static_cast<double>(loss_rows_) : 0.0,
                 .bytes_sent = sent_,
                 .bytes_received = received_,
                 .bytes_moved = bytes_moved(),
                 .gradients = gradients_,
                 .staleness = staleness_};
    loss_ = 0;
    loss_rows_ = 0;
    return now;
  }

 private:
  static constexpr std::size_t bins = 65;
  std::uint64_t delivered_ = 0;
  double loss_ = 0;
  std::uint64_t loss_rows_ = 0;
  std::uint64_t gradients_ = 0;
  std::uint64_t sent_ = 0;
  std::uint64_t received_ = 0;
  std::map<std::string, std::uint64_t> discarded_;
  std::map<ActorId, WorkerCount> computed_;
  std::uint64_t earlier_moved_ = 0;
  std::map<ActorId, std::uint64_t> moved_;
  std::vector<std::uint64_t> staleness_ = std::vector<std::uint64_t>(bins, 0);
  std::vector<std::array<std::uint64_t, bins>> of_partition_;
};

}  // namespace troupe
