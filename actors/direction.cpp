#include "actors/direction.hpp"

#include <algorithm>
#include <utility>

namespace troupe {

DepositName name_of(ActorId from, const Push& push) {
  DepositName name{.worker = from, .number = push.number};
  if (!push.turns.empty()) {
    name.partition = push.turns.front().partition;
    name.step = push.turns.front().step;
  }
  return name;
}

std::optional<Gathering::Gathered> Gathering::add(ActorId from, Push push) {
  const DepositName name = name_of(from, push);
  entry(name).push = std::move(push);
  look_at(name);
  return make_room(name);
}

std::optional<Gathering::Gathered> Gathering::kept(std::size_t other, const Deposited& kept) {
  Entry& place = entry(kept.name);
  if (!place.kept.at(other)) {
    place.kept[other] = true;
    --place.missing;
    place.sound = place.sound && kept.sound;
    place.bytes += kept.bytes;
    place.payloads.push_back(kept.payloads);
  }
  look_at(kept.name);
  return make_room(kept.name);
}

Gathering::Entry& Gathering::entry(const DepositName& name) {
  Entry& place = entries_[name];
  if (place.kept.empty()) {
    place.kept.resize(others_);
    place.missing = others_;
  }
  return place;
}

void Gathering::look_at(const DepositName& name) {
  const Entry& place = entries_.at(name);
  if (place.missing > 0 || !place.push || std::ranges::count(complete_, name) > 0) return;
  complete_.push_back(name);
}

// The oldest: it is the one of which nobody will hear any more.
std::optional<Gathering::Gathered> Gathering::make_room(const DepositName& name) {
  std::vector<DepositName> theirs;
  for (auto at = entries_.lower_bound({.worker = name.worker});
       at != entries_.end() && at->first.worker == name.worker; ++at)
    theirs.push_back(at->first);
  if (theirs.size() <= most_) return {};
  const DepositName oldest = *std::ranges::min_element(theirs, {}, &DepositName::number);
  std::erase(complete_, oldest);
  return taken_out(oldest, std::move(entries_.extract(oldest).mapped()));
}

Gathering::Gathered Gathering::taken_out(const DepositName& name, Entry entry) {
  Gathered gathered{.from = name.worker, .sound = entry.sound, .bytes = entry.bytes};
  if (!entry.push) {
    // Nothing but its name: enough to tell those who have its deposits.
    gathered.push.number = name.number;
    gathered.push.turns = {{.partition = name.partition, .step = name.step}};
    return gathered;
  }
  gathered.push = std::move(*entry.push);
  for (const std::uint32_t payloads : entry.payloads)
    gathered.sound = gathered.sound && payloads == gathered.push.contributions.size();
  return gathered;
}

std::optional<Gathering::Gathered> Gathering::next() {
  if (complete_.empty()) return {};
  const DepositName name = complete_.front();
  complete_.erase(complete_.begin());
  return taken_out(name, std::move(entries_.extract(name).mapped()));
}

std::vector<Gathering::Gathered> Gathering::forget(ActorId from) {
  std::vector<Gathered> forgotten;
  for (auto at = entries_.lower_bound({.worker = from});
       at != entries_.end() && at->first.worker == from;) {
    std::erase(complete_, at->first);
    forgotten.push_back(taken_out(at->first, std::move(at->second)));
    at = entries_.erase(at);
  }
  return forgotten;
}

std::vector<std::size_t> Gathering::awaited() const {
  std::vector<std::size_t> others;
  for (std::size_t k = 0; k < others_; ++k)
    if (std::ranges::any_of(entries_, [k](const auto& entry) {
          return entry.second.push && !entry.second.kept[k];
        }))
      others.push_back(k);
  return others;
}

void Direction::take(ActorId from, const Push& push, bool sound, bool round) {
  for (std::size_t i = 0; i < push.contributions.size(); ++i) {
    const Contribution& part = push.contributions[i];
    const OrderedPart ordered{.name = name_of(from, push),
                              .which = static_cast<std::uint32_t>(i),
                              .level = part.level,
                              .index = part.index,
                              .sound = sound};
    if (round)
      named_.push_back(ordered);
    else
      by_partition_[part.index] = ordered;
  }
}

void Direction::name(std::uint32_t partition) {
  const auto part = by_partition_.extract(partition);
  if (!part.empty()) named_.push_back(part.mapped());
}

void Direction::update(Order order) {
  version_ = order.version;
  order.parts = std::exchange(named_, {});
  orders_.push_back(std::move(order));
}

void Direction::discard() {
  for (const OrderedPart& part : std::exchange(named_, {})) useless(part.name);
}

void Direction::useless(const DepositName& name) { last(version_).useless.push_back(name); }

void Direction::tell(ActorId listener, std::uint64_t version) {
  last(version).listeners.push_back(listener);
}

void Direction::rest(ActorId listener, std::uint64_t version) {
  tell(listener, version);
  orders_.back().rests = true;
}

Order& Direction::last(std::uint64_t version) {
  if (orders_.empty()) orders_.push_back({.version = version});
  return orders_.back();
}

}  // namespace troupe
