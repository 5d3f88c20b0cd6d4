#include "bench/campaign/trouble_plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>

namespace troupe::campaign {
namespace {

constexpr std::uint64_t links_most = 3;
constexpr std::uint64_t faults_most = 4;
constexpr double faults_within_seconds = 6;

std::optional<ActorId> anybody_or(RandomStream& stream, std::uint32_t actors) {
  if (stream.below(2) == 0) return std::nullopt;
  return static_cast<ActorId>(stream.below(actors));
}

/// A share: half of them nothing, the others up to 0.4.
double share(RandomStream& stream) { return stream.below(2) == 0 ? 0.0 : 0.4 * stream.uniform(); }

LinkPace random_link(RandomStream& stream, std::uint32_t actors) {
  LinkPace link{.from = anybody_or(stream, actors), .to = anybody_or(stream, actors)};
  link.loss = share(stream);
  link.duplicates = share(stream);
  link.reordering = share(stream);
  if (stream.below(2) == 0)
    link.delay = Distribution::parse(fmt::format("exp({:.3f})", 3 + 200 * stream.uniform()));
  if (stream.below(4) == 0) link.bytes_per_second = 1e3 + 1e5 * stream.uniform();
  return link;
}

Fault random_fault(RandomStream& stream, std::uint32_t workers, double within) {
  Fault fault{.worker = static_cast<std::uint32_t>(stream.below(workers)),
              .what = static_cast<Mishap>(stream.below(mishap_words.size())),
              .at = within * stream.uniform(),
              .seconds = 0.05 + 3 * stream.uniform()};
  if (fault.what != Mishap::pause && stream.below(8) == 0) fault.seconds = Fault::for_ever;
  return fault;
}

std::string name(const Plan& plan, const std::optional<ActorId>& actor) {
  return actor ? plan.name_of(*actor) : "*";
}

}  // namespace

Pace troubled(Pace pace, const Plan& plan, std::uint64_t seed) {
  RandomStream stream(seed, Purpose::test, 2);
  const std::uint64_t links = stream.below(links_most + 1);
  for (std::uint64_t n = 0; n < links; ++n)
    pace.links.push_back(random_link(stream, plan.actors()));
  const std::uint64_t faults = stream.below(faults_most + 1);
  for (std::uint64_t n = 0; n < faults; ++n)
    pace.faults.push_back(random_fault(stream, plan.workers, faults_within_seconds));
  // Those who share a memory are one process: no worker's end is its own.
  for (Fault& fault : pace.faults)
    if (plan.sharing) fault = {.worker = fault.worker, .at = fault.at, .seconds = 1};
  std::ranges::stable_sort(pace.faults, {}, &Fault::at);
  return pace;
}

std::string in_words(const Pace& pace, const Plan& plan) {
  std::string text;
  for (const LinkPace& link : pace.links)
    text += fmt::format("  link {} -> {}: loss {:.2f}, duplicates {:.2f}, reordering {:.2f}{}{}\n",
                        name(plan, link.from), name(plan, link.to), link.loss, link.duplicates,
                        link.reordering, link.delay ? ", slow" : "",
                        link.bytes_per_second > 0
                            ? fmt::format(", {:.0f} bytes a second", link.bytes_per_second)
                            : "");
  for (const Fault& fault : pace.faults)
    text += fmt::format("  {} {} at {:.3f} s for {:.3f} s\n",
                        mishap_words[static_cast<std::size_t>(fault.what)],
                        plan.name_of(plan.worker(fault.worker)), fault.at, fault.seconds);
  return text;
}

}  // namespace troupe::campaign
