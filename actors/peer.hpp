/// A peer holds a partition's rows and a state of its own: it descends, tells neighbours
/// where it is, and makes something of where they are. It obeys nobody's clock but, behind
/// a barrier, that of those it hears; no coordinator is needed for it to go on.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "actors/actor.hpp"
#include "actors/descent.hpp"
#include "actors/plan.hpp"
#include "topologies/conversation.hpp"

namespace troupe {

class Peer : public Actor {
 public:
  explicit Peer(std::shared_ptr<const Plan> plan);

  void receive(Context& context, ActorId from, Message message) override {
    dispatch(*this, context, from, message);
  }
  void describe(Condition& condition) const override;
  void woken(Context& context, std::uint64_t token) override;
  void on(Context& context, ActorId from, Lease lease);
  void on(Context& context, ActorId from, PeerState state);
  void on(Context& context, ActorId from, Received received);
  void on(Context& context, ActorId from, Stop stop);
  void on(Context& context, ActorId from, Finish finish);

 private:
  /// The way to a listener: a few states under way, and the newest behind them.
  struct Line {
    unsigned under_way = 0;
    std::optional<PeerState> next;
  };
  /// States of one sender: the newest, or behind a barrier one for each exchange to come.
  using Slot = std::map<std::uint64_t, PeerState>;

  bool fits(const PeerState& state) const;
  /// The schedule's.
  std::uint64_t clock() const;
  void step(Context& context);
  /// Descends over the rows of this exchange; false when the numbers are of no use.
  bool descend(Context& context);
  void tell(Context& context);
  void send(Context& context, ActorId to, Line& line, PeerState state);
  void mix_newest(std::span<const float> before, float rate);
  /// Behind a barrier: mixes when all are here whom this exchange hears.
  bool mix_round();
  void meet(const Encounter& encounter, const std::vector<std::uint32_t>& senders,
            const std::vector<PeerState>& states);
  void finish_exchange(Context& context);
  void show(Context& context);
  void report(Context& context, bool last);
  void look_at_distance(const Encounter& encounter);
  void leave(Context& context);

  std::shared_ptr<const Plan> plan_;
  std::unique_ptr<Merge> merge_;
  std::unique_ptr<Update> update_;
  Conversation conversation_;
  Descent descent_;
  std::unique_ptr<Feed> feed_;
  Block state_;
  SharedBlock told_;  ///< the state as it was told last, while it is that still
  double weight_ = 1;
  std::uint32_t place_ = 0;      ///< in the drawing
  std::uint32_t partition_ = 0;  ///< whose rows are ours
  std::uint64_t exchange_ = 0;
  std::uint64_t exchanges_ = 0;  ///< planned
  std::uint64_t rows_left_ = 0;
  std::uint64_t epoch_ = 0;
  std::map<std::uint32_t, Slot> slots_;           ///< by the sender's place
  std::map<std::uint32_t, Line> lines_;           ///< by the listener's
  std::map<std::uint32_t, std::uint64_t> heard_;  ///< draws of others in states let in
  Tally tally_;
  double reported_at_ = 0;
  double squares_ = 0;  ///< squared distances to states looked at since the last report
  std::uint64_t looked_ = 0;
  unsigned shown_ = 0;    ///< states on their way to be evaluated
  bool waiting_ = false;  ///< for states of this exchange
  bool ended_ = false;
};

}  // namespace troupe
