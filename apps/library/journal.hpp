/// The run's two diaries: metrics.jsonl for programs, log.txt for operators. A
/// full disk costs lines, never the run, and is said once.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "apps/library/run_folder.hpp"

namespace troupe {

class Journal {
 public:
  /// `warn` gets one line when a file cannot be written any more. Throws
  /// UserError (exit 3) when the files cannot be made.
  Journal(const RunFolder& folder, std::function<void(const std::string&)> warn);
  ~Journal();
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  void metric(const std::string& line);
  /// "event key=value ..."
  void log(const std::string& line);
  bool complete() const;  ///< nothing was lost

 private:
  struct Files;
  std::unique_ptr<Files> files_;
};

/// value, or "value" in quotes when it has spaces: for log lines.
std::string log_value(const std::string& value);

}  // namespace troupe
