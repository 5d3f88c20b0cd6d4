/// A trained model together with the data it is applied to: what evaluate and
/// predict share. Rows are loaded a part at a time, so that memory stays small.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "datasets/dataset.hpp"
#include "datasets/model_file.hpp"
#include "messages/message.hpp"
#include "models/model.hpp"
#include "runtime/tables.hpp"

namespace troupe {

struct Trained {
  ModelFile file;
  std::shared_ptr<const Dataset> data;
  std::unique_ptr<Model> model;
};

/// Throws UserError: exit 3 for files that are wrong or do not fit together.
Trained load_trained(const std::string& model_path, const std::string& data_path,
                     const Tables& tables);

/// In the order of the file, until `part` returns false.
void for_each_part(const Trained& trained, const std::function<bool(const Batch&)>& part);
/// Over all rows; the split is "data". Throws UserError where the labels do not fit.
Score score_of(const Trained& trained);

}  // namespace troupe
