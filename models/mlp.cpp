/// A multilayer perceptron: fully connected layers with ReLU between them, softmax
/// cross-entropy at the end, gradients by back-propagation (Rumelhart et al. 1986).
#include <cmath>

#include "base/user_error.hpp"
#include "models/network.hpp"

namespace troupe {
namespace {

constexpr const char* hidden_key = "model.mlp.hidden";
constexpr double units_max = 1e6;

std::vector<std::size_t> hidden_of(const Settings& settings) {
  std::vector<std::size_t> hidden;
  for (const double units : settings.numbers(hidden_key)) {
    if (std::floor(units) != units || units > units_max)
      throw UserError(ExitCode::usage, std::string(hidden_key) + ": a layer cannot have " +
                                           std::to_string(units) +
                                           " units; it is a whole number, at most 1000000");
    hidden.push_back(static_cast<std::size_t>(units));
  }
  return hidden;
}

std::vector<Key> keys() {
  std::vector<Key> all = classes_keys();
  all.insert(all.begin(), {.path = "hidden",
                           .type = KeyType::numbers,
                           .unit = "units",
                           .minimum = 1,
                           .standard = std::vector<double>{128, 64},
                           .sentence = "how many units each hidden layer has"});
  return all;
}

}  // namespace

ModelKind mlp_kind() {
  return {.kind = {.name = "mlp",
                   .sentence = "Multilayer perceptron: ReLU, cross-entropy, several classes.",
                   .keys = keys()},
          .make = [](const ModelRequest& request) {
            return make_network({.kind = "mlp",
                                 .hidden = hidden_of(request.settings),
                                 .classes = classes_of(request, "mlp")},
                                request);
          }};
}

}  // namespace troupe
