/// model.h5: trained parameters with what is needed to use them again.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/block.hpp"
#include "datasets/facts.hpp"
#include "datasets/normalisation.hpp"

namespace troupe {

struct ModelFile {
  std::string kind;  ///< the model table's name
  std::uint32_t features = 0;
  SharedBlock parameters;
  std::map<std::string, std::string> settings;  ///< "model.l2" -> "1e-05" as TOML text
  std::map<std::string, std::string> notes;     ///< run, seed, version, epochs, ...
  Normalisation normalisation = {};             ///< what was done to the rows it was trained on
  std::vector<ClassLabel> classes = {};         ///< by number; empty for a model without
};

/// Written beside and renamed: whole or absent. Throws UserError (exit 3).
void save_model(const std::string& path, const ModelFile& model);
/// Checks its CRC32C. Throws UserError (exit 3).
ModelFile load_model(const std::string& path);
/// CRC32C of the parameters' bytes: "weights_crc32c".
std::uint32_t weights_crc32c(std::span<const float> parameters);

}  // namespace troupe
