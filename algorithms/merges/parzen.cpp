/// Asynchronous SGD without a server (Keuper, Pfreundt 2015): a state w_j that arrived is
/// let in only if the step dw brings w nearer to it, |w + dw - w_j| < |w - w_j|, and the
/// pull w - mean(w, all let in) is inside the step: eps / 2 of the way for one of them.
/// The alternative `half` takes it out of the step: half of the way, whatever eps is.
#include "algorithms/merge.hpp"
#include "base/kernels/states.hpp"

namespace troupe {
namespace {

bool ahead(const Encounter& encounter, std::span<const float> state) {
  const SquaredDistances squared = state_kernels().distances({.after = encounter.replica.data(),
                                                              .before = encounter.before.data(),
                                                              .other = state.data(),
                                                              .size = state.size()});
  return squared.after < squared.before;
}

class Parzen : public Merge {
 public:
  Parzen(bool window, bool literal) : window_(window), literal_(literal) {}

  float gradient_factor(const Arrived& /*arrived*/) const override { return 0.0F; }
  float state_factor(const Arrived& /*arrived*/) const override { return 0.0F; }

  std::vector<bool> mix(const Encounter& encounter) const override {
    std::vector<bool> let_in;
    std::vector<std::span<const float>> states;
    for (const Opinion& heard : encounter.heard) {
      let_in.push_back(!window_ || ahead(encounter, heard.state));
      if (let_in.back()) states.push_back(heard.state);
    }
    if (states.empty()) return let_in;
    const float pull = literal_ ? encounter.rate : 1.0F;
    const float share = pull / static_cast<float>(states.size() + 1);
    for (const std::span<const float> state : states)
      state_kernels().pull(share, encounter.before.data(), state.data(), encounter.replica.data(),
                           state.size());
    return let_in;
  }

 private:
  bool window_;
  bool literal_;
};

}  // namespace

MergeKind parzen_merge() {
  return {.kind = {.name = "parzen",
                   .sentence = "peers let in states that lie ahead, and are pulled towards them",
                   .keys = {{.path = "window",
                             .type = KeyType::flag,
                             .standard = true,
                             .sentence = "lets in only states that the last step came nearer to"},
                            {.path = "strength",
                             .type = KeyType::choice,
                             .choices = {"literal", "half"},
                             .standard = std::string("literal"),
                             .sentence = "how far towards one state: literal is half of the way "
                                         "times the learning rate, half is half of the way"}}},
          .states = false,
          .gradients = false,
          .mixes = true,
          .make = [](const Settings& settings) {
            return std::make_unique<Parzen>(settings.flag("training.parzen.window"),
                                            settings.text("training.parzen.strength") == "literal");
          }};
}

}  // namespace troupe
