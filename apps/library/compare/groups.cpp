#include "apps/library/compare/groups.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>

namespace troupe {
namespace {

constexpr std::size_t label_keys_max = 3;

/// What people name a run by, most telling first.
constexpr std::array<std::string_view, 10> telling = {
    "training.algorithm", "training.topology", "training.gate",  "training.exchange",
    "training.update",    "training.merge",    "training.codec", "training.workers",
    "training.batch",     "model.kind"};

bool says_nothing(const std::string& key) { return key == "seed" || key == "name"; }

/// Everything but the seed, and the kind of clock.
std::string fingerprint(const RecordedRun& run) {
  std::string text = run.proof + "\n" + std::to_string(run.nodes) + "\n";
  for (const auto& [key, value] : run.settings)
    if (!says_nothing(key)) text += key + "=" + value + "\n";
  return text;
}

std::string value_of(const RecordedRun& run, const std::string& key) {
  const auto found = run.settings.find(key);
  return found == run.settings.end() ? "-" : found->second;
}

std::string last_part(const std::string& key) { return key.substr(key.rfind('.') + 1); }

std::string label_of(const RunGroup& group, const std::vector<std::string>& keys) {
  std::string label;
  const RecordedRun& run = group.runs.front();
  for (const std::string& key : keys) {
    const std::string value = value_of(run, key);
    if (value == "-") continue;
    const bool names_itself = key == "training.algorithm" || key == "training.topology";
    label += (label.empty() ? "" : ", ") + (names_itself ? value : last_part(key) + " " + value);
  }
  return label;
}

/// The differing keys, most telling first.
std::vector<std::string> candidates(const std::vector<Difference>& all) {
  std::vector<std::string> keys;
  for (const std::string_view key : telling)
    if (std::ranges::find(all, key, &Difference::key) != all.end()) keys.emplace_back(key);
  for (const Difference& one : all)
    if (!std::ranges::count(keys, one.key)) keys.push_back(one.key);
  return keys;
}

bool tell_apart(const std::vector<RunGroup>& groups, const std::vector<std::string>& keys) {
  std::set<std::string> labels;
  return std::ranges::all_of(
      groups, [&](const RunGroup& group) { return labels.insert(label_of(group, keys)).second; });
}

/// As few keys as tell them apart, and no more than one can read.
std::vector<std::string> label_keys(const std::vector<RunGroup>& groups) {
  std::vector<std::string> keys;
  for (const std::string& key : candidates(differences(groups))) {
    if (keys.size() == label_keys_max || (!keys.empty() && tell_apart(groups, keys))) break;
    keys.push_back(key);
  }
  return keys;
}

void name(std::vector<RunGroup>& groups) {
  const std::vector<std::string> keys = label_keys(groups);
  std::set<std::string> taken;
  for (RunGroup& group : groups) {
    const RecordedRun& run = group.runs.front();
    group.label = label_of(group, keys);
    if (group.label.empty()) group.label = run.name;
    if (taken.contains(group.label)) group.label += " (" + run.name + ")";
    while (!taken.insert(group.label).second) group.label += "'";
  }
}

}  // namespace

std::vector<Difference> differences(const std::vector<RunGroup>& groups) {
  std::set<std::string> keys;
  for (const RunGroup& group : groups)
    for (const auto& [key, value] : group.runs.front().settings) keys.insert(key);
  std::vector<Difference> found;
  for (const std::string& key : keys) {
    if (says_nothing(key)) continue;
    Difference one{.key = key, .values = {}};
    for (const RunGroup& group : groups) one.values.push_back(value_of(group.runs.front(), key));
    if (std::ranges::adjacent_find(one.values, std::ranges::not_equal_to()) != one.values.end())
      found.push_back(std::move(one));
  }
  return found;
}

std::vector<RunGroup> grouped(std::vector<RecordedRun> runs) {
  std::vector<RunGroup> groups;
  std::vector<std::string> known;
  for (RecordedRun& run : runs) {
    const std::string mark = fingerprint(run);
    const auto place = std::ranges::find(known, mark);
    if (place == known.end()) {
      known.push_back(mark);
      groups.push_back({.label = "", .runs = {std::move(run)}});
    } else {
      groups[static_cast<std::size_t>(place - known.begin())].runs.push_back(std::move(run));
    }
  }
  name(groups);
  return groups;
}

}  // namespace troupe
