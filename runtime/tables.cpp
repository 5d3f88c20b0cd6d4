#include "runtime/tables.hpp"

#include "runtime/presets.hpp"

// Declares the maker of a kind and enters what it makes: one line a kind, and the
// kind's own file needs no header.
#define TROUPE_ENTER(table, Type, maker) \
  do {                                   \
    extern Type maker();                 \
    (table).add(maker());                \
  } while (false)

namespace troupe {

Tables tables() {
  Tables all;
  TROUPE_ENTER(all.models, ModelKind, svm_kind);
  TROUPE_ENTER(all.models, ModelKind, logistic_kind);
  TROUPE_ENTER(all.models, ModelKind, perceptron_kind);
  TROUPE_ENTER(all.models, ModelKind, linear_kind);
  TROUPE_ENTER(all.models, ModelKind, lms_kind);
  TROUPE_ENTER(all.models, ModelKind, softmax_kind);
  TROUPE_ENTER(all.models, ModelKind, mlp_kind);
  TROUPE_ENTER(all.models, ModelKind, kmeans_kind);
  TROUPE_ENTER(all.models, ModelKind, oja_kind);
  TROUPE_ENTER(all.topologies, TopologyKind, serial_topology);
  TROUPE_ENTER(all.topologies, TopologyKind, server_topology);
  TROUPE_ENTER(all.topologies, TopologyKind, shared_topology);
  TROUPE_ENTER(all.topologies, TopologyKind, tree_topology);
  TROUPE_ENTER(all.topologies, TopologyKind, ring_topology);
  TROUPE_ENTER(all.topologies, TopologyKind, gossip_topology);
  TROUPE_ENTER(all.topologies, TopologyKind, oneshot_topology);
  TROUPE_ENTER(all.exchanges, ExchangeKind, gradient_exchange);
  TROUPE_ENTER(all.exchanges, ExchangeKind, state_exchange);
  TROUPE_ENTER(all.exchanges, ExchangeKind, delta_exchange);
  TROUPE_ENTER(all.gates, GateKind, barrier_gate);
  TROUPE_ENTER(all.gates, GateKind, open_gate);
  TROUPE_ENTER(all.gates, GateKind, quorum_gate);
  TROUPE_ENTER(all.gates, GateKind, bounded_gate);
  TROUPE_ENTER(all.gates, GateKind, round_robin_gate);
  TROUPE_ENTER(all.gates, GateKind, free_gate);
  TROUPE_ENTER(all.updates, UpdateKind, sgd_update);
  TROUPE_ENTER(all.updates, UpdateKind, momentum_update);
  TROUPE_ENTER(all.updates, UpdateKind, nesterov_update);
  TROUPE_ENTER(all.updates, UpdateKind, delay_compensated_update);
  TROUPE_ENTER(all.updates, UpdateKind, loss_compensated_update);
  TROUPE_ENTER(all.merges, MergeKind, mean_merge);
  TROUPE_ENTER(all.merges, MergeKind, sum_merge);
  TROUPE_ENTER(all.merges, MergeKind, newest_merge);
  TROUPE_ENTER(all.merges, MergeKind, elastic_merge);
  TROUPE_ENTER(all.merges, MergeKind, parzen_merge);
  TROUPE_ENTER(all.merges, MergeKind, push_sum_merge);
  TROUPE_ENTER(all.merges, MergeKind, replaced_merge);
  TROUPE_ENTER(all.codecs, CodecKind, dense_codec);
  TROUPE_ENTER(all.codecs, CodecKind, sparse_codec);
  TROUPE_ENTER(all.codecs, CodecKind, changed_codec);
  all.presets = presets();
  return all;
}

}  // namespace troupe
