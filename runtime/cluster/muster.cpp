#include "runtime/cluster/muster.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <caf/send.hpp>

#include "base/cpu_level.hpp"
#include "messages/visit.hpp"
#include "runtime/address.hpp"
#include "runtime/cluster/process.hpp"

namespace troupe {
namespace {

constexpr auto look_every = std::chrono::milliseconds(20);
// Nodes of this machine come at once; whoever starts others wants to know what is missing.
constexpr auto first_word = std::chrono::seconds(2);
constexpr auto further_words = std::chrono::seconds(10);

std::uint32_t manifest_of(const Plan& plan) {
  return plan.data ? plan.data->facts().manifest_crc32c : 0;
}

}  // namespace

Muster::Muster(Means means)
    : means_(std::move(means)),
      members_(means_.roster.count() + 1),
      playing_{.plan = means_.request.plan, .settings_text = means_.request.settings_text},
      deadline_(Clock::now() + duration_of(means_.request.start_seconds)),
      next_word_(Clock::now() + first_word),
      cpu_level_(static_cast<std::uint32_t>(troupe::cpu_level())) {
  members_[0].step = Step::connected;
}

std::optional<StopRequested> Muster::gather() {
  if (!wait_for(Step::ready)) return stop_;
  place();
  if (!wait_for(Step::connected)) return stop_;
  return {};
}

bool Muster::wait_for(Step step) {
  const auto there = [&](const Member& member) { return member.step >= step; };
  while (!std::ranges::all_of(members_, there)) {
    check_children();
    check_time(step);
    say_who_is_missing(step);
    auto event = means_.inbox.next(std::min(deadline_, Clock::now() + look_every));
    if (!event) continue;
    if (auto* stop = std::get_if<StopRequested>(&*event)) {
      stop_ = std::move(*stop);
      return false;
    }
    if (auto* heard = std::get_if<Heard>(&*event)) hear(*heard);
    if (const auto* lost = std::get_if<LinkLost>(&*event)) hear(*lost);
  }
  return true;
}

void Muster::check_children() {
  Children& children = means_.roster.children();
  for (std::uint32_t n = 1; n <= children.count(); ++n) {
    if (!children.ended(n)) continue;
    throw UserError(ExitCode::cluster, children.name(n) + " " + children.fate(n) +
                                           " before the run began (" +
                                           means_.request.node_command.front() + ")");
  }
}

// "3/4 nodes; missing: node 4 (not here yet)"
std::string Muster::missing(Step step) const {
  std::string names;
  std::size_t there = 0;
  for (std::uint32_t n = 1; n < members_.size(); ++n) {
    if (members_[n].step >= step)
      ++there;
    else
      names += (names.empty() ? "" : ", ") + means_.roster.name(n);
  }
  return fmt::format("{}/{} nodes; missing: {}", there, members_.size() - 1, names);
}

void Muster::check_time(Step step) const {
  if (Clock::now() < deadline_) return;
  throw UserError(ExitCode::cluster, fmt::format("waited {:g} s for {} (cluster.start_timeout)",
                                                 means_.request.start_seconds, missing(step)));
}

void Muster::say_who_is_missing(Step step) {
  if (Clock::now() < next_word_) return;
  next_word_ = Clock::now() + further_words;
  means_.note("waiting", "", "for " + missing(step));
}

void Muster::hear(const Heard& heard) {
  const auto known = [&] { return means_.roster.has(heard.peer); };
  std::visit(Overload{[&](const Join& join) { on(heard.peer, join); },
                      [&](const Ready& ready) {
                        if (known()) on(heard.peer, ready);
                      },
                      [&](const Connected&) {
                        if (known()) members_[heard.peer].step = Step::connected;
                      },
                      [&](const Told&) { told_.push_back(heard); },
                      [&](const WatchRun&) { told_.push_back(heard); },
                      [&](const Declined& declined) {
                        if (known()) on(heard.peer, declined);
                      },
                      [](const auto&) {}},
             heard.sentence);
}

void Muster::hear(const LinkLost& lost) {
  if (!means_.roster.has(lost.peer) || members_[lost.peer].step == Step::awaited) return;
  if (means_.roster.is_child(lost.peer)) {
    means_.roster.children().wait(lost.peer, Clock::now() + std::chrono::milliseconds(200));
    check_children();
  }
  vacate(lost.peer, "left before the run began: " + lost.detail);
}

// What a node cannot do here, say read the data, ends the run if the node is ours.
void Muster::on(PeerId peer, const Declined& declined) {
  const std::string name = means_.roster.name(peer);
  if (means_.roster.is_child(peer) || placed_)
    throw UserError(static_cast<ExitCode>(declined.exit_code), name + ": " + declined.line);
  tell(peer, declined);  // whose line it is to print
  vacate(peer, declined.line);
}

void Muster::on(PeerId peer, const Join& join) {
  const auto process = seat_for(join);
  if (!process) {
    tell(peer, Declined{"this run has all its nodes", static_cast<int>(ExitCode::cluster)});
    means_.note("refused", join.address, "this run has all its nodes");
    return;
  }
  const std::string refusal = why_not(join);
  if (refusal.empty()) return admit(*process, peer, join);
  const bool child = means_.roster.is_child(*process);
  const std::string name = child ? means_.roster.name(*process) : "the node at " + join.address;
  tell(peer, Declined{name + " " + refusal, static_cast<int>(ExitCode::cluster)});
  if (child) throw UserError(ExitCode::cluster, name + " " + refusal);
  means_.note("refused", join.address, refusal);
}

void Muster::admit(std::uint32_t process, PeerId visitor, const Join& join) {
  caf::anon_send(means_.endpoint, Bind{visitor, process});
  if (!means_.roster.is_child(process)) {
    means_.roster.seat(process, join.address);
    means_.note("joined", means_.roster.name(process),
                join.slots == 0 ? "takes any number of workers"
                                : fmt::format("takes {} workers", join.slots));
  }
  members_[process] = {.step = Step::joined,
                       .address = join.address,
                       .cpu_level = join.cpu_level,
                       .slots = join.slots};
  tell(process, Welcome{means_.request.run_id, process, playing_.settings_text, means_.secret[0],
                        means_.secret[1], means_.request.serve != nullptr, playing_.graph_epoch,
                        opening_of(*playing_.plan)});
}

std::string Muster::why_not(const Join& join) const {
  if (join.wire != wire_version)
    return fmt::format("speaks wire version {}, this process {}", join.wire, wire_version);
  if (join.version != means_.request.version)
    return fmt::format("is troupe {}, this process {}", join.version, means_.request.version);
  return {};
}

void Muster::on(PeerId peer, const Ready& ready) {
  const std::string refusal = why_not(ready);
  if (refusal.empty()) {
    members_[peer].step = Step::ready;
    return;
  }
  tell(peer,
       Declined{means_.roster.name(peer) + " " + refusal, static_cast<int>(ExitCode::cluster)});
  vacate(peer, refusal);
}

std::string Muster::why_not(const Ready& ready) const {
  const Plan& plan = *playing_.plan;
  if (ready.manifest_crc32c != manifest_of(plan))
    return fmt::format("reads data with manifest {:08x}, this process {:08x}",
                       ready.manifest_crc32c, manifest_of(plan));
  if (ready.parameters != plan.parameters)
    return fmt::format("has a model of {} parameters, this process {}", ready.parameters,
                       plan.parameters);
  if (ready.actors != plan.actors())
    return fmt::format("has a cast of {} actors, this process {}", ready.actors, plan.actors());
  if (ready.graph_epoch != playing_.graph_epoch || ready.drawing_crc32c != fingerprint(plan))
    return fmt::format("has other actors ({:08x}) than this process ({:08x})", ready.drawing_crc32c,
                       fingerprint(plan));
  return {};
}

// Children know their places by their tickets; the others take what is free behind them.
std::optional<std::uint32_t> Muster::seat_for(const Join& join) const {
  const auto free = [this](std::uint32_t n) { return members_[n].step == Step::awaited; };
  Children& children = means_.roster.children();
  if (const auto own = children.number_of(join.ticket)) return free(*own) ? own : std::nullopt;
  for (std::uint32_t n = children.count() + 1; n < members_.size(); ++n)
    if (free(n)) return n;
  return {};
}

void Muster::place() {
  NodeShare share{.nodes = means_.roster.count(),
                  .slots = means_.request.slots,
                  .server = means_.request.server};
  for (std::uint32_t n = 1; n < members_.size(); ++n) {
    share.room.push_back(members_[n].slots);
    cpu_level_ = std::min(cpu_level_, members_[n].cpu_level);
  }
  try {
    processes_ = map_processes(*playing_.plan, share);
  } catch (const UserError& error) {
    for (std::uint32_t n = 1; n < members_.size(); ++n)
      tell(n, Declined{error.what(), static_cast<int>(ExitCode::cluster)});
    throw;
  }
  placed_ = true;
  for (std::uint32_t n = 1; n < members_.size(); ++n) send_placement(n);
}

void Muster::send_placement(std::uint32_t process) {
  Placement placement;
  placement.processes = processes_;
  placement.cpu_level = cpu_level_;
  placement.grace_seconds = means_.request.grace_seconds;
  for (const Member& member : members_) placement.addresses.push_back(member.address);
  tell(process, placement);
}

std::vector<ActorId> Muster::workers_of(std::uint32_t process) const {
  std::vector<ActorId> workers;
  for (ActorId actor = Plan::first_drawn; actor < processes_.size(); ++actor)
    if (processes_[actor] == process) workers.push_back(actor);
  return workers;
}

// The starting process sees for itself.
void Muster::tell_servers(const Moved& moved) {
  for (const std::uint32_t server : servers_of(*playing_.plan, processes_))
    if (server != 0 && !means_.roster.gone(server)) tell(server, moved);
}

void Muster::tell_gone(std::uint32_t process) { tell_servers({.gone = process, .actors = {}}); }

std::vector<ActorId> Muster::vacant() const {
  std::vector<ActorId> workers = workers_of(nowhere);
  for (std::uint32_t n = 1; n <= means_.roster.count(); ++n) {
    if (!means_.roster.gone(n)) continue;
    const std::vector<ActorId> theirs = workers_of(n);
    workers.insert(workers.end(), theirs.begin(), theirs.end());
  }
  return workers;
}

std::optional<Muster::Arrival> Muster::late(const Heard& heard) {
  const std::uint32_t n = heard.peer;
  if (const auto* join = std::get_if<Join>(&heard.sentence)) take_in(heard.peer, *join);
  if (!means_.roster.has(n) || means_.roster.gone(n)) return {};
  Member& member = members_[n];
  if (const auto* ready = std::get_if<Ready>(&heard.sentence);
      ready && member.step == Step::joined) {
    const std::string refusal = why_not(*ready);
    if (refusal.empty()) {
      member.step = Step::ready;
      send_placement(n);
    } else {
      tell(n, Declined{means_.roster.name(n) + " " + refusal, static_cast<int>(ExitCode::cluster)});
      abandon(n, refusal);
    }
  }
  if (const auto* declined = std::get_if<Declined>(&heard.sentence);
      declined && member.step != Step::connected) {
    tell(n, *declined);
    abandon(n, declined->line);
  }
  if (!std::holds_alternative<Connected>(heard.sentence) || member.step != Step::ready) return {};
  member.step = Step::connected;
  return Arrival{n, workers_of(n)};
}

std::string Muster::why_not_now(const Join& join) const {
  if (const std::string refusal = why_not(join); !refusal.empty())
    return "the node at " + join.address + " " + refusal;
  if (join.cpu_level < cpu_level_)
    return fmt::format("the node at {} has kernels of level {}, and this run computes at {}",
                       join.address, to_text(static_cast<CpuLevel>(join.cpu_level)),
                       to_text(static_cast<CpuLevel>(cpu_level_)));
  if (playing_.plan->peers()) return "this run has begun, and its peers are all there";
  if (vacant().empty())
    return fmt::format("this run has all its {} workers", playing_.plan->workers);
  return {};
}

void Muster::take_in(PeerId visitor, const Join& join) {
  const std::string refusal = why_not_now(join);
  if (!refusal.empty()) {
    tell(visitor, Declined{refusal, static_cast<int>(ExitCode::cluster)});
    return means_.note("refused", join.address, refusal);
  }
  std::vector<ActorId> workers = vacant();
  if (join.slots > 0 && workers.size() > join.slots) workers.resize(join.slots);
  const std::uint32_t process = means_.roster.add(join.address);
  members_.emplace_back();
  for (const ActorId worker : workers) processes_[worker] = process;
  tell_servers({.actors = workers, .process = process});
  admit(process, visitor, join);
}

void Muster::abandon(std::uint32_t process, const std::string& reason) {
  means_.note("refused", means_.roster.name(process), reason);
  caf::anon_send(means_.endpoint, Drop{process});
  means_.roster.give_up(process);
}

void Muster::tell(PeerId peer, Handshake sentence) {
  caf::anon_send(means_.endpoint, Tell{peer, std::move(sentence)});
}

// Before anybody is told where actors live, somebody else may take the seat.
void Muster::vacate(std::uint32_t process, const std::string& reason) {
  const std::string name = means_.roster.name(process);
  if (means_.roster.is_child(process) || placed_)
    throw UserError(ExitCode::cluster, name + " " + reason);
  means_.note("refused", name, reason);
  if (members_[process].step != Step::awaited) caf::anon_send(means_.endpoint, Drop{process});
  members_[process] = {};
  means_.roster.seat(process, "");
}

}  // namespace troupe
