#include "runtime/cluster/stage.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <caf/io/middleman.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>
#include <thread>

#include "runtime/cluster/endpoint.hpp"
#include "runtime/cluster/place.hpp"
#include "runtime/manners.hpp"

namespace troupe {

SystemConfig::SystemConfig() {
  set("scheduler.policy", caf::atom("sharing"));
  set("scheduler.max-threads", 1);
  set("logger.verbosity", caf::atom("quiet"));
}

SystemConfig::SystemConfig(const Heartbeat& heartbeat) : SystemConfig() {
  load<caf::io::middleman>();
  add_piece_type(*this);
  const auto span = [](double seconds) {
    return std::chrono::duration_cast<caf::timespan>(std::chrono::duration<double>(seconds));
  };
  set("middleman.workers", 0);
  set("middleman.heartbeat-interval", span(heartbeat.interval_seconds));
  set("middleman.connection-timeout", span(heartbeat.lost_after_seconds));
}

Stage::Stage(caf::actor_system& system, std::shared_ptr<Process> process, const ActorMaker& make)
    : system_(system), process_(std::move(process)) {
  const std::uint32_t cores = std::max(std::thread::hardware_concurrency(), 1U);
  const Plan& plan = *process_->plan;
  const Places places = map_places(plan, process_->processes.map(), process_->mine,
                                   {.cores = cores, .paced = process_->pace.anybody_sleeps()});
  // A spinning place that has no core of its own takes the time of one that works.
  const std::size_t working = places.size() - (process_->mine == 0 ? 1 : 0);
  process_->spin = !process_->endpoint && working > 1 && working <= cores;
  process_->place_of.assign(plan.actors(), {});

  std::vector<std::vector<Tenant>> casts;
  for (const std::vector<ActorId>& ids : places) {
    casts.emplace_back();
    for (const ActorId id : ids) casts.back().push_back({id, make(process_->plan, id)});
  }
  for (std::size_t p = 0; p < places.size(); ++p) {
    const std::size_t number = process_->board.add(places[p]);
    tenants_.push_back(std::make_shared<std::vector<Tenant>>(std::move(casts[p])));
    places_.push_back(spawn_place(system_, process_, tenants_.back(), number));
    process_->board.settle(number, places_.back());
    for (const ActorId id : places[p]) process_->place_of[id] = places_.back();
  }
}

Stage::~Stage() { end(); }

void Stage::begin() {
  // Time goes on where others played before.
  if (process_->start == Clock::time_point()) process_->start = Clock::now();
  for (auto place = places_.rbegin(); place != places_.rend(); ++place)
    caf::anon_send(*place, Parcel{Parcel::Kind::begin, {}, {}, {}});
}

void Stage::inject(ActorId to, Message message) {
  Parcel parcel;
  parcel.kind = Parcel::Kind::injected;
  parcel.envelope.from = to;
  parcel.envelope.to = to;
  parcel.envelope.message = std::move(message);
  caf::anon_send(process_->place_of[to], std::move(parcel));
}

void Stage::end() {
  if (over_) return;
  over_ = true;
  process_->ended = true;
  process_->board.close();
  for (const caf::actor& place : places_)
    caf::anon_send(place, Parcel{Parcel::Kind::end, {}, {}, {}});
  caf::scoped_actor self(system_);
  self->wait_for(places_);
  places_.clear();
}

std::vector<Tenant> Stage::vacate() {
  end();
  std::vector<Tenant> all;
  for (const auto& tenants : tenants_)
    all.insert(all.end(), std::make_move_iterator(tenants->begin()),
               std::make_move_iterator(tenants->end()));
  tenants_.clear();
  return all;
}

ActorMaker maker_with(std::vector<Tenant> kept, const ActorMaker& make) {
  const auto some = std::make_shared<std::vector<Tenant>>(std::move(kept));
  return [some, make](const std::shared_ptr<const Plan>& plan, ActorId id) {
    const auto found = std::ranges::find(*some, id, &Tenant::id);
    return found == some->end() ? make(plan, id) : std::move(found->actor);
  };
}

bool receives(Process& process, std::uint32_t from_process, const Envelope& envelope) {
  if (envelope.graph_epoch != process.graph_epoch) {
    process.stale.fetch_add(1, std::memory_order_relaxed);
    return false;
  }
  const ActorId from = envelope.from;
  const bool known = from < process.processes.size() && process.processes[from] == from_process &&
                     envelope.to < process.place_of.size() && process.place_of[envelope.to];
  if (known && may_say(*process.plan, from, envelope.message)) return true;
  if (process.refused.fetch_add(1) == 0 && process.first_refused)
    process.first_refused(
        fmt::format("a message of actor {} in process {} to actor {}, which {}; it and those like "
                    "it are dropped",
                    from, from_process, envelope.to,
                    known ? "only the coordinator or the holder of the model may send"
                          : "do not live where it says"));
  return false;
}

DataPlane::Ears ears_of(const AtWork& at_work,
                        std::function<void(std::uint32_t, const std::string&)> lost) {
  const auto arrived = [&at_work](std::uint32_t peer, Envelope envelope,
                                  std::shared_ptr<Receipt> receipt) {
    const std::shared_ptr<Process> here = at_work.get();
    if (!here || !receives(*here, peer, envelope)) return;
    const caf::actor& place = here->place_of[envelope.to];
    here->arrived.fetch_add(1, std::memory_order_relaxed);
    caf::anon_send(place,
                   Parcel{Parcel::Kind::envelope, std::move(envelope), {}, std::move(receipt)});
  };
  return {arrived, std::move(lost)};
}

}  // namespace troupe
