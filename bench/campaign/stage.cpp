#include "bench/campaign/stage.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/random.hpp"
#include "base/user_error.hpp"
#include "datasets/memory.hpp"

namespace troupe::campaign {
namespace {

constexpr std::uint32_t features = 12;
constexpr std::uint64_t rows = 120;
constexpr std::uint32_t workers_most = 5;
constexpr std::uint64_t slices_most = 3;

/// Rows which a hyperplane separates.
std::shared_ptr<const Dataset> small_set() {
  std::vector<SparseRow> set(rows);
  for (std::uint64_t i = 0; i < rows; ++i) {
    RandomStream stream(11, Purpose::test, i);
    SparseRow& row = set[i];
    float score = 0;
    for (std::uint32_t u = 0; u < features; ++u) {
      if (stream.below(3) != 0) continue;
      row.index.push_back(u);
      row.value.push_back(static_cast<float>(stream.normal()));
      score += row.value.back() * (u % 2 == 0 ? 1.0F : -0.5F);
    }
    row.label = score > 0 ? 1.0F : -1.0F;
  }
  return memory_dataset(set, features);
}

const std::shared_ptr<const Dataset>& the_set() {
  static const std::shared_ptr<const Dataset> set = small_set();
  return set;
}

Config configured(const Tables& tables, const std::vector<std::string>& words) {
  std::vector<std::string> all{"training.stop.epochs=3", "training.batch=8",
                               "pace.step=0.1+exp(10)", "pace.delay=1ms+exp(500)"};
  all.insert(all.end(), words.begin(), words.end());
  Config config = load_config(
      tables, {"campaign.toml", "data.path = \"rows\"\nmodel.kind = \"svm\"\n", {}, all});
  refuse_unplayed(config, tables);
  return config;
}

std::string slices_word(const std::string& topology, std::uint64_t slices) {
  return fmt::format("training.{}.shards={}", topology, slices);
}

bool goes(const Tables& tables, const TopologyKind& topology, const std::string& preset,
          std::uint64_t slices = 1) {
  std::vector<std::string> words{"training.algorithm=" + preset,
                                 "training.topology=" + topology.kind.name, "training.workers=3"};
  if (slices > 1) words.push_back(slices_word(topology.kind.name, slices));
  try {
    const Config config = configured(tables, words);
    assemble(config, tables, {the_set(), nullptr});
  } catch (const UserError&) {
    return false;  // they do not go together, and the user is told so
  }
  return true;
}

}  // namespace

std::vector<Programme> programmes(const Tables& tables) {
  std::vector<Programme> all;
  for (const TopologyKind& topology : tables.topologies) {
    Programme programme{.topology = topology.kind.name, .presets = {}};
    for (const Preset& preset : tables.presets) {
      if (!goes(tables, topology, preset.kind.name)) continue;
      programme.presets.push_back(preset.kind.name);
      if (topology.slices && goes(tables, topology, preset.kind.name, slices_most))
        programme.sliced.push_back(preset.kind.name);
    }
    if (!programme.presets.empty()) all.push_back(std::move(programme));
  }
  return all;
}

Assembled assemble_run(const Tables& tables, const Programme& programme, std::uint64_t seed) {
  RandomStream stream(seed, Purpose::test, 1);
  const std::string& preset = programme.presets[stream.below(programme.presets.size())];
  const std::uint64_t workers = 1 + stream.below(workers_most);
  const std::uint64_t partitions = workers + stream.below(3);
  std::vector<std::string> words{
      "training.algorithm=" + preset, "training.topology=" + programme.topology,
      fmt::format("training.workers={}", workers), fmt::format("seed={}", seed)};
  const TopologyKind& topology = tables.topologies.at(programme.topology);
  if ((!topology.peers || topology.reduces) && !topology.shares)
    words.push_back(fmt::format("data.partitions={}", partitions));
  const std::uint64_t slices = 1 + RandomStream(seed, Purpose::test, 2).below(slices_most);
  if (slices > 1 && std::ranges::count(programme.sliced, preset) > 0)
    words.push_back(slices_word(programme.topology, slices));
  // A replica's steps between two exchanges: few, or the run is over before anything happens.
  words.push_back("training.local_steps=1");
  Config config = configured(tables, words);
  return assemble(config, tables, {the_set(), nullptr});
}

}  // namespace troupe::campaign
