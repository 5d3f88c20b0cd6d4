/// Asynchronous SGD without a server (Keuper, Pfreundt 2015): a state w_j that arrived is
/// let in only if the step dw brings w nearer to it, |w + dw - w_j| < |w - w_j|, and the
/// pull w - mean(w, all let in) is inside the step: eps / 2 of the way for one of them.
/// The alternative `half` takes it out of the step: half of the way, whatever eps is.
#include "algorithms/merge.hpp"

namespace troupe {
namespace {

/// Sums in lanes: one after another would wait for each addition.
constexpr std::size_t lanes = 16;

double squared_distance(std::span<const float> a, std::span<const float> b) {
  float sums[lanes] = {};
  double total = 0;
  std::size_t i = 0;
  for (; i + lanes <= a.size(); i += lanes)
    for (std::size_t k = 0; k < lanes; ++k) {
      const float d = a[i + k] - b[i + k];
      sums[k] += d * d;
    }
  for (const float sum : sums) total += static_cast<double>(sum);
  for (; i < a.size(); ++i) total += static_cast<double>((a[i] - b[i]) * (a[i] - b[i]));
  return total;
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
      let_in.push_back(!window_ || squared_distance(encounter.replica, heard.state) <
                                       squared_distance(encounter.before, heard.state));
      if (let_in.back()) states.push_back(heard.state);
    }
    if (states.empty()) return let_in;
    const float pull = literal_ ? encounter.rate : 1.0F;
    const float share = pull / static_cast<float>(states.size() + 1);
    for (const std::span<const float> state : states)
      for (std::size_t i = 0; i < state.size(); ++i)
        encounter.replica[i] -= share * (encounter.before[i] - state[i]);
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
