#include "runtime/cluster/cluster.hpp"

#include <mutex>

#include "runtime/cluster/inbox.hpp"
#include "runtime/cluster/stage.hpp"

namespace troupe {

class Cluster::Host {
 public:
  explicit Host(ClusterRequest request) : request_(std::move(request)) {}

  void run();
  void request_stop(const StopRequested& why) { inbox_.post(why); }
  void abandon() noexcept {}

 private:
  struct Over {};
  using Event = std::variant<Over, StopRequested>;

  ClusterRequest request_;
  Inbox<Event> inbox_;
};

void Cluster::Host::run() {
  auto process = std::make_shared<Process>();
  process->plan = request_.plan;
  process->pace = request_.pace;
  process->run = request_.run_id;
  process->report = request_.report;
  process->over = [this] { inbox_.post(Over{}); };
  process->processes = map_processes(*request_.plan, {request_.nodes, request_.slots});
  SystemConfig config;
  caf::actor_system system(config);
  Stage stage(system, process, request_.make);
  stage.begin();
  while (true) {
    const auto event = inbox_.next(Clock::now() + std::chrono::hours(1));
    if (!event) continue;
    if (std::holds_alternative<Over>(*event)) break;
    stage.inject(Plan::coordinator, std::get<StopRequested>(*event));
  }
  stage.end();
}

Cluster::Cluster(ClusterRequest request) : host_(std::make_unique<Host>(std::move(request))) {}
Cluster::~Cluster() = default;
void Cluster::run() { host_->run(); }
void Cluster::request_stop(const StopRequested& why) { host_->request_stop(why); }
void Cluster::abandon() noexcept { host_->abandon(); }

}  // namespace troupe
