#include "runtime/planned.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "runtime/presets.hpp"

namespace troupe {
namespace {

/// Choices that a later version brings, unless a program brought its own.
void plan(Schema& schema, const std::string& path, const std::vector<std::string>& choices) {
  for (const std::string& choice : choices) {
    const bool known = std::ranges::any_of(schema.axes, [&](const Axis& axis) {
      return axis.path == path &&
             std::ranges::any_of(axis.kinds, [&](const Kind& kind) { return kind.name == choice; });
    });
    if (!known) schema.planned.push_back({.path = path, .value = choice});
  }
}

}  // namespace

void add_planned(Schema& schema) {
  for (const char* path :
       {"data.augment", "cluster.advertise", "pace.attackers", "checkpoint", "record"})
    schema.planned.push_back({.path = path});
  plan(schema, "model.kind",
       {"softmax", "linear", "kmeans", "matrix_completion", "graph_cut", "oja", "lms", "perceptron",
        "mlp", "lenet", "cifar_cnn", "resnet18", "resnet50"});
  plan(schema, "training.algorithm", planned_presets());
  plan(schema, "training.update", {"adam", "staleness_scaled"});
  plan(schema, "training.merge", {"clip", "trimmed_mean", "median", "multi_krum"});
  plan(schema, "training.codec", {"bf16", "f16", "qsgd", "topk"});
}

}  // namespace troupe
