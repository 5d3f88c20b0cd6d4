/// The data sets that a configuration names: opened where their files are, or
/// served by the coordinator's process. It decides nothing about training.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "config/schema.hpp"
#include "config/settings.hpp"
#include "datasets/file_dataset.hpp"
#include "datasets/served_segments.hpp"

namespace troupe {

struct DataSets {
  std::shared_ptr<const Dataset> training;
  std::shared_ptr<const Dataset> test;  ///< or null
  /// The training set as its file has it, where this process is to serve it; or null.
  std::shared_ptr<const FileDataset> served = nullptr;
};

/// data.source and the keys of a node's cache.
std::vector<Key> data_source_keys();

/// Opens the files. Throws UserError (exit 3).
DataSets open_data(const Settings& settings);

/// Throws UserError (exit 4) when the server cannot be reached.
using DataDoor = std::function<std::shared_ptr<SegmentFetcher>(double patience_seconds)>;

/// What a node trains on: as open_data(), or with data.source = "coordinator" through the
/// door. The test set stays where the evaluator is.
DataSets node_data(const Settings& settings, const DataDoor& door, DataNews news);

}  // namespace troupe
