/// `troupe topology`: who would talk to whom, what it costs and what it would not
/// survive. It starts nothing.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <ostream>

#include "apps/library/commands.hpp"
#include "apps/library/preparation.hpp"
#include "apps/library/progress.hpp"
#include "base/user_error.hpp"
#include "topologies/inspection.hpp"
#include "topologies/mixing.hpp"
#include "topologies/picture.hpp"

namespace troupe {
namespace {

std::string head_of(const Config& config, const Drawing& drawing) {
  std::map<Role, std::size_t> count;
  for (const DrawingNode& node : drawing.nodes) ++count[node.role];
  std::string nodes;
  for (const auto& [role, many] : count)
    nodes += fmt::format("{}{} {}{}", nodes.empty() ? "" : ", ", many, to_text(role),
                         many == 1 ? "" : "s");
  return fmt::format("{}: {}, {} edges\n", config.settings().text("training.topology"), nodes,
                     drawing.edges.size());
}

int show_topology(const Arguments& arguments, Invocation& invocation) {
  const Config config = load_config(invocation.tables, config_sources(arguments));
  const Drawing drawing = draw_topology(config, invocation.tables);
  const std::string format = arguments.text("--format", "text");
  if (format == "dot")
    invocation.out << dot_of(drawing);
  else if (format == "svg")
    invocation.out << svg_of(drawing);
  else
    invocation.out << head_of(config, drawing) << text_of(drawing);
  return 0;
}

/// Bytes of one model, where the data can be read: they decide how many parameters.
std::optional<double> model_bytes(const Config& config, const Tables& tables) {
  try {
    return static_cast<double>(assemble(config, tables).plan->parameters) * sizeof(float);
  } catch (const UserError& error) {
    if (error.code() != ExitCode::data) throw;
    return std::nullopt;
  }
}

std::string amount(double models, std::optional<double> bytes) {
  if (bytes)
    return count_text(static_cast<std::uint64_t>(std::llround(models * *bytes))) + " bytes";
  return fmt::format("{:.4g} models", models);
}

std::string messages_text(double least, double most) {
  const std::string count =
      least == most ? fmt::format("{:.4g}", least) : fmt::format("{:.4g} to {:.4g}", least, most);
  return count + (count == "1" ? " message" : " messages");
}

/// What nodes of one role send and receive, a line a role.
std::string traffic_text(const Drawing& drawing, std::optional<double> bytes) {
  const std::vector<Traffic> traffic = traffic_of(drawing);
  std::string text;
  for (const Role role : {Role::aggregator, Role::worker, Role::peer}) {
    std::vector<Traffic> of;
    for (std::size_t i = 0; i < traffic.size(); ++i)
      if (drawing.nodes[i].role == role) of.push_back(traffic[i]);
    if (of.empty()) continue;
    const auto messages = std::ranges::minmax(of, {}, &Traffic::messages_out);
    const auto sent = std::ranges::max(of, {}, &Traffic::models_out).models_out;
    const auto received = std::ranges::max(of, {}, &Traffic::models_in).models_in;
    text += fmt::format("{:<20}sends {} an exchange, {}; receives {}\n", to_text(role),
                        messages_text(messages.min.messages_out, messages.max.messages_out),
                        amount(sent, bytes), amount(received, bytes));
  }
  return text;
}

std::string pace_text(const Settings& settings, const Drawing& drawing) {
  const auto has = [&](Role role) {
    return std::ranges::find(drawing.nodes, role, &DrawingNode::role) != drawing.nodes.end();
  };
  // Peers tell nobody but the one behind them, who listens at the end.
  if (has(Role::peer) && has(Role::aggregator)) return "once, at the end of the run";
  const std::string path = "training.local_steps";
  if (settings.is_text(path)) return "every " + settings.text(path);
  const std::int64_t steps = settings.integer(path);
  return steps == 1 ? "every step" : fmt::format("every {} steps", steps);
}

std::string points_text(const Drawing& drawing) {
  const std::vector<std::uint32_t> points = single_points_of_failure(drawing);
  if (points.empty()) return "none";
  if (points.size() == drawing.nodes.size()) return "every node";
  std::string text;
  for (std::size_t i = 0; i < std::min<std::size_t>(points.size(), 8); ++i)
    text += (i == 0 ? "" : ", ") + name_of(drawing.nodes[points[i]]);
  return points.size() > 8 ? text + fmt::format(", and {} more", points.size() - 8) : text;
}

int lint(const Arguments& arguments, Invocation& invocation) {
  const Config config = load_config(invocation.tables, config_sources(arguments));
  const Drawing drawing = draw_topology(config, invocation.tables);
  const std::optional<double> bytes = model_bytes(config, invocation.tables);
  const Mixing mixing = mixing_of(drawing);
  const auto exchanges = static_cast<std::uint64_t>(std::ceil(mixing.exchanges - 1e-6));
  std::ostream& out = invocation.out;
  out << head_of(config, drawing) << "connected           yes\n";
  out << fmt::format("spectral gap        {:.4g}{}\n", mixing.gap,
                     drawing.agrees ? ": one exchange leads everybody to one model" : "");
  out << fmt::format("mixing time         {} exchange{} until disagreement is a hundredth\n",
                     exchanges, exchanges == 1 ? "" : "s");
  if (!mixing.balanced)
    out << "balance             no: a plain mean leans towards those who are heard more; "
           "push_sum corrects it\n";
  out << traffic_text(drawing, bytes);
  if (bytes)
    out << fmt::format("model               {} bytes; a sparse pull or push sends less\n",
                       count_text(static_cast<std::uint64_t>(*bytes)));
  else
    out << "model               of unknown size: " << config.settings().text("data.path")
        << " cannot be read\n";
  out << "exchange            " << pace_text(config.settings(), drawing) << "\n";
  out << "single points       " << points_text(drawing) << "\n";
  const bool peers = std::ranges::none_of(
      drawing.nodes, [](const DrawingNode& node) { return node.role == Role::aggregator; });
  if (peers) out << "a lost peer         ends the run: its rows have no other holder\n";
  return 0;
}

}  // namespace

Command topology_show_command() {
  Command command{.name = "topology show",
                  .sentence = "who would talk to whom, as text or as a picture",
                  .arguments = config_arguments(),
                  .act = show_topology};
  command.arguments.push_back({.name = "--format",
                               .value = "FORMAT",
                               .sentence = "text, dot or svg",
                               .words = {"text", "dot", "svg"}});
  return command;
}

Command topology_lint_command() {
  return {.name = "topology lint",
          .sentence =
              "whether everybody hears of everybody, how fast, at what cost, and who may "
              "not fail",
          .arguments = config_arguments(),
          .act = lint};
}

}  // namespace troupe
