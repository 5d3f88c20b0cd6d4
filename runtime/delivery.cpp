#include "runtime/delivery.hpp"

#include <algorithm>

namespace troupe {

void Delivery::stamp(Envelope& envelope) {
  envelope.run = run_;
  envelope.graph_epoch = epoch_;
  envelope.sequence = first_ + ++sent_[edge(envelope)];
}

Freshness Delivery::judge(const Envelope& envelope) {
  if (envelope.run != run_) {
    ++counts_.other_run;
    return Freshness::other_run;
  }
  if (envelope.graph_epoch != epoch_) {
    ++counts_.other_epoch;
    return Freshness::other_epoch;
  }
  std::uint64_t& last = seen_[edge(envelope)];
  if (envelope.sequence <= last) {
    ++counts_.repeated;
    return Freshness::repeated;
  }
  const std::uint64_t begin = envelope.sequence >> count_bits << count_bits;
  counts_.missed += envelope.sequence - std::max(last, begin) - 1;
  ++counts_.accepted;
  last = envelope.sequence;
  return Freshness::fresh;
}

}  // namespace troupe
