#include "runtime/succession.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "base/user_error.hpp"
#include "config/catalogue.hpp"

namespace troupe {
namespace {

constexpr const char* entries_key = "training.swap";

std::string short_name(const std::string& path) {
  return path.starts_with("training.") ? path.substr(9) : path;
}

std::string text_of(const Config& config, const std::string& path) {
  const auto& values = config.settings().values();
  const auto found = values.find(path);
  return found == values.end() ? "unset" : to_toml(found->second);
}

/// What a reader looks for comes first: the topology, then the other choices, then their keys.
std::vector<std::string> differences(const Config& before, const Config& after) {
  std::vector<std::string> paths;
  const auto add = [&](const std::string& path) {
    if (text_of(before, path) == text_of(after, path)) return;
    if (std::ranges::find(paths, path) == paths.end()) paths.push_back(path);
  };
  for (const auto& [axis, choice] : choices_of(after)) add("training." + axis);
  for (const Config* config : {&before, &after})
    for (const auto& [path, value] : config->settings().values()) add(path);
  return paths;
}

}  // namespace

Succession::Succession(Beginning beginning)
    : beginning_(std::move(beginning)),
      schema_(schema_of(beginning_.tables)),
      playing_{.overrides = {},
               .assembled = {.plan = beginning_.plan,
                             .pace = {},
                             .resolved = beginning_.resolved,
                             .served = nullptr,
                             .notes = {}},
               .carried = {},
               .changes = {}} {
  read_entries();
}

// What is to come is tried as if it came: a mistake ends here, and not in an hour.
void Succession::read_entries() {
  const Config& config = beginning_.resolved;
  const Settings& settings = config.settings();
  for (const std::string& path : entries_of(settings, entries_key)) {
    const std::string time = path + ".at_epoch";
    config.need(path, "at_epoch", "after how many epochs, such as 3");
    Entry entry{.at_epoch = static_cast<std::uint64_t>(settings.integer(time)),
                .where = config.origin(time).where,
                .overrides = {}};
    for (const auto& [key, value] : settings.values())
      if (key.starts_with(path + ".") && key != time)
        entry.overrides.push_back(
            fmt::format("training.{}={}", key.substr(path.size() + 1), to_toml(value)));
    entries_.push_back(std::move(entry));
  }
  std::ranges::stable_sort(entries_, {}, &Entry::at_epoch);
  Act act = playing_;
  for (const Entry& entry : entries_) try {
      act = act_of(entry.overrides, act);
    } catch (const UserError& error) {
      throw UserError(error.code(), fmt::format("{}: [[{}]] at_epoch = {}: {}", entry.where,
                                                entries_key, entry.at_epoch, error.what()));
    }
}

std::optional<std::uint64_t> Succession::next_fence() const {
  if (taken_ == entries_.size()) return std::nullopt;
  return entries_[taken_].at_epoch;
}

std::shared_ptr<const Plan> Succession::plan() const {
  const auto plan = std::make_shared<Plan>(*beginning_.plan);
  plan->fence_epoch = next_fence();
  return plan;
}

Succession::Act Succession::act_of(const std::vector<std::string>& overrides,
                                   const Act& before) const {
  ConfigSources sources = beginning_.sources;
  Act act{
      .overrides = before.overrides, .assembled = before.assembled, .carried = {}, .changes = {}};
  act.overrides.insert(act.overrides.end(), overrides.begin(), overrides.end());
  sources.overrides.insert(sources.overrides.end(), act.overrides.begin(), act.overrides.end());
  const Config config = load_config(beginning_.tables, sources);
  refuse_unplayed(config, beginning_.tables);
  const Config& old = before.assembled.resolved;
  act.assembled = assemble_again(config, beginning_.tables, *beginning_.plan);
  const Config& fresh = act.assembled.resolved;
  act.carried = what_becomes(beginning_.tables, old.settings(), fresh.settings(), beginning_.scene);
  for (const Carried& one : act.carried)
    if (one.fate == Fate::refused)
      throw UserError(ExitCode::usage, fmt::format("no swap: {}", one.why));
  refuse_other_changes(old, fresh);
  for (const std::string& path : differences(old, fresh))
    act.changes += fmt::format("{}{} {} -> {}", act.changes.empty() ? "" : ", ", short_name(path),
                               text_of(old, path), text_of(fresh, path));
  return act;
}

void Succession::refuse_other_changes(const Config& before, const Config& after) const {
  for (const std::string& path : differences(before, after))
    if (!swappable(path))
      throw UserError(ExitCode::usage,
                      fmt::format("no swap: {} would become {}, and there stands {}: other actors "
                                  "take over the same run, with its data, model, workers and batch",
                                  path, text_of(after, path), text_of(before, path)));
}

Succession::Answer Succession::propose(const std::vector<std::string>& overrides) {
  const std::lock_guard lock(mutex_);
  if (pending_)
    throw UserError(ExitCode::usage, "no swap: another one is under way, to " + pending_->changes);
  Act act = act_of(overrides, playing_);
  if (act.changes.empty()) return {false, "nothing to swap: the run is like that already"};
  std::string line = fmt::format("{}; {}", act.changes, carried_text(act.carried));
  pending_ = std::move(act);
  return {true, std::move(line)};
}

Scene Succession::next(Handover left) {
  const std::lock_guard lock(mutex_);
  if (pending_) return enter(*std::exchange(pending_, std::nullopt), std::move(left));
  std::vector<std::string> due;
  for (; taken_ < entries_.size() && entries_[taken_].at_epoch <= left.progress.epoch; ++taken_)
    due.insert(due.end(), entries_[taken_].overrides.begin(), entries_[taken_].overrides.end());
  if (due.empty()) return stay(std::move(left), "resumed", "");
  try {
    Act act = act_of(due, playing_);
    if (!act.changes.empty()) return enter(std::move(act), std::move(left));
    return stay(std::move(left), "swap", "nothing to swap: the run is like that already");
  } catch (const UserError& error) {
    return stay(std::move(left), "swap_refused", error.what());
  }
}

Scene Succession::enter(Act act, Handover left) {
  playing_ = std::move(act);
  ++graph_epoch_;
  const Config& config = playing_.assembled.resolved;
  if (changed_) changed_(graph_epoch_, config, playing_.assembled.plan);
  const auto plan = std::make_shared<Plan>(*playing_.assembled.plan);
  auto facts = choices_of(config);
  facts.insert(facts.begin(), {"graph_epoch", std::to_string(graph_epoch_)});
  const bool keeps = std::ranges::any_of(playing_.carried, [](const Carried& one) {
    return one.what == "update" && one.fate == Fate::kept;
  });
  if (!keeps) left.memory = {};
  plan->opening = std::make_shared<const Handover>(std::move(left));
  plan->fence_epoch = next_fence();
  return {.plan = plan,
          .settings_text = resolved_text(schema_, config, false),
          .what = "swap",
          .detail = fmt::format("{}; {}", playing_.changes, carried_text(playing_.carried)),
          .facts = facts};
}

Scene Succession::stay(Handover left, std::string what, std::string detail) {
  ++graph_epoch_;
  if (changed_) changed_(graph_epoch_, playing_.assembled.resolved, playing_.assembled.plan);
  Scene scene = again(*playing_.assembled.plan, std::move(left));
  const auto plan = std::make_shared<Plan>(*scene.plan);
  plan->fence_epoch = next_fence();
  scene.plan = plan;
  scene.settings_text = resolved_text(schema_, playing_.assembled.resolved, false);
  scene.what = std::move(what);
  scene.detail = std::move(detail);
  return scene;
}

Config Succession::config() const {
  const std::lock_guard lock(mutex_);
  return playing_.assembled.resolved;
}

std::uint32_t Succession::graph_epoch() const {
  const std::lock_guard lock(mutex_);
  return graph_epoch_;
}

}  // namespace troupe
