/// A run as its folder tells it: who ran, with which configuration, and how well it learnt
/// when. It judges nothing.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace troupe {

/// An evaluation, on every axis that it can be drawn against.
struct Moment {
  double t = 0;
  double epochs = 0;
  double updates = 0;
  double samples = 0;
  double bytes = 0;
  double loss = 0;
  std::optional<double> accuracy = {};
};

struct RecordedRun {
  std::string folder;
  std::string name;    ///< the folder's last part
  std::string proof;   ///< "real", "paced" or "twin"
  std::string status;  ///< "done", ...; "running" without an end line
  std::uint64_t seed = 0;
  std::uint32_t workers = 1;
  std::uint32_t nodes = 1;                           ///< processes that workers live in
  std::map<std::string, std::string> settings = {};  ///< full key -> value as TOML
  std::vector<std::string> lines = {};               ///< of metrics.jsonl
  std::vector<Moment> validation = {};               ///< on the training rows where none validate
  Moment end = {};                                   ///< the last figures, t the whole run's
  std::optional<double> computing = {};              ///< share of the workers' time
  std::uint64_t staleness_p50 = 0;
  std::uint64_t staleness_max = 0;
};

/// Throws UserError (exit 3) for what is no run folder, or a damaged one.
RecordedRun read_run(const std::string& folder);

}  // namespace troupe
