/// A run, resolved: what every actor of the cast needs to know before the first
/// message. It is made once from configuration, tables and data, and never changes.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "algorithms/codec.hpp"
#include "algorithms/exchange.hpp"
#include "algorithms/gate.hpp"
#include "algorithms/merge.hpp"
#include "algorithms/schedule.hpp"
#include "algorithms/update.hpp"
#include "datasets/dataset.hpp"
#include "datasets/feed.hpp"
#include "datasets/normalisation.hpp"
#include "datasets/row_sample.hpp"
#include "messages/message.hpp"
#include "models/model.hpp"
#include "topologies/drawing.hpp"

namespace troupe {

enum class PullKind { dense, sparse, snapshot, changed };

/// What a push is answered with, beside leave to go on.
enum class ReplyKind { model, gradient, none };

/// When to stop; whatever comes first. Unset: never for that reason.
struct StopRule {
  std::optional<double> epochs;
  std::optional<std::uint64_t> steps;  ///< updates of the model
  std::optional<double> seconds;
  std::optional<double> target;     ///< validation accuracy
  std::optional<double> tolerance;  ///< 0 < |L_n - L_{n+1}| < tolerance, training objective
  std::optional<std::uint64_t> no_better_for;  ///< evaluations without a better validation loss

  /// True when an evaluation can end the run: rounds then wait for it.
  bool needs_verdict() const { return target || tolerance || no_better_for; }
};

/// Rows of one epoch's order.
struct Passage {
  std::uint64_t epoch = 0;
  RowRange positions;
};

struct Plan {
  std::uint64_t seed = 1;
  std::uint32_t workers = 1;
  std::uint32_t partitions = 1;
  std::uint64_t batch = 1;        ///< rows per partition and step, "all" resolved
  std::uint64_t local_steps = 1;  ///< steps per exchange, "epoch" resolved
  RowRange training;
  RowRange validation;

  bool rounds = true;  ///< of the gate, and workers wait
  bool holds = false;  ///< of the gate, or workers do not wait for its rounds
  bool waits = true;   ///< workers go on only when they are answered
  bool asks = false;   ///< of the update: workers ask for advice within a turn
  ReplyKind reply = ReplyKind::model;
  bool descends = false;              ///< of the exchange
  bool plain = true;                  ///< of the update
  bool remembers = false;             ///< of the update
  bool moves = false;                 ///< of the exchange
  bool keeps = false;                 ///< of the merge
  bool stands = false;                ///< of the merge
  std::optional<double> steps_every;  ///< of the gate: seconds
  std::optional<Sharing> sharing;     ///< of the topology: one memory is everybody's
  PullKind pull = PullKind::dense;
  std::uint64_t snapshot_every = 1;  ///< updates between the models that all share
  bool consensus = false;            ///< peers: the mean of all is the model, not the first one's
  std::uint64_t pull_turns = 1;      ///< a replica is replaced by the model every so many turns
  bool entrywise = false;            ///< gradients are made entry by entry
  bool unsummed = false;             ///< and travel and are applied so: nothing is added up before
  bool reduces = false;              ///< of the topology: peers that hold one model
  bool exact = false;                ///< sums are the same in any order and grouping
  std::uint64_t ahead = 1;           ///< turns that a partition's holder has at a time
  Schedule schedule;
  StopRule stop;
  double report_seconds = 1;
  std::uint64_t evaluate_every = 1;  ///< epochs
  double stop_seconds = 10;          ///< to finish the steps under way

  Drawing drawing;
  std::shared_ptr<const Dataset> data;
  std::shared_ptr<const Dataset> test;  ///< or null
  bool bounded = false;                 ///< rows in memory: nobody keeps what he does not use
  std::shared_ptr<Supply> supply;       ///< of training rows; each process has its own
  /// What `data` and `test` do to the rows of their files already.
  std::shared_ptr<const Normalisation> normalisation;
  std::shared_ptr<const Model> model;
  std::size_t parameters = 0;  ///< of the model, or of the slice whose plan this is
  /// Where aggregators hold a slice of the model each: where each begins, and the end.
  std::vector<std::size_t> cuts = {};
  std::uint32_t slice = 0;
  std::vector<ClassLabel> classes;  ///< of the model, by number; empty without
  RowSample start;                  ///< what Model::initialise() sees; empty unless it asks
  /// What other actors left when these took their place; none: the run begins with them.
  std::shared_ptr<const Handover> opening;
  std::optional<std::uint64_t> fence_epoch;  ///< when these leave it to others in turn
  std::function<std::unique_ptr<Exchange>()> exchange;
  std::function<std::unique_ptr<Gate>()> gate;
  std::function<std::unique_ptr<Update>()> update;
  std::function<std::unique_ptr<Merge>()> merge;
  std::function<std::unique_ptr<Codec>()> codec;
  std::function<std::unique_ptr<Codec>()> reply_codec;  ///< of merged gradients; see reply
  /// update and codec for so many parameters, where there are cuts.
  std::function<std::unique_ptr<Update>(std::size_t)> update_of = {};
  std::function<std::unique_ptr<Codec>(std::size_t)> codec_of = {};

  // The cast: fixed places for the two that stand outside the drawing.
  static constexpr ActorId coordinator = 0;
  static constexpr ActorId evaluator = 1;
  static constexpr ActorId first_drawn = 2;  ///< drawing.nodes[i] is actor first_drawn + i
  ActorId aggregator() const;
  /// Whom an actor of the drawing asks and tells: of those in dialogue with it the one
  /// nearest to the model.
  ActorId above(ActorId actor) const;
  /// Who of those that sum up, and do not hold the model, is in dialogue below an actor.
  std::vector<ActorId> branches_below(ActorId actor) const;
  /// How many hold a slice of the model; the first one decides for all.
  std::uint32_t shards() const {
    return cuts.empty() ? 1 : static_cast<std::uint32_t>(cuts.size() - 1);
  }
  bool holds_model(ActorId actor) const {
    return actor >= aggregator() && actor < aggregator() + shards();
  }
  /// The plan as the holder of a slice sees it: its parameters are all that there are.
  std::shared_ptr<const Plan> of_slice(std::uint32_t which) const;
  /// Pieces of one worker's pushes that a holder of a slice keeps, and what waits for them.
  std::size_t deposits_max() const { return 2 * std::size_t{partitions} + 2; }
  /// Of what is there for each parameter of the model, the part of this slice.
  std::span<const float> slice_of(std::span<const float> whole) const;
  /// An update takes one contribution of every partition.
  bool together() const { return rounds || (holds && !waits); }
  /// Nobody holds the model: those who compute tell each other.
  bool peers() const { return !drawing.nodes.empty() && drawing.nodes[0].role == Role::peer; }
  /// Counts for peers: the aggregator behind them, or nobody of the drawing.
  ActorId census() const {
    const bool drawn = drawing.nodes.back().role == Role::aggregator;
    return first_drawn + static_cast<ActorId>(drawing.nodes.size()) - (drawn ? 1 : 0);
  }
  /// Who answers to the coordinator for the model and the accounts.
  ActorId keeper() const { return peers() ? census() : aggregator(); }
  ActorId worker(std::uint32_t index) const;
  std::uint32_t actors() const {
    return peers() ? census() + 1 : first_drawn + static_cast<ActorId>(drawing.nodes.size());
  }
  /// "worker 3", "aggregator 0", "coordinator": how people name an actor.
  std::string name_of(ActorId actor) const;

  RowRange partition(std::uint32_t p) const { return partition_range(training, p, partitions); }
  /// Exchanges that one epoch of this partition takes.
  std::uint64_t exchanges_per_epoch(std::uint32_t p) const;
  /// The rows that exchange `step` of a partition draws. Steps count from where it stood
  /// when these actors began.
  Passage passage(std::uint32_t p, std::uint64_t step) const;
  RowRange drawn(std::uint32_t p, std::uint64_t step) const { return passage(p, step).positions; }
  /// Writes the model with which these actors begin, or this slice of it.
  void begin(std::span<float> model) const;
  /// Draws that the whole run is to deliver; none when only an event ends it.
  std::optional<std::uint64_t> draws_planned() const;
  /// Where a partition stood when these actors began.
  Cursor origin(std::uint32_t p) const { return opening ? opening->cursors.at(p) : Cursor(); }
};

}  // namespace troupe
