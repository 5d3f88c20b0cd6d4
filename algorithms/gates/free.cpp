/// The free gate: nobody waits for anybody. Whoever holds the model steps it on its own
/// clock by whatever has arrived (Lopez et al., Alg. 2 and 3); those who compute go on at once.
#include "algorithms/gate.hpp"

namespace troupe {
namespace {

class Free : public Gate {
 public:
  void enter(std::uint32_t /*partition*/, std::uint64_t /*step*/) override {}
  Verdict arrive(std::uint32_t partition, std::uint64_t /*step*/) override {
    return {.merge = false, .released = {partition}};
  }
  Verdict leave(std::uint32_t /*partition*/) override { return {}; }
};

}  // namespace

GateKind free_gate() {
  return {.kind = {.name = "free",
                   .sentence = "the model is stepped on a clock of its own, by whatever has "
                               "arrived, and whoever arrives goes on at once",
                   .keys = {{.path = "every",
                             .type = KeyType::duration,
                             .unit = "seconds",
                             .minimum = 0,
                             .maximum = 3600,
                             .standard = 20e-6,
                             .sentence = "time from one step of the model to the next, at the "
                                         "least; the twin takes just that",
                             .exclusive = true}}},
          .steps_every =
              [](const Settings& settings) { return settings.number("training.free.every"); },
          .make = [](const Settings&) { return std::make_unique<Free>(); }};
}

}  // namespace troupe
