/// Writes rows as they come into our HDF5 layout, one segment in memory at a
/// time. The file appears under its name at finish() or never. For a target that is
/// no file it only passes them on.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "datasets/layout.hpp"
#include "datasets/row_target.hpp"
#include "datasets/rows.hpp"

namespace troupe {

struct WriterOptions {
  bool sparse = true;
  std::uint32_t features = 0;  ///< sparse: grows with the largest index; dense: fixed
  std::size_t segment_bytes = segment_bytes_standard;
};

class DatasetWriter {
 public:
  /// Throws UserError (exit 3), as every member does, naming file and reason.
  DatasetWriter(const RowTarget& target, const WriterOptions& options);
  ~DatasetWriter();

  /// Sparse: strictly ascending indices. Values and label must be finite.
  void add(const RowView& row);
  std::uint64_t rows() const;
  /// The words that the labels 0, 1, 2 and so on stand for.
  void name_labels(std::vector<std::string> names);
  /// Closes, syncs and names the file. A set needs at least one row and feature.
  /// Of rows that were passed on it says only how many and how wide they were.
  DataFacts finish();
  /// The same in steps, for files of which all or none are to be seen: all but the
  /// name; the name, taken back by the destructor; and for good.
  DataFacts complete();
  void publish();
  void settle();

 private:
  class Impl;
  class FileImpl;
  class SinkImpl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace troupe
