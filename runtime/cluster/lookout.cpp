#include "runtime/cluster/lookout.hpp"

#include <algorithm>
#include <iterator>
#include <thread>

namespace troupe {
namespace {

constexpr std::size_t state_bytes_max = piece_bytes / 2;
constexpr std::size_t beat_bytes = piece_bytes / 4;
// Pictures for other hosts: every so many looks.
constexpr unsigned told_every = 2;

}  // namespace

void Lookout::tick(Process& process) {
  const Clock::time_point now = Clock::now();
  start_ = process.start;
  now_ = std::chrono::duration<double>(now - start_).count();
  process.board.coarse_now.store(now_, std::memory_order_relaxed);
  if (now < next_) return;
  next_ = now + look_interval;
  monitor_.hear(process.mine, process.board.collect(now), now_);
  process.board.ask(now);
  publish();
}

void Lookout::hear(std::uint32_t process, const Beat& beat) {
  now_ = std::chrono::duration<double>(Clock::now() - start_).count();
  monitor_.hear(process, beat, now_);
}

void Lookout::lose(std::uint32_t process) {
  monitor_.lose(process, now_);
  publish();
}

void Lookout::publish() {
  if (means_.watch.view) means_.watch.view(monitor_.view(now_));
  if (watchers_.empty() || ++ticks_ % told_every != 0 || !means_.state) return;
  const std::string state = means_.state();
  if (state.size() > state_bytes_max) return;
  for (auto& [visitor, watcher] : watchers_) {
    if (!watcher.ready) {
      ++watcher.dropped;
      continue;
    }
    watcher.ready = false;
    means_.tell(visitor, Seen{state, watcher.dropped});
  }
}

void Lookout::admit(PeerId visitor, const WatchRun& word) {
  if (word.seen) {
    if (const auto watcher = watchers_.find(visitor); watcher != watchers_.end())
      watcher->second.ready = true;
    return;
  }
  if (word.wire != wire_version || word.version != means_.version) {
    means_.tell(visitor, Declined{"this run is of troupe " + means_.version + ", the monitor of " +
                                      word.version,
                                  4});
    return;
  }
  if (watchers_.size() >= watchers_max && !watchers_.contains(visitor)) {
    means_.tell(visitor, Declined{"this run is watched by " + std::to_string(watchers_max) +
                                      " monitors already",
                                  4});
    return;
  }
  watchers_[visitor] = {};
}

// The last moment is what a flight record is read for; who is at a long step is not waited for.
void Lookout::end(Process& process) {
  process.board.ask(Clock::now());
  for (int n = 0; n < 20 && process.board.awaits(); ++n)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  now_ = std::chrono::duration<double>(Clock::now() - start_).count();
  monitor_.hear(process.mine, process.board.collect(Clock::now()), now_);
  if (means_.watch.view) means_.watch.view(monitor_.view(now_));
  for (const auto& [visitor, watcher] : watchers_) means_.tell(visitor, Leave{});
  watchers_.clear();
  if (means_.watch.flight) means_.watch.flight(monitor_.flight());
}

std::vector<Beat> parts_of(Beat beat) {
  std::vector<Beat> parts(1);
  parts.back().busy = std::move(beat.busy);
  std::size_t bytes = 0;
  for (Condition& condition : beat.conditions) {
    const std::size_t size = encode_handshake(Beat{{condition}, {}}).size();
    if (size > beat_bytes) continue;
    if (bytes + size > beat_bytes) {
      parts.push_back({{}, parts.front().busy});
      bytes = 0;
    }
    bytes += size;
    parts.back().conditions.push_back(std::move(condition));
  }
  return parts;
}

}  // namespace troupe
