/// How long things take when they are not measured: drawn step durations and
/// message delays, for the twin and for padded steps of real processes.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "runtime/distribution.hpp"
#include "runtime/trouble.hpp"

namespace troupe {

struct Pace {
  bool real = true;   ///< step durations as they are (twin: the nominal cost of a row)
  Distribution step;  ///< of one exchange's computation, in `unit_seconds`
  double unit_seconds = 1;
  std::vector<double> factors;                           ///< per worker; missing ones are 1
  std::map<std::uint32_t, Distribution> of_worker = {};  ///< in the place of `step`
  Distribution delay;                                    ///< of one message, twin only
  double row_seconds = 60e-9;                            ///< nominal, twin with real = true
  double step_seconds = 1e-6;                            ///< nominal cost of a step beside its rows
  std::vector<LinkPace> links = {};                      ///< twin only
  std::vector<Fault> faults = {};  ///< in the order of time; twin only, but pauses
  double beat_seconds = 0.2;       ///< between two signs of life of a process
  double lost_after_seconds = 1;   ///< without one
  std::uint64_t seed = 1;

  /// Seconds of the n-th computation of a worker that drew so many rows.
  double computation(std::uint32_t worker, std::uint64_t n, std::uint64_t rows) const;
  /// Seconds of the n-th message on an edge.
  double message(std::uint32_t from, std::uint32_t to, std::uint64_t n) const;
  /// When work of so many seconds that a worker begins is done, standing still left out.
  /// What began before the worker's process did, did not happen to it.
  double done(std::uint32_t worker, double begin, double seconds, double born = 0) const;
  /// Something is to happen that only happens to hosts and networks.
  bool troubled() const { return !links.empty() || !faults.empty(); }
  /// Steps last as long as is drawn, not as long as they take.
  bool padded(std::uint32_t worker) const { return !real || of_worker.contains(worker); }
  /// Steps are padded, or there are pauses: the worker sleeps where time is real.
  bool sleeps(std::uint32_t worker) const;
  bool anybody_sleeps() const;
  /// Without what only the twin can play; real processes have a network of their own.
  Pace for_real_hosts() const;
};

}  // namespace troupe
