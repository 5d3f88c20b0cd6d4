/// Other actors over the same nodes: each agrees to them, or is not waited for. It moves
/// nobody to another process.
#include <algorithm>
#include <caf/send.hpp>

#include "runtime/cluster/muster.hpp"

namespace troupe {
namespace {

constexpr auto tick = std::chrono::milliseconds(20);
constexpr std::size_t numbers_at_once = piece_bytes / sizeof(float) / 2;

}  // namespace

Handover opening_of(const Plan& plan) {
  if (!plan.opening) return {};
  Handover left = *plan.opening;
  left.model = {};
  left.memory = {};
  return left;
}

std::vector<LinkLost> Muster::redraw(const Order& order) {
  for (const ActorId worker : vacant()) processes_[worker] = nowhere;
  processes_ = follow(*playing_.plan, processes_, *order.plan, means_.request.server);
  playing_ = order;
  for (std::uint32_t n = 1; n < members_.size(); ++n) {
    if (means_.roster.gone(n)) continue;
    members_[n].step = Step::joined;
    send_opening(n, order);
  }
  std::vector<LinkLost> lost = wait_again(Step::ready);
  for (std::uint32_t n = 1; n < members_.size(); ++n)
    if (members_[n].step == Step::ready) send_placement(n);
  const std::vector<LinkLost> more = wait_again(Step::connected);
  lost.insert(lost.end(), more.begin(), more.end());
  return lost;
}

void Muster::send_opening(std::uint32_t process, const Order& order) {
  Redraw redraw{.graph_epoch = order.graph_epoch,
                .settings_text = order.settings_text,
                .left = opening_of(*order.plan)};
  const Handover& left = *order.plan->opening;
  const auto send = [&](const SharedBlock& block) {
    for (auto rest = block.values(); !rest.empty();) {
      const auto some = rest.first(std::min(rest.size(), numbers_at_once));
      tell(process, Numbers{{some.begin(), some.end()}});
      rest = rest.subspan(some.size());
    }
    return block.size();
  };
  const std::vector<std::uint32_t> holders = servers_of(*order.plan, processes_);
  if (order.plan->peers() || std::ranges::count(holders, process) > 0) {
    redraw.model = send(left.model);
    redraw.memory = send(left.memory);
  }
  tell(process, std::move(redraw));
}

// What does not concern it is heard again by whoever waits after it.
std::vector<LinkLost> Muster::wait_again(Step step) {
  std::vector<LinkLost> lost;
  std::vector<HostEvent> others;
  const auto missing = [&] {
    for (std::uint32_t n = 1; n < members_.size(); ++n)
      if (members_[n].step < step && !means_.roster.gone(n) &&
          std::ranges::find(lost, n, &LinkLost::peer) == lost.end())
        return n;
    return 0U;
  };
  const auto until =
      Clock::now() + std::chrono::duration_cast<Clock::duration>(
                         std::chrono::duration<double>(means_.request.start_seconds));
  while (const std::uint32_t first = missing()) {
    if (Clock::now() >= until) {
      lost.push_back({first, "did not agree to other actors in time"});
      continue;
    }
    auto event = means_.inbox.next(std::min(until, Clock::now() + tick));
    if (!event) continue;
    if (const auto* link = std::get_if<LinkLost>(&*event);
        link != nullptr && means_.roster.has(link->peer))
      lost.push_back(*link);
    else if (const auto* heard = std::get_if<Heard>(&*event);
             heard == nullptr || !agree(*heard, lost))
      others.push_back(std::move(*event));
  }
  for (HostEvent& event : others) means_.inbox.post(std::move(event));
  return lost;
}

bool Muster::agree(const Heard& heard, std::vector<LinkLost>& lost) {
  if (!means_.roster.has(heard.peer)) return false;
  if (const auto* ready = std::get_if<Ready>(&heard.sentence)) {
    const std::string refusal = why_not(*ready);
    if (refusal.empty())
      members_[heard.peer].step = Step::ready;
    else
      lost.push_back({heard.peer, refusal});
    return true;
  }
  if (const auto* declined = std::get_if<Declined>(&heard.sentence)) {
    lost.push_back({heard.peer, declined->line});
    return true;
  }
  if (!std::holds_alternative<Connected>(heard.sentence)) return false;
  members_[heard.peer].step = Step::connected;
  return true;
}

}  // namespace troupe
