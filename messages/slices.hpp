/// What is said where a model is in slices, each with a holder of its own. Who may say it is
/// not decided here.
#pragma once

#include <cstdint>
#include <tuple>
#include <vector>

#include "messages/actor_id.hpp"
#include "messages/payload.hpp"

namespace troupe {

/// Which push of whom, to those who have only parts of it: by its first turn, which nobody is
/// given again once it was taken, and by the sender's own count.
struct DepositName {
  ActorId worker = 0;
  std::uint32_t partition = 0;
  std::uint64_t step = 0;
  std::uint64_t number = 0;
  static constexpr auto fields() {
    return std::tuple{&DepositName::worker, &DepositName::partition, &DepositName::step,
                      &DepositName::number};
  }
  auto operator<=>(const DepositName&) const = default;
};

/// Worker to the holder of one slice of the model: its part of each contribution of a push.
struct Deposit {
  DepositName name = {};
  std::vector<Payload> payloads = {};
  static constexpr auto fields() { return std::tuple{&Deposit::name, &Deposit::payloads}; }
};

/// Which tells the first holder, who decides: it is here.
struct Deposited {
  DepositName name = {};
  std::uint32_t payloads = 0;
  std::uint64_t bytes = 0;
  bool sound = true;  ///< finite, and fits the slice
  static constexpr auto fields() {
    return std::tuple{&Deposited::name, &Deposited::payloads, &Deposited::bytes, &Deposited::sound};
  }
};

/// One contribution of a push that was taken.
struct OrderedPart {
  DepositName name = {};
  std::uint32_t which = 0;  ///< of the deposit's payloads
  std::uint32_t level = 0;
  std::uint32_t index = 0;
  bool sound = true;  ///< of all slices; what is not counts as nothing
  static constexpr auto fields() {
    return std::tuple{&OrderedPart::name, &OrderedPart::which, &OrderedPart::level,
                      &OrderedPart::index, &OrderedPart::sound};
  }
};

/// From the first holder to those of further slices: make this update of what you have, forget
/// what is of no use, and then tell these.
struct Order {
  std::uint64_t version = 0;            ///< of the model when that is done
  std::vector<OrderedPart> parts = {};  ///< that go into the update; none: there is none
  std::uint64_t rows = 0;               ///< in them
  std::uint32_t partitions = 0;
  bool alone = false;           ///< no round, and nothing put together
  std::uint32_t partition = 0;  ///< of one that comes alone
  std::uint64_t staleness = 0;
  float rate = 0;
  std::vector<DepositName> useless = {};
  std::vector<ActorId> listeners = {};
  bool rests = false;  ///< the first holder goes: it hears what the update rule remembers as well
  static constexpr auto fields() {
    return std::tuple{&Order::version, &Order::parts,     &Order::rows,      &Order::partitions,
                      &Order::alone,   &Order::partition, &Order::staleness, &Order::rate,
                      &Order::useless, &Order::listeners, &Order::rests};
  }
};

/// The holder of a further slice, to whom it was told to: this is it, of that version.
struct Slice {
  std::uint64_t version = 0;
  SharedBlock values = {};
  SharedBlock memory = {};  ///< of the update rule, where others are to begin with it
  static constexpr auto fields() {
    return std::tuple{&Slice::version, &Slice::values, &Slice::memory};
  }
};

}  // namespace troupe
