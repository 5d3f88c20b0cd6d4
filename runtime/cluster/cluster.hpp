/// The cluster host: the actors on CAF, in one process or over node processes.
/// The only door to runtime/cluster; nobody outside sees a CAF type.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "actors/actor.hpp"
#include "actors/plan.hpp"
#include "datasets/file_dataset.hpp"
#include "datasets/served_segments.hpp"
#include "runtime/assemble.hpp"
#include "runtime/cluster/leave_request.hpp"
#include "runtime/pace.hpp"
#include "runtime/scene.hpp"
#include "runtime/sink.hpp"
#include "runtime/tls/keys.hpp"
#include "runtime/watch/view.hpp"

namespace troupe {

/// Makes the actor of an id, as make_actor does.
using ActorMaker =
    std::function<std::unique_ptr<Actor>(const std::shared_ptr<const Plan>&, ActorId)>;

struct ClusterRequest {
  std::shared_ptr<const Plan> plan;
  Pace pace;
  ReportSink report;
  std::uint64_t run_id = 0;
  std::uint32_t nodes = 0;                ///< worker processes started here
  std::uint32_t others = 0;               ///< nodes started elsewhere, which are waited for
  std::uint32_t slots = 0;                ///< workers in this process when there are nodes
  std::string settings_text;              ///< the resolved configuration that nodes load
  std::vector<std::string> node_command;  ///< argv of a local node; "--join HOST:PORT" is appended
  std::string listen = "127.0.0.1:0";     ///< HOST[:PORT], when there are nodes
  std::optional<Credentials> credentials = {};  ///< without them: only this machine's nodes
  std::uint32_t server = 0;   ///< the node that holds the model; 0: this process does
  double grace_seconds = 0;   ///< that it and its workers go on without this process
  double start_seconds = 60;  ///< for all nodes to join
  double heartbeat_seconds = 0.2;
  double lost_after_seconds = 1.0;  ///< without a sign of life
  std::string version;              ///< of this program: every node must be of the same
  std::shared_ptr<const FileDataset> serve =
      nullptr;                              ///< to nodes that do not open the file; or null
  Watch watch = {};                         ///< from the thread in run()
  std::function<std::string()> state = {};  ///< for monitors of other hosts; likewise
  ActorMaker make = make_actor;
  NextScene next = {};  ///< when actors rest; none: the same go on
};

class Cluster {
 public:
  explicit Cluster(ClusterRequest request);
  ~Cluster();
  /// Starts nodes and actors and returns when the run has ended, every node
  /// process is gone and every thread is joined. The EndReport went through the sink.
  /// Throws UserError (exit 4) when the nodes do not come.
  void run();
  /// From any thread, before, during or after run().
  void request_stop(const StopRequested& why);
  void request_fence(const FenceRequested& request);
  /// Kills node processes at once; async-signal-safe callers use it before _exit.
  void abandon() noexcept;

 private:
  class Host;
  std::unique_ptr<Host> host_;
};

/// What a node has where the coordinator's process serves the data.
struct NodeData {
  /// Empty where it does not. Throws UserError (exit 4).
  std::function<std::shared_ptr<SegmentFetcher>(double patience_seconds)> connect;
  DataNews news;  ///< for the run's log; from any thread
};

struct NodeRequest {
  std::string join;                             ///< HOST:PORT of the coordinator's process
  std::string listen = "127.0.0.1:0";           ///< HOST[:PORT]; others reach it there
  std::string advertise = {};                   ///< or here: HOST[:PORT], where that differs
  std::optional<Credentials> credentials = {};  ///< needed where others than this machine's come
  double join_seconds = 60;                     ///< to try again while nobody is there
  bool rejoin = false;  ///< as a new node, where the coordinator's process was lost
  std::shared_ptr<LeaveRequest> leave = nullptr;
  /// Makes plan and pace of the settings that the coordinator sent.
  std::function<std::pair<std::shared_ptr<const Plan>, Pace>(const std::string& settings_text,
                                                             const NodeData& data)>
      assemble;
  /// And of those that come later, for the same rows.
  std::function<std::shared_ptr<const Plan>(const std::string& settings_text, const Plan& before)>
      assemble_again = {};
  std::function<void(const std::string&)> log = {};  ///< one line each; from any thread
  std::uint32_t slots = 0;                           ///< 0: as many as it is given
  double heartbeat_seconds = 0.2;
  /// More patient than the coordinator, whose end closes the connection anyway.
  double lost_after_seconds = 5.0;
  std::string version;
  ActorMaker make = make_actor;
};

/// Throws UserError (exit 2) for addresses that make no sense, or are other machines' and
/// lack TLS.
void check_addresses(const NodeRequest& request);

/// Serves as a node until the run ends; returns the exit code.
int run_node(const NodeRequest& request);

/// What one who only watches knows of a run.
struct Spectacle {
  std::string state = {};     ///< as the control address tells it; empty: nothing yet
  std::uint64_t dropped = 0;  ///< states that it was too slow for
  double silent_seconds = 0;  ///< since the coordinator's process was heard; 0: it is
  std::string over = {};      ///< not empty: nothing more comes, and why
};

/// Watches a run from a process of its own, on any host that nodes could join from.
class Spectator {
 public:
  /// Of the request: join, listen, credentials, version. Throws UserError (exit 4) when
  /// nobody answers.
  explicit Spectator(const NodeRequest& request);
  ~Spectator();
  /// What it knows now; takes its time, at most a fifth of a second.
  Spectacle look();

 private:
  class Seat;
  std::unique_ptr<Seat> seat_;
};

}  // namespace troupe
