#include "runtime/cluster/muster.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <caf/send.hpp>

#include "base/cpu_level.hpp"
#include "messages/visit.hpp"

namespace troupe {
namespace {

constexpr auto tick = std::chrono::milliseconds(20);

std::uint32_t manifest_of(const Plan& plan) {
  return plan.data ? plan.data->facts().manifest_crc32c : 0;
}

}  // namespace

Muster::Muster(Means means)
    : means_(std::move(means)),
      members_(means_.request.nodes + 1),
      deadline_(Clock::now() + std::chrono::duration_cast<Clock::duration>(
                                   std::chrono::duration<double>(means_.request.start_seconds))),
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
    auto event = means_.inbox.next(std::min(deadline_, Clock::now() + tick));
    if (!event) continue;
    if (auto* stop = std::get_if<StopRequested>(&*event)) {
      stop_ = std::move(*stop);
      return false;
    }
    if (auto* heard = std::get_if<Heard>(&*event)) hear(*heard);
    const auto* lost = std::get_if<LinkLost>(&*event);
    if (lost != nullptr && lost->peer < members_.size()) {
      means_.children.wait(lost->peer, Clock::now() + std::chrono::milliseconds(200));
      check_children();
      throw UserError(ExitCode::cluster, means_.children.name(lost->peer) +
                                             " left before the run began: " + lost->detail);
    }
  }
  return true;
}

void Muster::check_children() {
  for (std::uint32_t n = 1; n < members_.size(); ++n) {
    if (!means_.children.ended(n)) continue;
    throw UserError(ExitCode::cluster, means_.children.name(n) + " " + means_.children.fate(n) +
                                           " before the run began (" +
                                           means_.request.node_command.front() + ")");
  }
}

void Muster::check_time(Step step) const {
  if (Clock::now() < deadline_) return;
  std::string missing;
  std::size_t there = 0;
  for (std::uint32_t n = 1; n < members_.size(); ++n) {
    if (members_[n].step >= step)
      ++there;
    else
      missing += (missing.empty() ? "" : ", ") + means_.children.name(n);
  }
  throw UserError(ExitCode::cluster,
                  fmt::format("waited {:g} s for {}/{} nodes; missing: {}",
                              means_.request.start_seconds, there, members_.size() - 1, missing));
}

void Muster::hear(const Heard& heard) {
  std::visit(Overload{[&](const Join& join) { on(heard.peer, join); },
                      [&](const Ready& ready) { on(heard.peer, ready); },
                      [&](const Connected&) {
                        if (heard.peer < members_.size())
                          members_[heard.peer].step = Step::connected;
                      },
                      [&](const Told&) { told_.push_back(heard); },
                      [&](const Declined& declined) {
                        if (heard.peer >= members_.size()) return;
                        throw UserError(static_cast<ExitCode>(declined.exit_code),
                                        means_.children.name(heard.peer) + ": " + declined.line);
                      },
                      [](const auto&) {}},
             heard.sentence);
}

void Muster::on(PeerId peer, const Join& join) {
  const auto process = seat_for(join);
  if (!process) {
    tell(peer, Declined{"this run has all its nodes", static_cast<int>(ExitCode::cluster)});
    return;
  }
  const std::string refusal = why_not(*process, join);
  if (!refusal.empty()) decline(peer, means_.children.name(*process) + " " + refusal);
  admit(*process, peer, join);
}

void Muster::admit(std::uint32_t process, PeerId visitor, const Join& join) {
  caf::anon_send(means_.endpoint, Bind{visitor, process});
  Member& member = members_[process];
  member.step = Step::joined;
  member.address = join.address;
  cpu_level_ = std::min(cpu_level_, join.cpu_level);
  tell(process, Welcome{means_.request.run_id, process, means_.request.settings_text,
                        means_.secret[0], means_.secret[1], means_.request.serve != nullptr});
}

std::string Muster::why_not(std::uint32_t process, const Join& join) const {
  if (join.wire != wire_version)
    return fmt::format("speaks wire version {}, this process {}", join.wire, wire_version);
  if (join.version != means_.request.version)
    return fmt::format("is troupe {}, this process {}", join.version, means_.request.version);
  const auto workers = std::ranges::count(means_.processes, process);
  if (join.slots > 0 && workers > std::int64_t{join.slots})
    return fmt::format("has {} slots for {} workers", join.slots, workers);
  return {};
}

void Muster::on(PeerId peer, const Ready& ready) {
  if (peer >= members_.size()) return;
  const std::string refusal = why_not(ready);
  if (!refusal.empty()) decline(peer, means_.children.name(peer) + " " + refusal);
  members_[peer].step = Step::ready;
}

std::string Muster::why_not(const Ready& ready) const {
  const Plan& plan = *means_.request.plan;
  if (ready.manifest_crc32c != manifest_of(plan))
    return fmt::format("reads data with manifest {:08x}, this process {:08x}",
                       ready.manifest_crc32c, manifest_of(plan));
  if (ready.parameters != plan.parameters)
    return fmt::format("has a model of {} parameters, this process {}", ready.parameters,
                       plan.parameters);
  if (ready.actors != plan.actors())
    return fmt::format("has a cast of {} actors, this process {}", ready.actors, plan.actors());
  return {};
}

// By the process number that its pid tells, else the first one that nobody has taken.
std::optional<std::uint32_t> Muster::seat_for(const Join& join) const {
  const auto free = [this](std::uint32_t n) { return members_[n].step == Step::awaited; };
  const auto own = means_.children.number_of(join.pid);
  if (own && free(*own)) return own;
  for (std::uint32_t n = 1; n < members_.size(); ++n)
    if (free(n)) return n;
  return {};
}

void Muster::place() {
  Placement placement;
  placement.processes = means_.processes;
  placement.cpu_level = cpu_level_;
  for (const Member& member : members_) placement.addresses.push_back(member.address);
  for (std::uint32_t n = 1; n < members_.size(); ++n) tell(n, placement);
}

void Muster::tell(PeerId peer, Handshake sentence) {
  caf::anon_send(means_.endpoint, Tell{peer, std::move(sentence)});
}

void Muster::decline(PeerId peer, const std::string& line) {
  tell(peer, Declined{line, static_cast<int>(ExitCode::cluster)});
  throw UserError(ExitCode::cluster, line);
}

}  // namespace troupe
