#include "runtime/pace_keys.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <stdexcept>

#include "config/catalogue.hpp"

namespace troupe {
namespace {

constexpr const char* workers_table = "pace.worker";
constexpr const char* links_table = "pace.link";
constexpr const char* faults_table = "pace.fault";
constexpr const char* anybody = "*";

Value worded(const char* text) { return std::string(text); }

Key seconds_key(const char* path, const char* sentence) {
  return {.path = path,
          .type = KeyType::duration,
          .unit = "seconds",
          .minimum = 0,
          .sentence = sentence};
}

Key share_key(const char* path, const char* sentence) {
  return {.path = path,
          .type = KeyType::share,
          .minimum = 0,
          .maximum = 0.9,
          .standard = 0.0,
          .sentence = sentence};
}

/// What a table may hold that stands any number of times.
struct Listed {
  const char* path;
  const char* sentence;
  std::vector<Key> keys;
};

Listed link_keys() {
  return {
      .path = links_table,
      .sentence =
          "the twin: the way from one process to another; of several tables that name "
          "a way the last one counts, for all of its keys",
      .keys = {{.path = "from",
                .standard = worded(anybody),
                .sentence = "who sends: \"worker 1\", \"aggregator 0\", \"coordinator\" or "
                            "\"*\" for all"},
               {.path = "to", .standard = worded(anybody), .sentence = "who receives, likewise"},
               {.path = "delay", .sentence = "a distribution, in the place of pace.delay"},
               {.path = "bandwidth",
                .type = KeyType::size,
                .unit = "bytes a second",
                .minimum = 1,
                .maximum = 1e15,
                .sentence = "messages leave one behind the other, each as long as it takes"},
               share_key("loss",
                         "share of messages that are lost on the way; as the real transport does, "
                         "each is sent again until it arrives, after 0.2 s and then twice as long"),
               share_key("duplicates", "share of messages that arrive twice"),
               share_key("reordering",
                         "share of messages that are overtaken; those behind wait "
                         "for them, as in the real transport")}};
}

Listed fault_keys() {
  return {
      .path = faults_table,
      .sentence =
          "something that happens to one worker; pauses happen in a real run too, all "
          "else in the twin alone",
      .keys = {{.path = "who", .sentence = "\"worker 2\""},
               {.path = "what",
                .type = KeyType::choice,
                .choices = {mishap_words.begin(), mishap_words.end()},
                .standard = worded("pause"),
                .sentence = "pause (it computes nothing, and is heard of all the same), freeze "
                            "(its process stands still), cut (its process runs and nothing "
                            "reaches it or leaves it) or crash (its process is gone); who freezes "
                            "or is cut off for cluster.lost_after is given up, and like one that "
                            "crashed comes back when it is over, knowing nothing"},
               seconds_key("at", "when, since the start of the run"),
               seconds_key("for", "how long; when unset, for ever, which a pause may not be")}};
}

Listed worker_keys() {
  return {.path = workers_table,
          .sentence = "one worker's own step durations",
          .keys = {{.path = "who", .sentence = "\"worker 3\""},
                   {.path = "step", .sentence = "a distribution, in the place of pace.step"}}};
}

void check_distribution(const Config& config, const std::string& path, double unit_seconds = 1) {
  const std::string text = config.settings().text(path);
  if (path == "pace.step" && text == "real") return;
  try {
    Distribution::parse(text, unit_seconds);
  } catch (const std::invalid_argument& error) {
    config.refuse(path, fmt::format("{} = {}: {}", path, to_toml(text), error.what()));
  }
}

/// The people of a run by the names that a configuration has for them.
class Names {
 public:
  explicit Names(const Plan& plan) {
    for (std::uint32_t i = 0; i < plan.workers; ++i) {
      const ActorId worker = plan.worker(i);
      enter(fmt::format("worker {}", i), worker);
      enter(plan.name_of(worker), worker);
      workers_[worker] = i;
    }
    for (ActorId actor = 0; actor < plan.actors(); ++actor) enter(plan.name_of(actor), actor);
  }

  ActorId actor(const Config& config, const std::string& path) const {
    const std::string name = config.settings().text(path);
    const auto found = ids_.find(name);
    if (found != ids_.end()) return found->second;
    refuse(config, path, "takes no part in this run");
  }
  std::optional<ActorId> actor_or_any(const Config& config, const std::string& path) const {
    if (config.settings().text(path) == anybody) return std::nullopt;
    return actor(config, path);
  }
  std::uint32_t worker(const Config& config, const std::string& path) const {
    const auto found = workers_.find(actor(config, path));
    if (found == workers_.end()) refuse(config, path, "is no worker");
    return found->second;
  }

 private:
  void enter(const std::string& name, ActorId actor) {
    if (ids_.emplace(name, actor).second) words_.push_back(name);
  }
  [[noreturn]] void refuse(const Config& config, const std::string& path,
                           const std::string& why) const {
    const std::string near = did_you_mean(config.settings().text(path), words_);
    config.refuse(path, fmt::format("{} {}{}", config.describe(path), why,
                                    near.empty() || ids_.contains(config.settings().text(path))
                                        ? fmt::format("; workers are 'worker 0' to 'worker {}'",
                                                      workers_.size() - 1)
                                        : fmt::format(", did you mean '{}'?", near)));
  }

  std::map<std::string, ActorId> ids_;
  std::vector<std::string> words_;
  std::map<ActorId, std::uint32_t> workers_;
};

LinkPace link_of(const Config& config, const Names& names, const std::string& entry) {
  const Settings& settings = config.settings();
  LinkPace link{.from = names.actor_or_any(config, entry + ".from"),
                .to = names.actor_or_any(config, entry + ".to"),
                .loss = settings.number(entry + ".loss"),
                .duplicates = settings.number(entry + ".duplicates"),
                .reordering = settings.number(entry + ".reordering")};
  if (settings.has(entry + ".delay"))
    link.delay = Distribution::parse(settings.text(entry + ".delay"));
  if (settings.has(entry + ".bandwidth"))
    link.bytes_per_second = static_cast<double>(settings.integer(entry + ".bandwidth"));
  return link;
}

Fault fault_of(const Config& config, const Names& names, const std::string& entry) {
  const Settings& settings = config.settings();
  const auto what = std::ranges::find(mishap_words, settings.text(entry + ".what"));
  Fault fault{.worker = names.worker(config, entry + ".who"),
              .what = static_cast<Mishap>(what - mishap_words.begin()),
              .at = settings.number(entry + ".at")};
  if (settings.has(entry + ".for")) fault.seconds = settings.number(entry + ".for");
  return fault;
}

}  // namespace

std::vector<Key> pace_keys() {
  Key unit = seconds_key("pace.unit", "what a 1 in pace.step lasts; 2ms there lasts 2 ms");
  unit.standard = 1.0;
  unit.exclusive = true;
  Key row = seconds_key("pace.row", "the twin with pace.step = \"real\": nominal cost of a row");
  row.standard = 60e-9;
  row.exclusive = true;
  std::vector<Key> keys{
      {.path = "pace.step",
       .standard = worded("real"),
       .sentence = "duration of one exchange's computation: real, or a distribution such "
                   "as '1+exp(0.5)', of number, exp(rate), uniform(low, high) and "
                   "normal(mean, deviation)"},
      unit,
      {.path = "pace.factors",
       .type = KeyType::numbers,
       .minimum = 0,
       .standard = std::vector<double>{},
       .sentence = "each worker's durations are multiplied by its own; 1 where missing",
       .exclusive = true},
      {.path = "pace.delay",
       .standard = worded("50us"),
       .sentence = "the twin: time that a message takes, a distribution"},
      row};
  for (const Listed& listed : {worker_keys(), link_keys(), fault_keys()}) {
    keys.push_back({.path = fmt::format("{}.*", listed.path), .sentence = listed.sentence});
    for (Key key : listed.keys) {
      key.path = fmt::format("{}.*.{}", listed.path, key.path);
      keys.push_back(std::move(key));
    }
  }
  return keys;
}

void check_pace(const Config& config) {
  const Settings& settings = config.settings();
  const double unit = settings.number("pace.unit");
  check_distribution(config, "pace.step", unit);
  check_distribution(config, "pace.delay");
  for (const std::string& entry : entries_of(settings, workers_table)) {
    config.need(entry, "who", "a worker such as \"worker 3\"");
    config.need(entry, "step", "a distribution such as \"2+exp(1)\"");
    check_distribution(config, entry + ".step", unit);
  }
  for (const std::string& entry : entries_of(settings, links_table))
    if (settings.has(entry + ".delay")) check_distribution(config, entry + ".delay");
  for (const std::string& entry : entries_of(settings, faults_table)) {
    config.need(entry, "who", "a worker such as \"worker 2\"");
    config.need(entry, "at", "the time, such as 3.0 or \"500ms\"");
    if (settings.text(entry + ".what") == mishap_words[0])
      config.need(entry, "for", "how long the pause is, such as 1.0 or \"500ms\"");
  }
}

Pace make_pace(const Config& config, const Plan& plan) {
  const Settings& settings = config.settings();
  Pace pace;
  const std::string step = settings.text("pace.step");
  pace.real = step == "real";
  pace.unit_seconds = settings.number("pace.unit");
  if (!pace.real) pace.step = Distribution::parse(step, pace.unit_seconds);
  pace.factors = settings.numbers("pace.factors");
  pace.delay = Distribution::parse(settings.text("pace.delay"));
  pace.row_seconds = settings.number("pace.row");
  pace.seed = static_cast<std::uint64_t>(settings.integer("seed"));
  pace.beat_seconds = settings.number("cluster.heartbeat");
  pace.lost_after_seconds = settings.number("cluster.lost_after");
  const Names names(plan);
  for (const std::string& entry : entries_of(settings, workers_table))
    pace.of_worker.insert_or_assign(
        names.worker(config, entry + ".who"),
        Distribution::parse(settings.text(entry + ".step"), pace.unit_seconds));
  for (const std::string& entry : entries_of(settings, links_table))
    pace.links.push_back(link_of(config, names, entry));
  for (const std::string& entry : entries_of(settings, faults_table)) {
    pace.faults.push_back(fault_of(config, names, entry));
    if (plan.sharing && pace.faults.back().what != Mishap::pause)
      config.refuse(entry + ".what",
                    fmt::format("{}: those who share a memory are one process, in which a worker "
                                "can only pause; take what = \"pause\", or another topology",
                                config.describe(entry + ".what")));
  }
  std::ranges::stable_sort(pace.faults, {}, &Fault::at);
  return pace;
}

std::string left_to_the_twin(const Pace& pace) {
  std::set<std::string_view> what;
  if (!pace.links.empty()) what.insert("[[pace.link]]");
  for (const Fault& fault : pace.faults)
    if (fault.what != Mishap::pause)
      what.insert(mishap_words[static_cast<std::size_t>(fault.what)]);
  std::string list;
  for (const std::string_view each : what) list += (list.empty() ? "" : ", ") + std::string(each);
  if (list.empty()) return {};
  return fmt::format(
      "{} of [pace] happen in 'troupe twin' alone; this run has real processes and "
      "a real network",
      list);
}

}  // namespace troupe
