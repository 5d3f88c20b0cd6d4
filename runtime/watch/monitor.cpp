#include "runtime/watch/monitor.hpp"

#include <algorithm>

#include "runtime/watch/waits.hpp"

namespace troupe {
namespace {

constexpr std::size_t flight_events = 32;  // kept of each actor
constexpr double rate_seconds = 1.0;       // rates are means over one to two of these
constexpr double still_seconds = 0.6;      // without progress: not at work
constexpr double shown_wait_seconds = 0.2;

std::string role_of(const Plan& plan, ActorId actor) {
  if (actor == Plan::coordinator) return "coordinator";
  if (actor == Plan::evaluator) return "evaluator";
  if (actor - Plan::first_drawn >= plan.drawing.nodes.size()) return "census";
  return to_text(plan.drawing.nodes[actor - Plan::first_drawn].role);
}

bool steps(const std::string& role) { return role == "worker" || role == "peer"; }

double per_second(std::uint64_t now, std::uint64_t before, double seconds) {
  return seconds > 0 && now > before ? static_cast<double>(now - before) / seconds : 0;
}

const EdgeTraffic* find(const std::vector<EdgeTraffic>& list, ActorId to) {
  const auto place = std::ranges::lower_bound(list, to, {}, &EdgeTraffic::to);
  return place == list.end() || place->to != to ? nullptr : &*place;
}

}  // namespace

Monitor::Monitor(std::shared_ptr<const Plan> plan)
    : plan_(std::move(plan)), seen_(plan_->actors()) {
  processes_[0].host = "this process";
  for (ActorId actor = 0; actor < seen_.size(); ++actor) seen_[actor].condition.actor = actor;
}

void Monitor::settle(const std::vector<ActorId>& actors, std::uint32_t process,
                     const std::string& host) {
  processes_[process].host = host;
  for (const ActorId actor : actors) {
    if (actor >= seen_.size()) continue;
    const std::deque<Happening> flight = std::move(seen_[actor].flight);
    seen_[actor] = {};
    seen_[actor].condition.actor = actor;
    seen_[actor].process = process;
    seen_[actor].flight = flight;
  }
}

void Monitor::lose(std::uint32_t process, double now) {
  Process& gone = processes_[process];
  if (gone.lost) return;
  gone.lost = true;
  gone.busy.clear();
  gone.heard_at = std::min(gone.heard_at == 0 ? now : gone.heard_at, now);
}

void Monitor::hear(std::uint32_t process, const Beat& beat, double now) {
  Process& here = processes_[process];
  if (here.lost) return;
  here.heard_at = now;
  for (const Condition& condition : beat.conditions) {
    if (condition.actor >= seen_.size() || seen_[condition.actor].process != process) continue;
    take(seen_[condition.actor], condition, now);
  }
  here.busy = beat.busy;
  for (Seen& seen : seen_)
    if (seen.process == process) seen.busy = nullptr;
  for (const Busy& busy : here.busy) {
    if (busy.actor < seen_.size()) seen_[busy.actor].busy = &busy;
    for (const ActorId other : busy.others)
      if (other < seen_.size()) seen_[other].busy = &busy;
  }
}

void Monitor::take(Seen& seen, const Condition& condition, double now) {
  std::vector<double> since;
  for (const Wait& wait : condition.waits) {
    const auto before = std::ranges::find(seen.condition.waits, wait);
    const bool known = before != seen.condition.waits.end();
    since.push_back(
        known ? seen.since[static_cast<std::size_t>(before - seen.condition.waits.begin())] : now);
  }
  seen.since = std::move(since);
  if (condition.steps > seen.condition.steps) {
    const double seconds =
        (now - seen.progress_at) / static_cast<double>(condition.steps - seen.condition.steps);
    if (seen.condition.steps > 0)
      seen.usual_step_seconds =
          seen.usual_step_seconds == 0 ? seconds : 0.75 * seen.usual_step_seconds + 0.25 * seconds;
    seen.progress_at = now;
  } else if (condition.steps == 0 && condition.events > seen.condition.events) {
    seen.progress_at = now;
  }
  for (const Happening& happening : condition.happenings) seen.flight.push_back(happening);
  while (seen.flight.size() > flight_events) seen.flight.pop_front();
  seen.condition = condition;
  seen.condition.happenings.clear();
}

// Of a slow crew nobody is slow; half of them decide what is usual.
double Monitor::patience() const {
  std::vector<double> usual;
  for (const Seen& seen : seen_)
    if (seen.usual_step_seconds > 0 && steps(role_of(*plan_, seen.condition.actor)))
      usual.push_back(seen.usual_step_seconds);
  if (usual.empty()) return patience_seconds;
  const auto middle = usual.begin() + static_cast<std::ptrdiff_t>((usual.size() - 1) / 2);
  std::ranges::nth_element(usual, middle);
  return std::max(patience_seconds, patience_steps * *middle);
}

ActorView Monitor::standing(ActorId actor, const Seen& seen, double now) const {
  const Condition& condition = seen.condition;
  const Process& process = processes_.at(seen.process);
  ActorView standing{.actor = actor,
                     .name = plan_->name_of(actor),
                     .role = role_of(*plan_, actor),
                     .host = process.host,
                     .phase = condition.phase,
                     .steps = condition.steps,
                     .rows = condition.rows,
                     .queue = condition.queue,
                     .credit = condition.credit,
                     .last_sign_seconds = std::max(0.0, now - process.heard_at)};
  const double seconds = now - seen.older.t;
  standing.steps_per_second = per_second(condition.steps, seen.older.steps, seconds);
  standing.samples_per_second = per_second(condition.rows, seen.older.rows, seconds);
  for (const EdgeTraffic& edge : condition.traffic) standing.bytes_out += edge.bytes;
  if (seen.busy != nullptr && seen.busy->actor != actor) {
    standing.waits.push_back({seen.busy->actor, "the thread that both share", seen.busy->seconds});
  } else {
    for (std::size_t i = 0; i < condition.waits.size(); ++i)
      standing.waits.push_back(
          {condition.waits[i].on, condition.waits[i].message, now - seen.since[i]});
    if (seen.busy != nullptr) standing.waits.clear();  // it has what it waited for
  }
  std::ranges::stable_sort(standing.waits, std::ranges::greater{}, &WaitingFor::seconds);
  standing.state = state(seen, standing, now);
  return standing;
}

ActorState Monitor::state(const Seen& seen, const ActorView& standing, double now) const {
  const Process& process = processes_.at(seen.process);
  if (process.lost) return ActorState::lost;
  if (seen.condition.left) return ActorState::done;
  if (process.heard_at > 0 && standing.last_sign_seconds > silent_after_seconds)
    return ActorState::silent;
  if (seen.busy != nullptr && seen.busy->actor == standing.actor) return ActorState::computing;
  const bool moves = seen.progress_at > 0 && now - seen.progress_at < still_seconds;
  if (moves && (steps(standing.role) || seen.condition.steps > 0)) return ActorState::computing;
  if (standing.role == "evaluator" && !standing.phase.empty()) return ActorState::computing;
  const bool waits = !standing.waits.empty() && standing.waits.front().seconds > shown_wait_seconds;
  return waits ? ActorState::waiting : ActorState::idle;
}

View Monitor::view(double now) {
  View view{.t = now};
  for (ActorId actor = 0; actor < seen_.size(); ++actor) {
    Seen& seen = seen_[actor];
    if (now - seen.newer.t >= rate_seconds) {
      seen.older = std::move(seen.newer);
      seen.newer = {now, seen.condition.steps, seen.condition.rows, seen.condition.traffic};
    }
    view.actors.push_back(standing(actor, seen, now));
  }
  add_traffic(view, now);
  add_staleness(view);
  view.culprits = find_culprits(view.actors, patience());
  for (const Culprit& culprit : view.culprits) view.actors[culprit.actor].state = culprit.what;
  return view;
}

void Monitor::add_traffic(View& view, double now) const {
  for (const Seen& seen : seen_) {
    const double seconds = now - seen.older.t;
    for (const EdgeTraffic& edge : seen.condition.traffic) {
      if (edge.to >= seen_.size()) continue;
      view.actors[edge.to].bytes_in += edge.bytes;
      const EdgeTraffic* before = find(seen.older.traffic, edge.to);
      view.edges.push_back(
          {.from = seen.condition.actor,
           .to = edge.to,
           .messages_per_second = per_second(edge.messages, before ? before->messages : 0, seconds),
           .bytes_per_second = per_second(edge.bytes, before ? before->bytes : 0, seconds),
           .delay_seconds = edge.delay_seconds});
    }
  }
}

void Monitor::add_staleness(View& view) const {
  for (const Seen& seen : seen_) {
    for (const StalenessOf& said : seen.condition.staleness) {
      if (said.actor >= seen_.size()) continue;
      std::vector<std::uint64_t>& sum = view.actors[said.actor].staleness;
      sum.resize(std::max(sum.size(), said.counts.size()));
      for (std::size_t i = 0; i < said.counts.size(); ++i) sum[i] += said.counts[i];
    }
  }
  for (ActorView& standing : view.actors)
    while (!standing.staleness.empty() && standing.staleness.back() == 0)
      standing.staleness.pop_back();
}

std::vector<Flown> Monitor::flight() const {
  std::vector<Flown> lines;
  for (const Seen& seen : seen_)
    for (const Happening& happening : seen.flight)
      lines.push_back({.actor = seen.condition.actor,
                       .name = plan_->name_of(seen.condition.actor),
                       .happening = happening,
                       .other = happening.other < seen_.size() ? plan_->name_of(happening.other)
                                                               : std::string()});
  std::ranges::stable_sort(lines, {}, [](const Flown& line) { return line.happening.t; });
  return lines;
}

RunGraph graph_of(const Plan& plan) {
  RunGraph graph;
  for (ActorId actor = 0; actor < plan.actors(); ++actor)
    graph.nodes.push_back({actor, plan.name_of(actor), role_of(plan, actor)});
  for (const DrawingEdge& edge : plan.drawing.edges)
    graph.edges.emplace_back(Plan::first_drawn + edge.from, Plan::first_drawn + edge.to);
  for (std::uint32_t i = 0; i < plan.workers; ++i)
    graph.edges.emplace_back(Plan::coordinator, plan.worker(i));
  graph.edges.emplace_back(plan.keeper(), Plan::coordinator);
  graph.edges.emplace_back(plan.keeper(), Plan::evaluator);
  graph.edges.emplace_back(Plan::evaluator, Plan::coordinator);
  return graph;
}

}  // namespace troupe
