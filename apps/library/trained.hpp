/// A trained model out of its file, ready to be applied: what evaluate and predict
/// share. It knows no data.
#pragma once

#include <memory>
#include <string>

#include "apps/library/input.hpp"
#include "datasets/model_file.hpp"
#include "messages/message.hpp"
#include "models/model.hpp"
#include "runtime/tables.hpp"

namespace troupe {

struct Trained {
  std::string path;
  ModelFile file;
  std::unique_ptr<Model> model;
};

/// Throws UserError (exit 3) for a file that is wrong or that this program cannot use.
Trained load_trained(const std::string& path, const Tables& tables);

/// Over all rows; the split is "data". Throws UserError where the labels do not fit.
Score score_of(const Trained& trained, const InputRequest& input);

}  // namespace troupe
