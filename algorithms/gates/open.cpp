/// The open gate: whoever arrives is applied and goes on at once. It bounds
/// nothing; staleness is whatever the others did meanwhile.
#include "algorithms/gate.hpp"

namespace troupe {
namespace {

class Open : public Gate {
 public:
  void enter(std::uint32_t /*partition*/, std::uint64_t /*step*/) override {}
  Verdict arrive(std::uint32_t partition, std::uint64_t /*step*/) override {
    return {.merge = true, .released = {partition}};
  }
  Verdict leave(std::uint32_t /*partition*/) override { return {}; }
};

}  // namespace

GateKind open_gate() {
  return {.kind = {.name = "open", .sentence = "whoever arrives is applied and goes on at once"},
          .rounds = false,
          .overtakes = true,
          .make = [](const Settings&) { return std::make_unique<Open>(); }};
}

}  // namespace troupe
