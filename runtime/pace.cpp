#include "runtime/pace.hpp"

#include <algorithm>

namespace troupe {
namespace {

/// Virtual time must move with every step, or free-running actors stand still in it.
constexpr double shortest_seconds = 1e-9;

}  // namespace

double Pace::computation(std::uint32_t worker, std::uint64_t n, std::uint64_t rows) const {
  const double factor = worker < factors.size() ? factors[worker] : 1.0;
  const auto own = of_worker.empty() ? of_worker.end() : of_worker.find(worker);
  double seconds = step_seconds + row_seconds * static_cast<double>(rows);
  if (!real || own != of_worker.end()) {
    RandomStream stream(seed, Purpose::pace, worker, n);
    seconds = (own != of_worker.end() ? own->second : step).draw(stream) * unit_seconds;
  }
  return std::max(shortest_seconds, seconds * factor);
}

double Pace::message(std::uint32_t from, std::uint32_t to, std::uint64_t n) const {
  RandomStream stream(seed, Purpose::delay, from, to, n);
  return delay.draw(stream);
}

double Pace::done(std::uint32_t worker, double begin, double seconds, double born) const {
  double now = begin;
  for (const Fault& fault : faults) {
    if (fault.worker != worker || !fault.stands_still() || fault.at < born) continue;
    if (fault.over() <= now) continue;
    if (fault.at > now) {
      if (now + seconds <= fault.at) break;
      seconds -= fault.at - now;
    }
    now = fault.over();
  }
  return now + seconds;
}

bool Pace::sleeps(std::uint32_t worker) const {
  if (padded(worker)) return true;
  return std::ranges::any_of(faults, [worker](const Fault& fault) {
    return fault.worker == worker && fault.what == Mishap::pause;
  });
}

bool Pace::anybody_sleeps() const {
  return !real || !of_worker.empty() || std::ranges::any_of(faults, [](const Fault& fault) {
    return fault.what == Mishap::pause;
  });
}

Pace Pace::for_real_hosts() const {
  Pace left = *this;
  left.links.clear();
  std::erase_if(left.faults, [](const Fault& fault) { return fault.what != Mishap::pause; });
  return left;
}

}  // namespace troupe
