#include "runtime/cluster/cluster.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <caf/send.hpp>
#include <utility>

#include "messages/visit.hpp"
#include "runtime/cluster/host.hpp"

namespace troupe {
namespace {

constexpr auto tick = std::chrono::milliseconds(50);

}  // namespace

void Cluster::Host::run() {
  begun_ = Clock::now();
  if (request_.server > roster_.count())
    throw UserError(ExitCode::usage, fmt::format("cluster.server = {}, but there are {} nodes",
                                                 request_.server, roster_.count()));
  if (request_.server > 0 && request_.plan->peers())
    throw UserError(ExitCode::usage, "cluster.server: peers have no server");
  processes_ = map_processes(*request_.plan, {.nodes = roster_.count(), .slots = request_.slots});
  if (roster_.count() == 0)
    run_alone();
  else
    run_with_nodes();
}

std::shared_ptr<Process> Cluster::Host::make_process(const std::shared_ptr<const Plan>& plan) {
  auto process = std::make_shared<Process>();
  process->plan = plan;
  process->pace = request_.pace;
  process->run = request_.run_id;
  process->report = request_.report;
  process->over = [this] { inbox_.post(Over{}); };
  process->first_refused = [this](const std::string& line) { note("message_refused", "", line); };
  process->redraw = [this](Handover left) { inbox_.post(std::move(left)); };
  process->processes = processes_;
  process->endpoint = endpoint_;
  process->data = plane_.get();
  if (plan->sharing) process->memory = std::make_shared<LiveMemory>(*plan, !request_.pace.real);
  return process;
}

void Cluster::Host::run_alone() {
  SystemConfig config;
  caf::actor_system system(config);
  const Curtain curtain{stage_};
  process_ = make_process(request_.plan);
  play(system, request_.make);
  stage_->begin();
  look_out();
  supervise(system);
}

void Cluster::Host::play(caf::actor_system& system, const ActorMaker& make) {
  stage_.emplace(system, process_, make);
  at_work_.set(process_);
  if (endpoint_) caf::anon_send(endpoint_, Attach{process_});
}

void Cluster::Host::change(caf::actor_system& system, Handover left) {
  const Scene scene = request_.next ? request_.next(left) : again(*process_->plan, left);
  std::vector<Tenant> kept = stage_->vacate();
  stage_.reset();
  const std::shared_ptr<Process> before = std::exchange(process_, make_process(scene.plan));
  process_->start = before->start;
  process_->graph_epoch = before->graph_epoch + 1;
  process_->stale = before->stale.load();
  if (!scene.what.empty() && request_.report)
    request_.report(
        event_of(scene, std::chrono::duration<double>(Clock::now() - before->start).count()));
  std::vector<LinkLost> lost;
  if (muster_) {
    lost = muster_->redraw({.plan = scene.plan,
                            .graph_epoch = process_->graph_epoch,
                            .settings_text = scene.settings_text});
    process_->processes = muster_->processes();
  } else {
    process_->processes = map_processes(*scene.plan, {});
  }
  for (const Tenant& tenant : kept) tenant.actor->enter(scene.plan);
  play(system, maker_with(std::move(kept), request_.make));
  for (std::uint32_t n = 1; n <= roster_.count(); ++n)
    if (!roster_.gone(n)) caf::anon_send(endpoint_, Tell{n, Start{}});
  stage_->begin();
  look_out();
  // Whose process went while the run was paused takes the model with it.
  if (const std::uint32_t holder = muster_ ? server_of(*scene.plan, muster_->processes()) : 0;
      roster_.gone(holder))
    stage_->inject(Plan::coordinator,
                   WorkersLost{.workers = {scene.plan->keeper()},
                               .detail = roster_.name(holder) + " went while the run rested"});
  for (const LinkLost& each : lost) lose(each.peer, each.detail);
}

void Cluster::Host::look_out() {
  if (lookout_)
    lookout_->play(process_->plan);
  else
    lookout_.emplace(
        Lookout::Means{.plan = request_.plan,
                       .watch = request_.watch,
                       .state = request_.state,
                       .tell =
                           [this](PeerId peer, Handshake sentence) {
                             caf::anon_send(endpoint_, Tell{peer, std::move(sentence)});
                           },
                       .version = request_.version});
  if (!muster_) return;
  for (std::uint32_t n = 1; n <= roster_.count(); ++n)
    lookout_->settle(muster_->workers_of(n), n, roster_.name(n));
  lookout_->settle(muster_->workers_of(nowhere), nowhere, "nowhere yet");
}

void Cluster::Host::supervise(caf::actor_system& system) {
  bool over = false;
  while (!over) {
    for (std::uint32_t n = 1; n <= request_.nodes; ++n)
      if (!roster_.gone(n) && roster_.children().ended(n)) lose(n, "");
    pass_on_news();
    lookout_->tick(*process_);
    auto event = inbox_.next(Clock::now() + tick);
    if (!event) continue;
    std::visit(
        Overload{[&](const Over&) { over = true; },
                 [&](const StopRequested& why) { stage_->inject(Plan::coordinator, why); },
                 [&](const FenceRequested& fence) { stage_->inject(Plan::coordinator, fence); },
                 [&](Handover& left) { change(system, std::move(left)); },
                 [&](const LinkLost& lost) {
                   lookout_->dismiss(lost.peer);
                   if (roster_.has(lost.peer)) lose(lost.peer, lost.detail);
                 },
                 [&](const Heard& heard) { hear(heard); }},
        *event);
  }
  lookout_->end(*process_);
}

void Cluster::Host::note(const std::string& what, const std::string& who,
                         const std::string& detail) const {
  EventReport event;
  event.t = std::chrono::duration<double>(Clock::now() - begun_.load()).count();
  event.what = what;
  event.who = who;
  event.detail = detail;
  if (request_.report) request_.report(event);
}

// The actors never began, so nobody else can say it.
void Cluster::Host::report_stopped(const StopRequested& why) {
  EndReport end;
  end.status = "stopped";
  end.reason = why.reason;
  end.exit_code = why.exit_code;
  if (request_.report) request_.report(end);
}

Cluster::Cluster(ClusterRequest request) : host_(std::make_unique<Host>(std::move(request))) {}
Cluster::~Cluster() = default;
void Cluster::run() { host_->run(); }
void Cluster::request_stop(const StopRequested& why) { host_->request_stop(why); }
void Cluster::request_fence(const FenceRequested& request) { host_->request_fence(request); }
void Cluster::abandon() noexcept { host_->abandon(); }

}  // namespace troupe
