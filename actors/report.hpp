/// What a run tells the outside: the lines of metrics.jsonl as structs. How they
/// are written, and where to, is the application's business.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "messages/message.hpp"

namespace troupe {

struct StepReport {
  double t = 0;
  std::uint64_t epoch = 0;
  std::uint64_t updates = 0;
  std::uint64_t samples = 0;
  double loss = 0;
  double samples_per_second = 0;
  std::uint64_t bytes_sent = 0;
  std::uint64_t bytes_received = 0;
  std::uint64_t bytes_moved = 0;
  GossipCounts gossip = {};
  std::uint64_t gradients = 0;
  WriteCounts writes = {};
  std::uint64_t staleness_p50 = 0;
  std::uint64_t staleness_p99 = 0;
  std::uint64_t staleness_max = 0;
};

struct EvalReport {
  double t = 0;
  std::uint64_t epoch = 0;
  std::uint64_t updates = 0;
  Score score = {};
  bool best = false;       ///< the best on the validation rows so far
  SharedBlock model = {};  ///< set when `best`
};

struct EventReport {
  double t = 0;
  std::string what = {};
  std::string who = {};
  std::string detail = {};
  /// Of a change to other actors: what they are, name and value.
  std::vector<std::pair<std::string, std::string>> facts = {};
};

struct EndReport {
  double t = 0;
  std::string status = {};  ///< "done", "stopped", "failed", "diverged"
  std::string reason = {};  ///< "epochs", "target", ..., or the line that says what failed
  int exit_code = 0;
  std::uint64_t epochs = 0;
  std::uint64_t updates = 0;
  std::uint64_t gradients = 0;  ///< that came into a standing sum; 0 without one
  WriteCounts writes = {};      ///< into a memory that was shared
  std::uint64_t samples = 0;
  std::uint64_t computed = 0;
  std::uint64_t delivered = 0;
  std::uint64_t bytes_moved = 0;  ///< of rows that a global shuffle gave to another partition
  std::vector<Count> discarded = {};
  std::vector<Score> scores = {};
  std::vector<WorkerCount> shares = {};  ///< draws computed by each worker
  SharedBlock model = {};                ///< empty when there is none worth keeping
};

using Report = std::variant<StepReport, EvalReport, EventReport, EndReport>;

}  // namespace troupe
