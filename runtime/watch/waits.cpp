#include "runtime/watch/waits.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace troupe {
namespace {

bool gone(const ActorView& standing) {
  return standing.state == ActorState::silent || standing.state == ActorState::lost;
}

/// A wait that is too long.
struct Long {
  ActorId from = 0;
  const WaitingFor* wait = nullptr;
};

class Graph {
 public:
  Graph(const std::vector<ActorView>& actors, double patience) : actors_(actors) {
    for (const ActorView& standing : actors) {
      if (gone(standing)) continue;
      for (const WaitingFor& wait : standing.waits) {
        if (wait.seconds < patience || wait.actor >= actors.size()) continue;
        into_[wait.actor].push_back({standing.actor, &wait});
        waiting_.insert(standing.actor);
      }
    }
  }

  bool waits(ActorId actor) const { return waiting_.contains(actor); }
  const std::map<ActorId, std::vector<Long>>& into() const { return into_; }

  Culprit culprit(ActorId actor) const {
    const ActorView& standing = actors_[actor];
    Culprit culprit{.actor = actor, .name = standing.name, .host = standing.host};
    culprit.what = gone(standing) ? standing.state : ActorState::straggling;
    if (const auto waits = into_.find(actor); waits != into_.end()) {
      const WaitingFor& longest =
          *std::ranges::max_element(waits->second, {}, [](const Long& each) {
             return each.wait->seconds;
           })->wait;
      culprit.message = longest.message;
      culprit.seconds = longest.seconds;
    }
    if (culprit.what != ActorState::straggling)
      culprit.seconds = std::max(culprit.seconds, standing.last_sign_seconds);
    std::set<ActorId> behind;
    collect(actor, behind);
    behind.erase(actor);
    culprit.waiting.assign(behind.begin(), behind.end());
    return culprit;
  }

 private:
  void collect(ActorId actor, std::set<ActorId>& behind) const {
    const auto waits = into_.find(actor);
    if (waits == into_.end()) return;
    for (const Long& each : waits->second)
      if (behind.insert(each.from).second) collect(each.from, behind);
  }

  const std::vector<ActorView>& actors_;
  std::map<ActorId, std::vector<Long>> into_;
  std::set<ActorId> waiting_;
};

}  // namespace

const char* to_text(ActorState state) {
  switch (state) {
    case ActorState::computing:
      return "computing";
    case ActorState::waiting:
      return "waiting";
    case ActorState::idle:
      return "idle";
    case ActorState::straggling:
      return "straggling";
    case ActorState::silent:
      return "silent";
    case ActorState::lost:
      return "lost";
    case ActorState::done:
      return "done";
  }
  return "";
}

std::vector<Culprit> find_culprits(const std::vector<ActorView>& actors, double patience_seconds) {
  const Graph graph(actors, patience_seconds);
  std::vector<Culprit> culprits;
  bool explained = false;
  for (const ActorView& standing : actors) {
    const bool waited_for = graph.into().contains(standing.actor);
    if (standing.state == ActorState::done) continue;
    if (!gone(standing) && (!waited_for || graph.waits(standing.actor))) continue;
    culprits.push_back(graph.culprit(standing.actor));
    explained = explained || waited_for;
  }
  if (!explained && !graph.into().empty()) {
    std::vector<Culprit> all;
    for (const auto& [actor, waits] : graph.into()) all.push_back(graph.culprit(actor));
    culprits.push_back(*std::ranges::max_element(all, {}, &Culprit::seconds));
  }
  std::ranges::stable_sort(culprits, std::ranges::greater{}, &Culprit::seconds);
  return culprits;
}

}  // namespace troupe
