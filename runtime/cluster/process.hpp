/// What all places of one process share, and what travels between them. Nothing
/// here is ever serialised.
#pragma once

#include <algorithm>
#include <atomic>
#include <caf/actor.hpp>
#include <caf/allowed_unsafe_message_type.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "messages/message.hpp"
#include "runtime/cluster/board.hpp"
#include "runtime/cluster/credit.hpp"
#include "runtime/cluster/data_plane.hpp"
#include "runtime/cluster/whereabouts.hpp"
#include "runtime/live_memory.hpp"
#include "runtime/pace.hpp"
#include "runtime/sink.hpp"

namespace troupe {

using Clock = std::chrono::steady_clock;

inline Clock::duration duration_of(double seconds) {
  // A year is for ever here, and keeps the conversion away from overflow.
  return std::chrono::duration_cast<Clock::duration>(
      std::chrono::duration<double>(std::clamp(seconds, 0.0, 3.2e7)));
}

struct Process {
  std::shared_ptr<const Plan> plan;
  Pace pace;
  std::uint64_t run = 0;
  std::uint32_t graph_epoch = 0;
  std::uint32_t mine = 0;  ///< this process's number
  Whereabouts processes;
  bool spin = false;                     ///< places look for messages a while before they sleep
  ReportSink report;                     ///< only where the coordinator lives
  std::function<void()> over;            ///< the coordinator has finished; from its place's thread
  std::function<void(Handover)> redraw;  ///< its actors rest for others; likewise
  std::function<void()> retired;         ///< a worker of this process has; likewise

  // Written before the places begin, read-only from then on.
  std::vector<caf::actor> place_of;    ///< per actor; none: it lives in another process
  caf::actor endpoint;                 ///< none without nodes
  std::shared_ptr<LiveMemory> memory;  ///< of those who share one; they are all in this process
  DataPlane* data = nullptr;           ///< likewise; whoever made it keeps it until places end
  Board board;                         ///< what its actors are about
  Clock::time_point start;
  std::atomic<std::uint64_t> arrived = 0;  ///< over the data plane
  std::atomic<std::uint64_t> refused = 0;  ///< from other processes, by receives()
  /// Told of the first one that was refused; from any thread.
  std::function<void(const std::string& line)> first_refused;
  std::atomic<bool> ended = false;       ///< pads of a paced step are cut short
  std::atomic<std::uint64_t> stale = 0;  ///< envelopes of earlier actors, refused
};

/// Which of them is at work, for threads that stay while actors change.
class AtWork {
 public:
  void set(std::shared_ptr<Process> process) {
    const std::lock_guard lock(mutex_);
    process_ = std::move(process);
  }
  std::shared_ptr<Process> get() const {
    const std::lock_guard lock(mutex_);
    return process_.lock();
  }

 private:
  mutable std::mutex mutex_;
  std::weak_ptr<Process> process_;
};

/// True where a message of another process may be delivered: both actors live where it says,
/// and its sender is one that says such things. Refused ones are counted.
bool receives(Process& process, std::uint32_t from_process, const Envelope& envelope);

/// Between places of one process: one envelope, moved, or the host's word.
struct Parcel {
  enum class Kind { envelope, injected, look, begin, end };
  Kind kind = Kind::envelope;
  Envelope envelope;
  std::shared_ptr<Credit> credit;    ///< set when it came over the network: to give back
  std::shared_ptr<Receipt> receipt;  ///< the same for the data plane
};

/// For the endpoint: this envelope, encoded, is for an actor in that process.
struct Shipment {
  std::uint32_t process = 0;
  bool control = false;  ///< goes before data that waits
  Bytes bytes;
};

/// For the endpoint: some links owe their peers an acknowledgement.
struct Settle {};

}  // namespace troupe

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::Parcel)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::Shipment)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::Settle)
