/// What actors say to each other: one plain struct a sentence, each with the
/// list of its fields. No CAF here; the wire is somebody else's business.
#pragma once

#include <cstdint>
#include <string>
#include <tuple>
#include <variant>
#include <vector>

#include "base/write_counts.hpp"
#include "messages/actor_id.hpp"
#include "messages/payload.hpp"
#include "messages/slices.hpp"

namespace troupe {

/// Leave for one partition to compute one exchange.
struct Turn {
  std::uint32_t partition = 0;
  std::uint64_t step = 0;  ///< the partition's own count of exchanges, from 0
  std::uint64_t rows = 0;  ///< at most so many may be drawn
  static constexpr auto fields() { return std::tuple{&Turn::partition, &Turn::step, &Turn::rows}; }
  bool operator==(const Turn&) const = default;
};

/// Coordinator to worker: these partitions are yours now, beside those you have.
struct Lease {
  std::vector<std::uint32_t> partitions = {};
  bool no_others = false;    ///< those you have and that are not listed are somebody else's
  std::uint64_t number = 0;  ///< of all leases of a run: of two, the later one has the higher
  static constexpr auto fields() {
    return std::tuple{&Lease::partitions, &Lease::no_others, &Lease::number};
  }
};

/// Worker to aggregator: I hold these partitions now; tell me where they stand.
struct Pull {
  std::uint64_t known_version = 0;  ///< of the model that this worker holds; 0 = none
  std::vector<std::uint32_t> partitions = {};
  ActorId worker = 0;       ///< for whom somebody in between asks; 0: for itself
  bool no_others = false;   ///< what it had beside these is somebody else's
  std::uint64_t lease = 0;  ///< by which it holds them: void where a later one was heard of
  static constexpr auto fields() {
    return std::tuple{&Pull::known_version, &Pull::partitions, &Pull::worker, &Pull::no_others,
                      &Pull::lease};
  }
};

/// The sum over one aligned subtree of partitions, [index << level, (index + 1) << level).
struct Contribution {
  std::uint32_t level = 0;
  std::uint32_t index = 0;
  std::uint32_t partitions = 0;  ///< how many took part
  std::uint64_t rows = 0;
  double loss = 0;  ///< summed over the rows, as seen while stepping
  Payload payload = {};
  static constexpr auto fields() {
    return std::tuple{&Contribution::level, &Contribution::index, &Contribution::partitions,
                      &Contribution::rows,  &Contribution::loss,  &Contribution::payload};
  }
};

/// A sparse pull: what the rows of a turn to come read, entry after entry as they list it.
struct Wish {
  std::uint32_t partition = 0;
  std::uint64_t step = 0;
  Features features = {};
  static constexpr auto fields() {
    return std::tuple{&Wish::partition, &Wish::step, &Wish::features};
  }
};

struct WorkerCount {
  ActorId worker = 0;
  std::uint64_t rows = 0;
  std::uint64_t earlier = 0;  ///< by others of that name, who are gone
  static constexpr auto fields() {
    return std::tuple{&WorkerCount::worker, &WorkerCount::rows, &WorkerCount::earlier};
  }
};

/// Worker to aggregator: what these turns came to.
struct Push {
  std::uint64_t based_on = 0;     ///< version of the model that was pulled
  std::uint64_t computed = 0;     ///< draws that this worker computed since the start
  std::uint64_t bytes_moved = 0;  ///< of rows that a global shuffle brought it since then
  std::vector<Turn> turns = {};   ///< taken, with the rows really drawn
  std::vector<Contribution> contributions = {};
  std::vector<Wish> wishes = {};  ///< for turns of the same partitions to come
  /// Whose work it is, and what each computed since the start, where somebody in between
  /// passes it on; empty: the sender's own.
  std::vector<WorkerCount> crew = {};
  std::uint64_t number = 0;  ///< the sender's own count of them, from 1
  static constexpr auto fields() {
    return std::tuple{&Push::based_on,      &Push::computed, &Push::bytes_moved, &Push::turns,
                      &Push::contributions, &Push::wishes,   &Push::crew,        &Push::number};
  }
};

/// Aggregator to worker: the parameters, and whose turn it is.
struct Parameters {
  std::uint64_t version = 0;  ///< from 1
  std::uint64_t draws = 0;    ///< delivered when this version was made: the schedule's clock
  std::vector<Turn> turns = {};
  Payload payload = {};
  static constexpr auto fields() {
    return std::tuple{&Parameters::version, &Parameters::draws, &Parameters::turns,
                      &Parameters::payload};
  }
};

/// What peers made of each other's states, since the start.
struct GossipCounts {
  std::uint64_t accepted = 0;
  std::uint64_t refused = 0;
  std::uint64_t overwritten = 0;
  double distance = 0;  ///< of a replica from the mean of all, lately: see Peer
  static constexpr auto fields() {
    return std::tuple{&GossipCounts::accepted, &GossipCounts::refused, &GossipCounts::overwritten,
                      &GossipCounts::distance};
  }
};

/// Aggregator to coordinator, now and then and at every epoch's end.
struct Progress {
  std::uint64_t epoch = 0;  ///< whole epochs delivered
  std::uint64_t updates = 0;
  std::uint64_t delivered = 0;
  double loss = 0;  ///< mean over the rows since the last Progress
  std::uint64_t bytes_sent = 0;
  std::uint64_t bytes_received = 0;
  std::uint64_t bytes_moved = 0;  ///< of rows between partitions, by a global shuffle
  GossipCounts gossip = {};
  std::uint64_t gradients = 0;  ///< that came into a standing sum, where updates step by that
  WriteCounts writes = {};      ///< into a memory that is shared
  std::vector<std::uint64_t> staleness =
      {};  ///< counts by staleness since the start; the last bin is "or more"
  static constexpr auto fields() {
    return std::tuple{&Progress::epoch,       &Progress::updates,    &Progress::delivered,
                      &Progress::loss,        &Progress::bytes_sent, &Progress::bytes_received,
                      &Progress::bytes_moved, &Progress::gossip,     &Progress::gradients,
                      &Progress::writes,      &Progress::staleness};
  }
};

/// To the evaluator. The answer goes to the coordinator.
struct Evaluate {
  std::uint64_t epoch = 0;
  std::uint64_t updates = 0;  ///< that made this model
  bool last = false;          ///< the finished model: on the test set too
  SharedBlock model = {};
  static constexpr auto fields() {
    return std::tuple{&Evaluate::epoch, &Evaluate::updates, &Evaluate::last, &Evaluate::model};
  }
};

struct Score {
  std::string split = {};  ///< "validation", "training", "test"
  double loss = 0;         ///< mean loss plus the penalty: the objective
  double accuracy = 0;     ///< no number where the model does not classify
  std::uint64_t rows = 0;
  static constexpr auto fields() {
    return std::tuple{&Score::split, &Score::loss, &Score::accuracy, &Score::rows};
  }
};

/// Evaluator to coordinator.
struct Evaluated {
  std::uint64_t epoch = 0;
  std::uint64_t updates = 0;
  bool last = false;
  std::vector<Score> scores = {};
  SharedBlock model = {};  ///< what was scored, so that the best one can be kept
  static constexpr auto fields() {
    return std::tuple{&Evaluated::epoch, &Evaluated::updates, &Evaluated::last, &Evaluated::scores,
                      &Evaluated::model};
  }
};

/// Coordinator to aggregator: the evaluation that you wait for says go on.
struct Proceed {
  std::uint64_t epoch = 0;
  static constexpr auto fields() { return std::tuple{&Proceed::epoch}; }
};

/// Coordinator to aggregator: finish the steps under way, then hand over the model.
struct Stop {
  bool at_once = false;  ///< do not wait for anybody
  bool fence = false;    ///< the run goes on with other actors: nothing may be left behind
  static constexpr auto fields() { return std::tuple{&Stop::at_once, &Stop::fence}; }
};

struct Count {
  std::string reason = {};
  std::uint64_t rows = 0;
  static constexpr auto fields() { return std::tuple{&Count::reason, &Count::rows}; }
};

/// Where a partition stands: so many rows of this epoch's order are drawn.
struct Cursor {
  std::uint64_t epoch = 0;
  std::uint64_t position = 0;
  static constexpr auto fields() { return std::tuple{&Cursor::epoch, &Cursor::position}; }
  bool operator==(const Cursor&) const = default;
};

/// Aggregator to coordinator: the end of the run, or of the actors that are drawn now.
struct Final {
  SharedBlock model = {};
  Progress progress = {};
  std::vector<Count> discarded = {};
  std::vector<WorkerCount> computed = {};  ///< as each worker last said
  bool fenced = false;                     ///< there is more to do, for others
  std::uint64_t version = 0;               ///< of the model
  SharedBlock memory = {};                 ///< of the update rule; empty: it has none to give
  std::vector<Cursor> cursors = {};        ///< of each partition, where fenced
  static constexpr auto fields() {
    return std::tuple{&Final::model,  &Final::progress, &Final::discarded, &Final::computed,
                      &Final::fenced, &Final::version,  &Final::memory,    &Final::cursors};
  }
};

/// Coordinator to worker: the run is over, say what you computed.
struct Finish {
  static constexpr auto fields() { return std::tuple{}; }
};

/// Worker to coordinator.
struct Finished {
  std::uint64_t computed = 0;
  static constexpr auto fields() { return std::tuple{&Finished::computed}; }
};

/// Anybody to coordinator: I cannot go on, and this line says why.
struct Failed {
  int exit_code = 1;
  std::string line = {};
  static constexpr auto fields() { return std::tuple{&Failed::exit_code, &Failed::line}; }
};

/// Aggregator to coordinator: numbers of this worker were not finite and were refused.
struct Refused {
  ActorId worker = 0;
  std::uint64_t update = 0;
  double rate = 0;
  bool diverged = false;  ///< more than half of a round: not one worker's trouble
  bool excluded = false;  ///< the third in a row
  static constexpr auto fields() {
    return std::tuple{&Refused::worker, &Refused::update, &Refused::rate, &Refused::diverged,
                      &Refused::excluded};
  }
};

/// Host to coordinator, coordinator to aggregator: these workers are gone, all for
/// one reason. A process takes all of its workers with it.
struct WorkersLost {
  std::vector<ActorId> workers = {};
  std::string detail = {};
  std::string what = "worker_lost";  ///< the event that it is
  static constexpr auto fields() {
    return std::tuple{&WorkersLost::workers, &WorkersLost::detail, &WorkersLost::what};
  }
};

/// Host (a signal, the control address) to coordinator.
struct StopRequested {
  std::string reason = {};
  int exit_code = 0;
  static constexpr auto fields() {
    return std::tuple{&StopRequested::reason, &StopRequested::exit_code};
  }
};

/// Host to coordinator: something worth a line in the log and the metrics.
struct Notice {
  std::string what = {};
  std::string who = {};
  std::string detail = {};
  static constexpr auto fields() {
    return std::tuple{&Notice::what, &Notice::who, &Notice::detail};
  }
};

/// Peer to peer: this is where I am. A newer one replaces it.
struct PeerState {
  std::uint64_t exchange = 0;  ///< the sender's own count, from 0
  std::uint64_t computed = 0;  ///< the sender's draws that are in it
  double weight = 1;
  SharedBlock state = {};
  static constexpr auto fields() {
    return std::tuple{&PeerState::exchange, &PeerState::computed, &PeerState::weight,
                      &PeerState::state};
  }
};

/// Peer to peer: your state has arrived here; the next one may come.
struct Received {
  static constexpr auto fields() { return std::tuple{}; }
};

/// Peer, or worker on a shared memory, to census: all since the start.
struct Tally {
  std::uint64_t exchanges = 0;
  std::uint64_t computed = 0;
  double loss = 0;  ///< summed over these draws
  std::uint64_t bytes_sent = 0;
  std::uint64_t bytes_received = 0;
  std::uint64_t bytes_moved = 0;
  std::uint64_t accepted = 0;                 ///< states of others
  std::uint64_t refused = 0;                  ///< and those that the merge did not let in
  std::uint64_t overwritten = 0;              ///< by newer ones, before anybody looked
  double distance = 0;                        ///< squared, to each state looked at, summed
  std::vector<WorkerCount> heard = {};        ///< draws of others in states accepted
  std::vector<std::uint64_t> staleness = {};  ///< as in Progress, in exchanges of its own
  WriteCounts writes = {};
  bool last = false;
  SharedBlock state = {};  ///< with the last one, where it counts
  static constexpr auto fields() {
    return std::tuple{&Tally::exchanges,  &Tally::computed,       &Tally::loss,
                      &Tally::bytes_sent, &Tally::bytes_received, &Tally::bytes_moved,
                      &Tally::accepted,   &Tally::refused,        &Tally::overwritten,
                      &Tally::distance,   &Tally::heard,          &Tally::staleness,
                      &Tally::writes,     &Tally::last,           &Tally::state};
  }
};

/// Host to coordinator: these would like to go. They finish the step under way first.
struct WorkersLeaving {
  std::vector<ActorId> workers = {};
  std::string detail = {};
  static constexpr auto fields() {
    return std::tuple{&WorkersLeaving::workers, &WorkersLeaving::detail};
  }
};

/// Host to coordinator, coordinator to aggregator and back: in the place of lost ones there
/// are new ones, who know nothing.
struct WorkersJoined {
  std::vector<ActorId> workers = {};
  std::string detail = {};
  static constexpr auto fields() {
    return std::tuple{&WorkersJoined::workers, &WorkersJoined::detail};
  }
};

/// Peer to the next one on a ring: a part of a round's sum, or of what it came to.
struct Segment {
  std::uint64_t round = 0;
  std::uint32_t hop = 0;      ///< the sender's own count in the round, from 0
  std::int32_t exponent = 0;  ///< of an exact sum: agreed on in the first hops
  SharedBlock values = {};
  std::vector<std::int64_t> sums = {};  ///< in their place where the sum is exact
  static constexpr auto fields() {
    return std::tuple{&Segment::round, &Segment::hop, &Segment::exponent, &Segment::values,
                      &Segment::sums};
  }
};

/// Aggregator to worker: what the gradients of one update came to, written as pushes are.
/// Whoever has the model that it was applied to makes the same step: w -= rate x factor x sum.
struct Merged {
  std::uint64_t version = 0;  ///< of the model after it
  std::uint64_t draws = 0;    ///< as in Parameters
  float factor = 1;
  float rate = 0;
  std::vector<Turn> turns = {};
  Payload payload = {};
  static constexpr auto fields() {
    return std::tuple{&Merged::version, &Merged::draws, &Merged::factor,
                      &Merged::rate,    &Merged::turns, &Merged::payload};
  }
};

/// Worker to aggregator, between the forward and the backward phase of a turn.
struct Outlook {
  std::uint32_t partition = 0;
  std::uint64_t step = 0;
  double loss = 0;             ///< mean over the turn's rows, at the model that was pulled
  double pull_seconds = 0;     ///< from asking for that model until it was there
  double compute_seconds = 0;  ///< of the backward phase before this one
  static constexpr auto fields() {
    return std::tuple{&Outlook::partition, &Outlook::step, &Outlook::loss, &Outlook::pull_seconds,
                      &Outlook::compute_seconds};
  }
};

/// And what the update rule makes of it.
struct Advice {
  std::uint32_t partition = 0;
  std::uint64_t step = 0;
  std::uint64_t updates = 0;  ///< that others will have made when this gradient arrives
  double loss = 0;            ///< summed over these updates
  static constexpr auto fields() {
    return std::tuple{&Advice::partition, &Advice::step, &Advice::updates, &Advice::loss};
  }
};

/// What one drawing's actors leave to the next one's. A run begins without.
struct Handover {
  SharedBlock model = {};
  SharedBlock memory = {};  ///< of the update rule; empty: it starts anew
  std::uint64_t version = 0;
  std::vector<Cursor> cursors = {};  ///< by partition
  Progress progress = {};
  std::vector<Count> discarded = {};
  std::vector<std::uint64_t> computed = {};  ///< draws, by worker
  static constexpr auto fields() {
    return std::tuple{&Handover::model,   &Handover::memory,   &Handover::version,
                      &Handover::cursors, &Handover::progress, &Handover::discarded,
                      &Handover::computed};
  }
};

/// Host to coordinator: the actors that are drawn now shall come to rest.
struct FenceRequested {
  bool raise = true;  ///< or, where they rest already: go on
  bool hold = false;  ///< until somebody says so
  std::string detail = {};
  static constexpr auto fields() {
    return std::tuple{&FenceRequested::raise, &FenceRequested::hold, &FenceRequested::detail};
  }
};

/// The order is the wire's numbering: add at the end.
using Message =
    std::variant<Lease, Pull, Push, Parameters, Progress, Evaluate, Evaluated, Proceed, Stop, Final,
                 Finish, Finished, Failed, Refused, WorkersLost, StopRequested, Notice, PeerState,
                 Received, Tally, WorkersLeaving, WorkersJoined, Segment, Merged, Outlook, Advice,
                 FenceRequested, Deposit, Deposited, Order, Slice>;

/// A message under way. Hosts fill in the rest and refuse what is stale.
struct Envelope {
  ActorId from = 0;
  ActorId to = 0;
  std::uint32_t graph_epoch = 0;  ///< of the drawing that the sender lives in
  std::uint64_t run = 0;
  std::uint64_t sequence = 0;  ///< per sender and receiver, from 1
  Message message = {};
};

}  // namespace troupe
