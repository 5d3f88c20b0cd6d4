/// Where rows that somebody reads or makes go: into the file of a data set, or
/// straight to whoever asked for them. It holds no rows.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "datasets/rows.hpp"

namespace troupe {

/// Takes rows one by one; what is wrong with them is thrown as a UserError.
class RowSink {
 public:
  virtual ~RowSink() = default;
  /// Before the first row. Sparse rows may turn out wider than `features`.
  virtual void begin(bool sparse, std::uint32_t features) = 0;
  /// The row lives no longer than the call.
  virtual void add(const RowView& row) = 0;
};

class RowTarget {
 public:
  // Implicit: a path is what nearly everybody means.
  RowTarget(std::string path) : path_(std::move(path)) {}
  RowTarget(const char* path) : path_(path) {}
  RowTarget(RowSink& sink) : sink_(&sink) {}

  /// Empty where rows go to a sink.
  const std::string& path() const { return path_; }
  /// Null where rows go to a file.
  RowSink* sink() const { return sink_; }

 private:
  std::string path_;
  RowSink* sink_ = nullptr;
};

}  // namespace troupe
