#include "runtime/cluster/layout.hpp"

#include <algorithm>
#include <set>
#include <span>
#include <string>

#include "base/check.hpp"
#include "base/checksum.hpp"
#include "base/user_error.hpp"

namespace troupe {
namespace {

constexpr double seconds_per_entry = 1e-9;
constexpr double short_step_seconds = 1e-3;

/// Those who compute, or those who hold the model for them.
std::vector<ActorId> actors_of(const Plan& plan, bool compute) {
  std::vector<ActorId> found;
  for (std::size_t i = 0; i < plan.drawing.nodes.size(); ++i)
    if ((plan.drawing.nodes[i].role != Role::aggregator) == compute)
      found.push_back(Plan::first_drawn + static_cast<ActorId>(i));
  return found;
}

double entries_of_a_step(const Plan& plan) {
  if (!plan.data) return 0;
  const DataFacts& facts = plan.data->facts();
  const double row = facts.sparse && facts.rows > 0
                         ? static_cast<double>(facts.entries) / static_cast<double>(facts.rows)
                         : static_cast<double>(facts.features);
  return static_cast<double>(plan.batch * plan.local_steps) * row;
}

// A server that waits for a long step to end would make every other worker wait.
bool short_steps(const Plan& plan) {
  return entries_of_a_step(plan) * seconds_per_entry < short_step_seconds;
}

// To apply a gradient entry by entry and to answer a wish takes about as long as to make
// both, and to copy a model of many features longer: a server that works for every exchange is
// the one that all others wait for. Beside a worker it would wait for that one's steps, which
// never end, and the workers of other places would get what is left.
bool busy_server(const Plan& plan) {
  if (plan.steps_every) return true;  // it never has nothing to do
  if (!plan.unsummed || plan.workers < 2) return false;
  return plan.pull == PullKind::sparse ||
         entries_of_a_step(plan) < static_cast<double>(plan.parameters);
}

// As even as it can be: the first nodes have one more, and who is full no more.
std::vector<std::size_t> shares(std::size_t workers, const NodeShare& share) {
  std::vector<std::size_t> counts(share.nodes, 0);
  for (std::size_t left = workers; left > 0;) {
    const std::size_t before = left;
    for (std::size_t n = 0; n < counts.size() && left > 0; ++n) {
      const bool full = n < share.room.size() && share.room[n] > 0 && counts[n] >= share.room[n];
      if (full) continue;
      ++counts[n];
      --left;
    }
    if (left == before) break;  // all are full
  }
  return counts;
}

// They are there to spread what travels: from the next node on, one after the other.
void spread_slices(const Plan& plan, ProcessMap& processes, std::uint32_t server,
                   const std::vector<std::uint32_t>& nodes) {
  if (nodes.empty()) return;
  const auto next =
      static_cast<std::size_t>(std::ranges::upper_bound(nodes, server) - nodes.begin());
  for (std::uint32_t k = 1; k < plan.shards(); ++k)
    processes[plan.aggregator() + k] = nodes[(next + k - 1) % nodes.size()];
}

}  // namespace

ProcessMap map_processes(const Plan& plan, const NodeShare& share) {
  ProcessMap processes(plan.actors(), 0);
  if (share.nodes == 0) return processes;
  TROUPE_CHECK(plan.sharing.has_value(), ==, false);  // refused long before
  const std::vector<ActorId> workers = actors_of(plan, true);
  const auto stay = std::min<std::size_t>(share.slots, workers.size());
  const std::size_t leave = workers.size() - stay;
  if (leave < share.nodes)
    throw UserError(ExitCode::usage, std::to_string(share.nodes) + " nodes for " +
                                         std::to_string(leave) +
                                         " workers: each node needs one, use fewer nodes");
  for (const ActorId holder : actors_of(plan, false)) processes[holder] = share.server;
  std::vector<std::uint32_t> nodes;
  for (std::uint32_t n = 1; n <= share.nodes; ++n) nodes.push_back(n);
  spread_slices(plan, processes, share.server, nodes);
  std::size_t next = stay;
  for (std::uint32_t node = 0; const std::size_t count : shares(leave, share)) {
    ++node;
    for (std::size_t i = 0; i < count; ++i) processes[workers[next++]] = node;
  }
  if (plan.peers() && next < workers.size())
    throw UserError(ExitCode::cluster,
                    std::to_string(share.nodes) + " nodes have " + std::to_string(next - stay) +
                        " slots for " + std::to_string(leave) +
                        " peers: give them more slots, or take more nodes or fewer workers");
  for (; next < workers.size(); ++next) processes[workers[next]] = nowhere;
  return processes;
}

ProcessMap follow(const Plan& before, const ProcessMap& where, const Plan& plan,
                  std::uint32_t server) {
  ProcessMap processes(plan.actors(), 0);
  for (const ActorId holder : actors_of(plan, false)) processes[holder] = server;
  for (std::uint32_t i = 0; i < plan.workers; ++i)
    processes[plan.worker(i)] = where.at(before.worker(i));
  std::set<std::uint32_t> nodes;  // where somebody computes, and nobody has gone
  for (const ActorId worker : actors_of(plan, true)) nodes.insert(processes[worker]);
  nodes.erase(0);
  nodes.erase(nowhere);
  spread_slices(plan, processes, server, {nodes.begin(), nodes.end()});
  return processes;
}

std::uint32_t fingerprint(const Plan& plan) {
  std::vector<std::uint64_t> words{
      plan.workers,    plan.partitions, plan.batch,    plan.local_steps,
      plan.parameters, plan.rounds,     plan.holds,    plan.descends,
      plan.moves,      plan.keeps,      plan.plain,    plan.pull_turns,
      plan.ahead,      plan.entrywise,  plan.unsummed, static_cast<std::uint64_t>(plan.pull)};
  for (const DrawingNode& node : plan.drawing.nodes)
    words.insert(words.end(), {static_cast<std::uint64_t>(node.role), node.index});
  for (const DrawingEdge& edge : plan.drawing.edges)
    words.insert(words.end(), {edge.from, edge.to});
  for (std::uint32_t p = 0; plan.opening && p < plan.partitions; ++p)
    words.insert(words.end(), {plan.origin(p).epoch, plan.origin(p).position});
  return crc32c(std::as_bytes(std::span(words)));
}

std::uint32_t server_of(const Plan& plan, const ProcessMap& processes) {
  const std::vector<ActorId> holders = actors_of(plan, false);
  return holders.empty() ? 0 : processes[holders.front()];
}

std::vector<std::uint32_t> servers_of(const Plan& plan, const ProcessMap& processes) {
  std::set<std::uint32_t> found;
  for (const ActorId holder : actors_of(plan, false)) found.insert(processes[holder]);
  return {found.begin(), found.end()};
}

Places map_places(const Plan& plan, const ProcessMap& processes, std::uint32_t mine,
                  const Room& room) {
  const auto elsewhere = [&](ActorId actor) { return processes[actor] != mine; };
  std::vector<ActorId> workers = actors_of(plan, true);
  std::vector<ActorId> servers = actors_of(plan, false);
  std::erase_if(workers, elsewhere);
  std::erase_if(servers, elsewhere);

  Places places;
  if (mine == 0) places.push_back({Plan::coordinator, Plan::evaluator});
  if (mine == 0 && plan.peers() && servers.empty()) places[0].push_back(plan.census());
  const std::size_t first = places.size();
  const bool alone = std::ranges::all_of(processes, [](std::uint32_t p) { return p == 0; });
  const bool apart = alone && room.cores > 1 && busy_server(plan);
  const std::size_t free = std::max<std::size_t>(room.cores, 1) - (apart ? 1 : 0);
  const std::size_t width =
      room.paced ? workers.size() : std::min<std::size_t>(workers.size(), free);
  places.resize(first + width);
  for (const ActorId server : servers) {
    if (alone && !apart && width > 0 && !room.paced && short_steps(plan))
      places[first].push_back(server);
    else
      places.push_back({server});
  }
  for (std::size_t i = 0; i < workers.size(); ++i) places[first + i % width].push_back(workers[i]);
  return places;
}

std::vector<std::uint32_t> neighbours(const Plan& plan, const ProcessMap& processes,
                                      std::uint32_t mine) {
  std::set<std::uint32_t> found;
  if (mine == 0)
    found.insert(processes.begin(), processes.end());
  else
    found.insert(0);
  for (const DrawingEdge& edge : plan.drawing.edges) {
    const std::uint32_t from = processes[Plan::first_drawn + edge.from];
    const std::uint32_t to = processes[Plan::first_drawn + edge.to];
    if (from == mine) found.insert(to);
    if (to == mine) found.insert(from);
  }
  found.erase(mine);
  found.erase(nowhere);
  return {found.begin(), found.end()};
}

}  // namespace troupe
