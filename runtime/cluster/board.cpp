#include "runtime/cluster/board.hpp"

#include <algorithm>
#include <caf/send.hpp>
#include <iterator>

#include "runtime/cluster/process.hpp"

namespace troupe {
namespace {

// A place that is asked answers within an event; a longer one is worth telling.
constexpr auto busy_after = std::chrono::milliseconds(200);

}  // namespace

std::size_t Board::add(std::vector<ActorId> residents) {
  places_.push_back(std::make_unique<Place>());
  places_.back()->at_work = residents.empty() ? 0 : residents.front();
  places_.back()->residents = std::move(residents);
  return places_.size() - 1;
}

void Board::post(std::size_t place, std::vector<Condition> conditions) {
  const std::lock_guard lock(mutex_);
  places_[place]->asked = false;
  std::ranges::move(conditions, std::back_inserter(fresh_));
}

void Board::ask(Time now) {
  std::vector<caf::actor> to;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& place : places_) {
      if (place->asked || !place->actor) continue;
      place->asked = true;
      place->asked_at = now;
      to.push_back(place->actor);
    }
  }
  for (const caf::actor& actor : to) caf::anon_send(actor, Parcel{Parcel::Kind::look, {}, {}, {}});
}

Beat Board::collect(Time now) {
  Beat beat;
  const std::lock_guard lock(mutex_);
  beat.conditions = std::exchange(fresh_, {});
  for (const auto& place : places_) {
    if (!place->asked || now - place->asked_at < busy_after) continue;
    Busy busy{.actor = place->at_work.load(std::memory_order_relaxed),
              .seconds = std::chrono::duration<double>(now - place->asked_at).count()};
    for (const ActorId resident : place->residents)
      if (resident != busy.actor) busy.others.push_back(resident);
    beat.busy.push_back(std::move(busy));
  }
  return beat;
}

bool Board::awaits() {
  const std::lock_guard lock(mutex_);
  return std::ranges::any_of(places_, [](const auto& place) { return place->asked; });
}

void Board::close() {
  const std::lock_guard lock(mutex_);
  for (const auto& place : places_) place->actor = nullptr;
}

}  // namespace troupe
