/// Fully connected layers with ReLU between them and softmax cross-entropy at the
/// end; without hidden layers, softmax regression. It starts no thread: a worker is
/// one core.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "models/classes.hpp"
#include "models/model.hpp"

namespace troupe {

struct NetworkShape {
  std::string kind;                 ///< whose keys "model.<kind>...." are
  std::vector<std::size_t> hidden;  ///< units of each hidden layer
  Classes classes;
};

/// Rows may be dense or sparse; of sparse ones only
/// the features present touch the first layer.
std::unique_ptr<Model> make_network(NetworkShape shape, const ModelRequest& request);

}  // namespace troupe
