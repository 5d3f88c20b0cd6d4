/// `troupe train`: a run on the cluster host, in this process or over local node
/// processes.
#include <charconv>
#include <ostream>

#include "apps/library/commands.hpp"
#include "apps/library/own_program.hpp"
#include "apps/library/run_card.hpp"
#include "apps/library/run_folder.hpp"
#include "apps/library/session.hpp"
#include "apps/library/version.hpp"
#include "base/user_error.hpp"
#include "runtime/cluster/cluster.hpp"
#include "runtime/cluster_keys.hpp"
#include "runtime/pace_keys.hpp"

namespace troupe {
namespace {

class ClusterPerformance : public Performance {
 public:
  explicit ClusterPerformance(ClusterRequest request) : cluster_(std::move(request)) {}
  void run() override { cluster_.run(); }
  void request_stop(const StopRequested& why) override { cluster_.request_stop(why); }
  void request_fence(const FenceRequested& request) override { cluster_.request_fence(request); }
  void abandon() noexcept override { cluster_.abandon(); }

 private:
  Cluster cluster_;
};

std::uint32_t nodes_of(const Arguments& arguments, std::uint32_t workers) {
  const std::uint64_t nodes = arguments.count("--nodes").value_or(0);
  if (arguments.has("--nodes") && nodes == 0)
    arguments.refuse("--nodes 0 is no node; leave it out to train in this process");
  if (nodes > workers)
    arguments.refuse("--nodes " + std::to_string(nodes) + " for training.workers = " +
                     std::to_string(workers) + " leaves nodes idle; take more workers");
  return static_cast<std::uint32_t>(nodes);
}

ClusterRequest cluster_request(const Arguments& arguments, const Prepared& prepared) {
  const Settings& settings = prepared.config().settings();
  ClusterRequest request;
  request.plan = prepared.assembled.plan;
  request.pace = prepared.assembled.pace.for_real_hosts();
  const std::string random = random_token();
  std::from_chars(random.data(), random.data() + 16, request.run_id, 16);
  request.nodes = nodes_of(arguments, request.plan->workers);
  request.slots = static_cast<std::uint32_t>(settings.integer("cluster.slots"));
  request.settings_text = resolved_text(prepared.schema, prepared.config(), false);
  request.version = version_text();
  request.serve = prepared.assembled.served;
  request.node_command = {own_program(), "node", "--quiet"};
  request.listen = settings.text("cluster.listen");
  request.others = static_cast<std::uint32_t>(settings.integer("cluster.nodes"));
  request.server = static_cast<std::uint32_t>(settings.integer("cluster.server"));
  request.grace_seconds = settings.number("cluster.coordinator_grace");
  if (request.nodes + request.others > 0) request.credentials = cluster_credentials(settings);
  request.start_seconds = settings.number("cluster.start_timeout");
  request.heartbeat_seconds = settings.number("cluster.heartbeat");
  request.lost_after_seconds = settings.number("cluster.lost_after");
  request.next = [succession = prepared.succession](Handover left) {
    return succession->next(std::move(left));
  };
  return request;
}

int train(const Arguments& arguments, Invocation& invocation) {
  Prepared prepared = prepare(arguments, invocation.tables,
                              arguments.has("--nodes") ? Hosted::nodes : Hosted::here);
  if (std::string line = left_to_the_twin(prepared.assembled.pace); !line.empty())
    prepared.assembled.notes.push_back(std::move(line));
  const ClusterRequest request = cluster_request(arguments, prepared);
  if (request.nodes > 0) refuse_apart(prepared.config(), invocation.tables, "--nodes");
  if (arguments.has("--dry-run")) {
    RunFolder::check(arguments.text("--run-dir"));
    invocation.out << dry_run_text(prepared);
    if (request.nodes > 0) invocation.out << "nodes       " << request.nodes << " processes\n";
    if (request.others > 0)
      invocation.out << "nodes       " << request.others << " started elsewhere\n";
    return 0;
  }
  return hold_session({arguments, invocation, prepared, "real", [&request](const Outlet& outlet) {
                         ClusterRequest with_outlet = request;
                         with_outlet.report = outlet.report;
                         with_outlet.watch = outlet.watch;
                         with_outlet.state = outlet.state;
                         return std::make_unique<ClusterPerformance>(std::move(with_outlet));
                       }});
}

}  // namespace

Command train_command() {
  Command command{.name = "train",
                  .sentence = "trains a model as a configuration says",
                  .arguments = config_arguments(),
                  .later = {"--resume", "--record"},
                  .act = train};
  for (Argument& argument : session_arguments()) command.arguments.push_back(std::move(argument));
  command.arguments.push_back(
      {.name = "--nodes",
       .value = "N",
       .sentence = "workers live in N processes of their own on this machine"});
  return command;
}

}  // namespace troupe
