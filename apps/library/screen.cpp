#include "apps/library/screen.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "apps/library/progress.hpp"
#include "apps/library/state.hpp"

namespace troupe {
namespace {

using StateJson = nlohmann::json;

enum class Tone { plain, faint, good, bad, title };

struct Line {
  std::string text;
  Tone tone = Tone::plain;
};
using Lines = std::vector<Line>;

const char* code_of(Tone tone) {
  switch (tone) {
    case Tone::plain:
      return "";
    case Tone::faint:
      return "\x1b[2m";
    case Tone::good:
      return "\x1b[34m";  // blue against orange: told apart by colour-blind people, too
    case Tone::bad:
      return "\x1b[1;33m";
    case Tone::title:
      return "\x1b[1m";
  }
  return "";
}

double number(const StateJson& json, const char* name, double otherwise = 0) {
  const auto found = json.find(name);
  return found != json.end() && found->is_number() ? found->get<double>() : otherwise;
}

std::string word(const StateJson& json, const char* name) {
  const auto found = json.find(name);
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

const StateJson& part(const StateJson& json, const char* name) {
  static const StateJson nothing = StateJson::object();
  const auto found = json.find(name);
  return found == json.end() ? nothing : *found;
}

/// 1234567 -> "1.23 M"
std::string short_number(double value) {
  static constexpr std::array units = {"", " k", " M", " G", " T"};
  std::size_t unit = 0;
  while (std::abs(value) >= 1000 && unit + 1 < units.size()) {
    value /= 1000;
    ++unit;
  }
  if (unit == 0 && value == std::floor(value)) return fmt::format("{:.0f}", value);
  return fmt::format("{:.3g}{}", value, units[unit]);
}

std::string figure(const StateJson& json, const char* name) {
  const auto found = json.find(name);
  if (found == json.end() || !found->is_number()) return "-";
  return fmt::format("{:.4g}", found->get<double>());
}

/// Blocks for a share, in characters that every terminal has.
std::string bar(double share, std::size_t width) {
  const auto full = static_cast<std::size_t>(
      std::lround(std::clamp(share, 0.0, 1.0) * static_cast<double>(width)));
  return std::string(full, '#') + std::string(width - full, '.');
}

Tone tone_of(const std::string& state) {
  if (state == "silent" || state == "lost" || state == "straggling") return Tone::bad;
  if (state == "computing") return Tone::good;
  return state == "done" || state == "idle" ? Tone::faint : Tone::plain;
}

/// Each in a line, or in two where one is too narrow: whom to blame must not be cut off.
void add_culprits(Lines& lines, const StateJson& state, std::size_t width) {
  for (const StateJson& culprit : part(state, "culprits")) {
    std::string text = "! " + culprit_text(culprit.dump());
    const std::size_t cut = text.size() > width ? text.find("; ") : std::string::npos;
    if (cut == std::string::npos) {
      lines.push_back({std::move(text), Tone::bad});
      continue;
    }
    lines.push_back({text.substr(0, cut + 1), Tone::bad});
    lines.push_back({"    " + text.substr(cut + 2), Tone::bad});
  }
}

std::string waits(const StateJson& actor) {
  const StateJson& wait = part(actor, "waiting_for");
  if (!wait.is_object() || wait.empty()) return {};
  return fmt::format("waits {:.1f} s for {}: {}", number(wait, "seconds"), word(wait, "name"),
                     word(wait, "message"));
}

/// What matters first: the end may be cut off.
std::string awaited(const StateJson& actor) {
  const StateJson& wait = part(actor, "waiting_for");
  if (!wait.is_object() || wait.empty()) return {};
  return fmt::format("for {}, {:.1f} s: {}", word(wait, "name"), number(wait, "seconds"),
                     word(wait, "message"));
}

Lines overview(const StateJson& state) {
  const StateJson& run = part(state, "run");
  const StateJson& progress = part(state, "progress");
  Lines lines;
  const double epochs = number(progress, "epochs");
  const double epoch = number(progress, "epoch");
  lines.push_back({fmt::format(
      "epoch      {:.0f}{}", epoch,
      epochs > 0 ? fmt::format(" of {:g}  [{}]", epochs, bar(epoch / epochs, 20)) : "")});
  lines.push_back(
      {fmt::format("updates    {:<12} samples   {}", short_number(number(progress, "updates")),
                   short_number(number(progress, "samples")))});
  lines.push_back({fmt::format(
      "samples/s  {:<12} time      {}{}", short_number(number(progress, "samples_per_second")),
      duration_text(number(run, "t")), word(run, "clock") == "virtual" ? " (virtual)" : "")});
  const auto eta = progress.find("eta_seconds");
  lines.push_back({fmt::format(
      "loss       {:<12} left      {}", figure(progress, "loss"),
      eta != progress.end() && eta->is_number() ? duration_text(eta->get<double>()) : "-")});
  for (const char* split : {"training", "validation", "test"}) {
    const StateJson& score = part(progress, split);
    if (!score.is_object() || score.empty()) continue;
    lines.push_back({fmt::format("{:<10} loss {:<12} accuracy {}", split, figure(score, "loss"),
                                 figure(score, "accuracy"))});
  }
  lines.push_back({fmt::format("sent       {:<12} received  {}",
                               short_number(number(progress, "bytes_sent")) + "B",
                               short_number(number(progress, "bytes_received")) + "B")});
  if (part(progress, "consensus_distance").is_number())
    lines.push_back(
        {fmt::format("consensus  {:<12} let in    {}", figure(progress, "consensus_distance"),
                     figure(progress, "merge_accept_rate"))});
  std::map<std::string, int> counts;
  for (const StateJson& actor : part(state, "actors")) ++counts[word(actor, "state")];
  std::string crowd;
  for (const auto& [name, count] : counts)
    crowd += fmt::format("{}{} {}", crowd.empty() ? "" : ", ", count, name);
  if (!crowd.empty()) lines.push_back({"actors     " + crowd});
  lines.push_back({});
  const StateJson& events = part(state, "events");
  for (std::size_t i = events.size() > 5 ? events.size() - 5 : 0; i < events.size(); ++i)
    lines.push_back(
        {fmt::format("{:>8.1f} s  {} {} {}", number(events[i], "t"), word(events[i], "what"),
                     word(events[i], "who"), word(events[i], "detail")),
         Tone::faint});
  return lines;
}

Lines workers(const StateJson& state) {
  Lines lines = {
      {"actor          state       steps/s  samples/s step    waits, or phase", Tone::title}};
  for (const StateJson& actor : part(state, "actors")) {
    const std::string waiting = awaited(actor);
    lines.push_back(
        {fmt::format("{:<14} {:<11} {:<8} {:<9} {:<7} {}", word(actor, "name"),
                     word(actor, "state"), short_number(number(actor, "steps_per_second")),
                     short_number(number(actor, "samples_per_second")),
                     short_number(number(actor, "step")),
                     waiting.empty() ? word(actor, "phase") : waiting),
         tone_of(word(actor, "state"))});
  }
  return lines;
}

Lines graph(const StateJson& state) {
  std::map<int, std::string> names;
  std::map<int, std::string> states;
  for (const StateJson& actor : part(state, "actors")) {
    const int id = static_cast<int>(number(actor, "id"));
    names[id] = word(actor, "name");
    states[id] = word(actor, "state");
  }
  Lines lines = {
      {"who tells whom                        messages/s  bytes/s    delay", Tone::title}};
  for (const StateJson& edge : part(state, "edges")) {
    const int from = static_cast<int>(number(edge, "from"));
    const int to = static_cast<int>(number(edge, "to"));
    const double delay = number(edge, "delay_seconds", -1);
    lines.push_back({fmt::format("{:<16} -> {:<17} {:<11} {:<10} {}", names[from], names[to],
                                 short_number(number(edge, "messages_per_second")),
                                 short_number(number(edge, "bytes_per_second")),
                                 delay < 0 ? "-" : short_number(delay * 1e6) + " us"),
                     number(edge, "messages_per_second") > 0 ? Tone::plain : Tone::faint});
  }
  for (const StateJson& actor : part(state, "actors"))
    if (const std::string waiting = waits(actor); !waiting.empty())
      lines.push_back({word(actor, "name") + " " + waiting, tone_of(word(actor, "state"))});
  return lines;
}

Lines events(const StateJson& state) {
  Lines lines = {{"time        what                 who            detail", Tone::title}};
  for (const StateJson& event : part(state, "events"))
    lines.push_back({fmt::format("{:>8.1f} s  {:<20} {:<14} {}", number(event, "t"),
                                 word(event, "what"), word(event, "who"), word(event, "detail"))});
  return lines;
}

/// Text of other programs and users: nothing that a terminal would obey.
std::string fitted(const std::string& text, std::size_t width) {
  std::string fit;
  std::size_t columns = 0;
  for (const char letter : text) {
    const auto byte = static_cast<unsigned char>(letter);
    const bool continues = (byte & 0xc0U) == 0x80U;
    if (!continues && columns == width) break;
    if (byte < 0x20 || byte == 0x7f)
      fit += ' ';
    else
      fit += letter;
    if (!continues) ++columns;
  }
  return fit;
}

std::string painted(const Line& line, const Screen& screen) {
  std::string text = fitted(line.text, screen.width);
  if (!screen.colours || line.tone == Tone::plain || text.empty()) return text;
  return code_of(line.tone) + text + "\x1b[0m";
}

std::string head(const StateJson& state, const Screen& screen) {
  const StateJson& run = part(state, "run");
  static constexpr std::array names = {"1 overview", "2 workers", "3 graph", "4 events"};
  std::string tabs;
  for (std::size_t i = 0; i < names.size(); ++i)
    tabs += i == static_cast<std::size_t>(screen.tab) ? fmt::format("[{}] ", names[i])
                                                      : fmt::format(" {}  ", names[i]);
  std::string title = "troupe " + word(run, "name") + ": " + word(run, "phase");
  const std::size_t room = screen.width > tabs.size() + 1 ? screen.width - tabs.size() - 1 : 0;
  title = fitted(title, room);
  return title + std::string(room > title.size() ? room - title.size() : 0, ' ') + " " + tabs;
}

}  // namespace

std::vector<std::string> screen_lines(const std::string& text, const Screen& screen) {
  const StateJson state = StateJson::parse(text, nullptr, false);
  static constexpr std::array views = {&overview, &workers, &graph, &events};
  Lines top = {{head(state, screen), Tone::title}};
  if (screen.silent_seconds > 0)
    top.push_back({"! " + no_answer_line(screen.silent_seconds), Tone::bad});
  add_culprits(top, state, screen.width);
  const std::size_t rows = std::max<std::size_t>(screen.height, 4);
  if (top.size() > rows - 3) top.resize(rows - 3);
  const Lines list = views[static_cast<std::size_t>(screen.tab)](state);
  const std::size_t room = rows - top.size() - 1;
  const std::size_t most = list.size() > room ? list.size() - room : 0;
  const std::size_t first = std::min(screen.scroll, most);
  std::vector<std::string> lines;
  for (const Line& line : top) lines.push_back(painted(line, screen));
  for (std::size_t i = first; i < list.size() && lines.size() + 1 < rows; ++i)
    lines.push_back(painted(list[i], screen));
  while (lines.size() + 1 < rows) lines.emplace_back();
  const std::string more = most > 0 ? fmt::format("  lines {}-{} of {}", first + 1,
                                                  std::min(first + room, list.size()), list.size())
                                    : "";
  lines.push_back(painted(
      {"q leave (the run goes on)  1-4 or tab views  arrows scroll" + more, Tone::faint}, screen));
  return lines;
}

std::vector<std::string> plain_lines(const std::string& text) {
  const StateJson state = StateJson::parse(text, nullptr, false);
  if (!state.is_object()) return {};
  const StateJson& run = part(state, "run");
  const StateJson& progress = part(state, "progress");
  std::vector<std::string> lines = {
      fmt::format("{}: t {}  epoch {}  updates {}  {}/s  loss {}", word(run, "phase"),
                  duration_text(number(run, "t")), figure(progress, "epoch"),
                  short_number(number(progress, "updates")),
                  short_number(number(progress, "samples_per_second")), figure(progress, "loss"))};
  for (const StateJson& culprit : part(state, "culprits"))
    lines.push_back("waiting for " + culprit_text(culprit.dump()));
  return lines;
}

std::string no_answer_line(double seconds) {
  return fmt::format("coordinator: no answer for {:.0f} s", seconds);
}

}  // namespace troupe
