/// Rows to apply a model to, from any file that can be read: our HDF5 layout or what
/// importers know. One block is in memory at a time, and nothing is written anywhere.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "apps/library/command.hpp"
#include "datasets/importer.hpp"
#include "datasets/model_file.hpp"
#include "models/model.hpp"

namespace troupe {

struct InputRequest {
  std::string path;
  ImportOptions options;  ///< as for an import; `unlabelled` where labels are not asked for
  std::string command;    ///< opens the line that refuses an option
  std::uint64_t block_rows = std::uint64_t{1} << 15;
};

/// In the order of the file, normalised as the model's training rows were, labels that
/// are words with the model's numbers; until `use` returns false. Throws UserError (exit
/// 3) for bad rows and for rows that are wider than the model, or dense and narrower.
void for_each_block(const InputRequest& request, const ModelFile& model,
                    const std::function<bool(const Batch&)>& use);

/// --data and the options of an import that say how to read it.
std::vector<Argument> input_arguments(bool labels);
InputRequest input_request(const Arguments& arguments, const std::string& command);

}  // namespace troupe
