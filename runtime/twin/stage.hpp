/// Where the actors of a twin play: what will happen to whom, and when, in virtual time. It
/// decides nothing of training, and holds no clock.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "runtime/twin/hosts.hpp"
#include "runtime/twin/twin.hpp"
#include "runtime/twin/virtual_memory.hpp"
#include "runtime/watch/gauge.hpp"
#include "runtime/watch/monitor.hpp"

namespace troupe {

/// Later than anything that happens.
inline constexpr double twin_forever = 1e12;

/// Something that will happen to an actor.
struct TwinEvent {
  ActorId from = 0;
  ActorId to = 0;
  std::optional<Message> message;  ///< none: a wake-up
  std::uint64_t token = 0;         ///< of a message, its number where there are hosts
  std::optional<VirtualMemory::Change> change = {};  ///< or this, to nobody but the memory
  bool yields = false;     ///< to whatever has arrived when its time has come
  std::uint32_t life = 0;  ///< of whom it happens to, where there are hosts
};

/// When it will. Equal times happen in the order in which they were caused. These are
/// what the heap moves about; the events stay where they are.
struct TwinDue {
  double t = 0;
  std::uint64_t order = 0;
  std::uint32_t event = 0;
};

inline bool happens_later(const TwinDue& a, const TwinDue& b) {
  return a.t != b.t ? a.t > b.t : a.order > b.order;
}

class TwinStage {
 public:
  explicit TwinStage(const TwinRequest& request);
  void run();

 private:
  class Wings;
  struct Slot {
    std::unique_ptr<Actor> actor;
    double busy_until = 0;
    std::uint64_t computations = 0;
    std::optional<std::uint32_t> worker;
    Gauge gauge = {};
    bool left = false;  ///< it takes no part any more
  };

  /// Messages of one edge so far, and when the last one arrives.
  struct Edge {
    std::uint64_t count = 0;
    double last = 0;
  };

  /// How many messages those of the drawing said to each other.
  void tell_messages(double t);
  void cast(ActorId id, double t);
  void inject(double t, Message message);
  void post(ActorId from, ActorId to, double began, double now, Message message);
  bool happens(const TwinEvent& event);
  void change_hosts(double by);
  void put(double t, TwinEvent event);
  void change_memory(double t, VirtualMemory::Change change);
  void put(TwinDue due);
  void play(TwinDue due);
  void draw(const std::shared_ptr<const Plan>& plan);
  void start();
  void begin(ActorId id, double t);
  void redraw();
  void listen();
  void hear(std::optional<Message> word);
  bool nothing_happens() const;
  void look(double t);
  Condition condition(ActorId id);

  const TwinRequest& request_;
  std::shared_ptr<const Plan> plan_;
  std::optional<Handover> left_;  ///< by actors that rest, for others
  bool paused_ = false;           ///< until a word from outside
  double now_ = 0;
  std::optional<VirtualMemory> memory_;
  std::optional<Hosts> hosts_;  ///< none where nothing goes wrong
  std::vector<Slot> slots_;
  std::vector<TwinDue> due_;  ///< a heap, the next one in front
  std::vector<TwinEvent> events_;
  std::vector<std::uint32_t> free_;  ///< places in events_
  std::unordered_map<std::uint64_t, Edge> edges_;
  std::uint64_t caused_ = 0;
  std::uint64_t played_ = 0;
  bool over_ = false;
  Monitor monitor_;
  double next_look_ = 0;
  std::chrono::steady_clock::time_point looked_{};
};

}  // namespace troupe
