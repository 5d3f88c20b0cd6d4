#include "runtime/twin/hosts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace troupe {
namespace {

constexpr std::uint64_t run_id = 1;
constexpr std::uint32_t graph_epoch = 0;
/// A connection that breaks is noticed at the other end, and one that is made has had a
/// few words to and fro.
constexpr unsigned life_bits = 40;  // of a sequence number, below the life
constexpr double join_seconds = 0.1;
constexpr double notice_seconds = 0.01;

}  // namespace

Hosts::Hosts(std::shared_ptr<const Plan> plan, const Pace& pace, std::shared_ptr<const Door> door)
    : plan_(std::move(plan)),
      pace_(pace),
      door_(std::move(door)),
      network_(pace),
      worker_of_(plan_->actors()) {
  for (std::uint32_t i = 0; i < plan_->workers; ++i) worker_of_[plan_->worker(i)] = i;
  for (std::uint32_t p = 0; p <= plan_->workers; ++p)
    hosts_.push_back({.life = p, .delivery = Delivery(run_id, graph_epoch, p)});
  lives_ = plan_->workers;
  for (std::size_t f = 0; f < pace.faults.size(); ++f)
    if (pace.faults[f].what != Mishap::pause && pace.faults[f].worker < plan_->workers &&
        !plan_->sharing)  // one process: it ends as a whole, and the twin with it
      schedule(pace.faults[f].at, Change::Kind::strike, f, 0);
}

void Hosts::schedule(double t, Change::Kind kind, std::size_t fault, std::uint32_t life) {
  if (!std::isinf(t))
    changes_.push({.t = t, .order = caused_++, .kind = kind, .fault = fault, .life = life});
}

std::optional<Hosts::Change> Hosts::next(double by) {
  while (!changes_.empty() && changes_.top().t <= by) {
    Change change = changes_.top();
    changes_.pop();
    if (perform(change)) return change;
  }
  return std::nullopt;
}

bool Hosts::perform(Change& change) {
  const Fault& fault = pace_.faults[change.fault];
  Host& host = hosts_[fault.worker + 1];
  switch (change.kind) {
    case Change::Kind::strike:
      if (host.runs) strike(change);
      return false;
    case Change::Kind::gone:
      if (change.life != host.life || !host.runs) return false;
      host.runs = false;
      return true;
    case Change::Kind::lost:
      return change.life == host.life && !std::exchange(host.given_up, true);
    case Change::Kind::back:
      if (change.life != host.life || !comes_back()) return false;
      host = {
          .life = ++lives_, .born = change.t, .delivery = Delivery(run_id, graph_epoch, lives_)};
      return true;
  }
  return false;
}

void Hosts::strike(const Change& change) {
  const Fault& fault = pace_.faults[change.fault];
  const std::uint32_t life = hosts_[fault.worker + 1].life;
  double noticed = fault.at + notice_seconds;
  if (fault.what == Mishap::crash) {
    schedule(fault.at, Change::Kind::gone, change.fault, life);
    noticed = network_.through(way(plan_->worker(fault.worker), Plan::coordinator), noticed);
  }
  // Its last sign of life came up to a beat earlier.
  const double silent = std::floor(fault.at / pace_.beat_seconds) * pace_.beat_seconds;
  const double given_up = silent + pace_.lost_after_seconds;
  if (fault.what == Mishap::crash)
    noticed = std::min(noticed, std::max(given_up, fault.at));
  else if (fault.over() <= given_up)
    return;  // its next beat comes in time
  else
    noticed = given_up;
  schedule(noticed, Change::Kind::lost, change.fault, life);
  schedule(std::max(fault.over(), noticed) + join_seconds, Change::Kind::back, change.fault, life);
}

ActorId Hosts::actor_of(const Change& change) const {
  return plan_->worker(pace_.faults[change.fault].worker);
}

std::string Hosts::detail_of(const Change& change) const {
  const Fault& fault = pace_.faults[change.fault];
  const std::string process = fmt::format("process {}", change.life);
  if (change.kind == Change::Kind::back)
    return fmt::format("process {}", hosts_[fault.worker + 1].life);
  if (fault.what == Mishap::crash) return process + ": connection closed";
  return fmt::format("{}: no sign of life for {:g} s", process, pace_.lost_after_seconds);
}

double Hosts::crash_after(std::uint32_t worker, double t) const {
  for (const Fault& fault : pace_.faults)
    if (fault.worker == worker && fault.what == Mishap::crash && fault.at > t) return fault.at;
  return Fault::for_ever;
}

std::optional<Network::End> Hosts::end(ActorId actor) const {
  if (place(actor) == 0) return std::nullopt;
  return Network::End{.worker = *worker_of_[actor], .born = home(actor).born};
}

Network::Way Hosts::way(ActorId from, ActorId to) const {
  return {.from = from,
          .to = to,
          .inside = place(from) == place(to),
          .sender = end(from),
          .receiver = end(to)};
}

std::vector<Hosts::Stamp> Hosts::send(ActorId from, ActorId to, double began, double now,
                                      std::size_t bytes) {
  // What it would have said behind its end is never said.
  if (worker_of_[from] && !plan_->sharing && crash_after(*worker_of_[from], began) <= now)
    return {};
  Envelope envelope{.from = from, .to = to};
  home(from).delivery.stamp(envelope);
  const Network::Passage passage = network_.send(way(from, to), now, bytes);
  std::vector<Stamp> stamps;
  const std::uint32_t life = home(to).life;
  if (!std::isinf(passage.arrives)) stamps.push_back({passage.arrives, envelope.sequence, life});
  if (passage.again) stamps.push_back({*passage.again, envelope.sequence, life});
  return stamps;
}

bool Hosts::lives(ActorId actor, std::uint32_t life) const {
  const Host& host = home(actor);
  return host.runs && host.life == life;
}

bool Hosts::admits(ActorId from, ActorId to, std::uint64_t sequence, std::uint32_t life) {
  if (!lives(to, life)) return false;  // that connection ended with the process
  const Host& sender = home(from);
  const bool given_up = sender.given_up || sequence >> life_bits != sender.life;
  return door_->admits(
      home(to).delivery,
      {.from = from, .to = to, .graph_epoch = graph_epoch, .run = run_id, .sequence = sequence},
      given_up);
}

double Hosts::free(ActorId actor, double t) const { return done(actor, t, 0); }

double Hosts::done(ActorId actor, double begin, double seconds) const {
  if (!worker_of_[actor]) return begin + seconds;
  return pace_.done(*worker_of_[actor], begin, seconds, home(actor).born);
}

}  // namespace troupe
