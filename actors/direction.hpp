/// What the holder of a model's first slice needs to direct those of the others: pushes whose
/// deposits are not kept everywhere yet, and the orders that its own updates come to. It decides
/// nothing and sends nothing.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "messages/message.hpp"

namespace troupe {

/// Pushes on their way into all slices.
class Gathering {
 public:
  struct Gathered {
    ActorId from = 0;
    Push push = {};
    bool sound = true;        ///< in the other slices
    std::uint64_t bytes = 0;  ///< of its deposits there
  };
  /// `others` keep a deposit of each push; of one sender at most so many pushes are waited for.
  Gathering(std::size_t others, std::size_t most) : others_(others), most_(most) {}

  /// What had to make room comes back.
  std::optional<Gathered> add(ActorId from, Push push);
  std::optional<Gathered> kept(std::size_t other, const Deposited& kept);
  /// The next push that is complete, in the order in which they became so.
  std::optional<Gathered> next();
  /// Everything of a sender.
  std::vector<Gathered> forget(ActorId from);
  /// Which of the others have no deposit of a push that is here.
  std::vector<std::size_t> awaited() const;

 private:
  struct Entry {
    std::optional<Push> push = {};
    std::vector<bool> kept;
    std::size_t missing = 0;
    bool sound = true;
    std::uint64_t bytes = 0;
    std::vector<std::uint32_t> payloads = {};  ///< how many of them each said to have
  };
  Entry& entry(const DepositName& name);
  std::optional<Gathered> make_room(const DepositName& name);
  void look_at(const DepositName& name);
  static Gathered taken_out(const DepositName& name, Entry entry);

  std::size_t others_;
  std::size_t most_;
  std::map<DepositName, Entry> entries_;
  std::vector<DepositName> complete_;
};

/// A push without a turn has no name.
DepositName name_of(ActorId from, const Push& push);

/// Orders under construction. An update is made of the parts named since the last one.
class Direction {
 public:
  /// A push was taken: its parts can be named by their partitions, or, in a round, are.
  void take(ActorId from, const Push& push, bool sound, bool round);
  void name(std::uint32_t partition);
  /// What was named makes an update, whose numbers are given, or nothing.
  void update(Order order);
  void discard();
  void useless(const DepositName& name);
  void tell(ActorId listener, std::uint64_t version);
  /// What the first holder is told last has the rule's memory with it.
  void rest(ActorId listener, std::uint64_t version);
  /// To be sent to each of the others.
  std::vector<Order> take_orders() { return std::exchange(orders_, {}); }

 private:
  Order& last(std::uint64_t version);

  std::uint64_t version_ = 1;
  std::map<std::uint32_t, OrderedPart> by_partition_;
  std::vector<OrderedPart> named_;
  std::vector<Order> orders_;
};

}  // namespace troupe
