#include "apps/library/command_line.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>

#include "apps/library/commands.hpp"
#include "apps/library/version.hpp"
#include "base/user_error.hpp"
#include "config/config.hpp"

namespace troupe {
namespace {

using Words = std::vector<std::string>;

[[noreturn]] void refuse(const std::string& line) { throw UserError(ExitCode::usage, line); }

bool contains(const Words& words, const std::string& word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

std::string joined(const Words& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

std::string hint(const std::string& word, const Words& known) {
  const std::string near = did_you_mean(word, known);
  return near.empty() ? "" : ", did you mean '" + near + "'?";
}

/// First words, each once, or the second words after `group`.
Words words_of(const std::vector<Command>& commands, const std::string& group) {
  Words words;
  for (const Command& command : commands) {
    const std::size_t space = command.name.find(' ');
    if (group.empty()) {
      const std::string first = command.name.substr(0, space);
      if (!contains(words, first)) words.push_back(first);
    } else if (command.name.substr(0, space) == group && space != std::string::npos) {
      words.push_back(command.name.substr(space + 1));
    }
  }
  return words;
}

const Command* find(const std::vector<Command>& commands, const std::string& name) {
  for (const Command& command : commands)
    if (command.name == name) return &command;
  return nullptr;
}

std::string commands_text(const std::vector<Command>& commands, const std::string& group) {
  std::string text = "usage: troupe " + (group.empty() ? "COMMAND" : group + " ...") +
                     " [...]    troupe COMMAND --help says more\n\n";
  for (const Command& command : commands) {
    if (!group.empty() && command.name.rfind(group + " ", 0) != 0) continue;
    text += "  " + command.name +
            std::string(18 - std::min<std::size_t>(17, command.name.size()), ' ') +
            command.sentence + "\n";
  }
  return text;
}

[[noreturn]] void refuse_command(const std::string& word, const std::string& group,
                                 const std::vector<Command>& commands) {
  const std::string name = group.empty() ? word : group + " " + word;
  if (contains(later_commands(), name)) refuse("'troupe " + name + "' comes with a later version");
  if (word[0] == '-')
    refuse("troupe: unknown option '" + word + "'" + hint(word, {"--help", "--version"}));
  const Words known = words_of(commands, group);
  const std::string near = hint(word, known);
  refuse("troupe: unknown command '" + name + "'" +
         (near.empty() ? "; there are " + joined(known) : near));
}

Words names_of(const Argument& argument) {
  Words names;
  std::size_t begin = 0;
  while (begin <= argument.name.size()) {
    const std::size_t comma = std::min(argument.name.find(',', begin), argument.name.size());
    names.push_back(argument.name.substr(begin, comma - begin));
    begin = comma + 1;
  }
  return names;
}

/// What CLI11 could not place: an unknown option or one word too many.
[[noreturn]] void refuse_extra(const Command& command, const std::string& word) {
  const std::string start = "troupe " + command.name + ": ";
  if (word.size() < 2 || word[0] != '-') refuse(start + "unexpected argument '" + word + "'");
  const std::string name = word.substr(0, word.find('='));
  if (contains(command.later, name))
    refuse("'troupe " + command.name + " " + name + "' comes with a later version");
  Words known = {"--help"};
  for (const Argument& argument : command.arguments)
    if (!argument.by_place())
      for (const std::string& one : names_of(argument)) known.push_back(one);
  const std::string near = hint(name, known);
  refuse(start + "unknown option '" + name + "'" +
         (near.empty() ? "; 'troupe " + command.name + " --help' lists them" : near));
}

void check_value(const Command& command, const Argument& argument, const std::string& value) {
  if (contains(argument.later, value))
    refuse("'troupe " + command.name + " " + value + "' comes with a later version");
  if (argument.words.empty() || contains(argument.words, value)) return;
  const std::string near = hint(value, argument.words);
  refuse("troupe " + command.name + ": " + argument.key() + " cannot be '" + value + "'" +
         (near.empty() ? "; it is one of " + joined(argument.words) : near));
}

CLI::Option* declare(CLI::App& app, const Argument& argument) {
  if (!argument.by_place() && argument.value.empty())
    return app.add_flag(argument.name, argument.sentence);
  const std::string sentence = argument.sentence;
  CLI::Option* option = app.add_option(argument.name, sentence);
  // One value an occurrence: "-s a=1 CONFIG" must not swallow CONFIG.
  if (!argument.by_place() && !argument.several) option->expected(1)->allow_extra_args(false);
  if (argument.several) option->expected(-1)->allow_extra_args(true);
  if (argument.by_place() && argument.repeated) option->expected(-1);
  option->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  option->type_name(argument.by_place() ? "" : argument.value);
  return option;
}

using Given = std::map<std::string, Words>;

void take(const Command& command, const Argument& argument, const CLI::Option& option,
          Given& given) {
  const Words& values = option.results();
  if (values.empty()) {
    if (!argument.required) return;
    refuse("troupe " + command.name + ": " + argument.key() + " is missing: " + argument.sentence);
  }
  const bool flag = !argument.by_place() && argument.value.empty();
  if (!argument.repeated && !argument.several && !flag && values.size() > 1)
    refuse("troupe " + command.name + ": " + argument.key() + " is given twice, '" + values[0] +
           "' and '" + values[1] + "'");
  for (const std::string& value : values) check_value(command, argument, value);
  given[argument.key()] = values;
}

Parsed parse_arguments(const Command& command, Words words) {
  CLI::App app(command.sentence, "troupe " + command.name);
  app.allow_extras();
  std::vector<CLI::Option*> options;
  for (const Argument& argument : command.arguments) options.push_back(declare(app, argument));
  std::reverse(words.begin(), words.end());
  try {
    app.parse(words);
  } catch (const CLI::CallForHelp&) {
    return {nullptr, {{}, {}}, app.help()};
  } catch (const CLI::ParseError& error) {
    std::string what = error.what();
    std::replace(what.begin(), what.end(), '\n', ' ');
    refuse("troupe " + command.name + ": " + what);
  }
  const Words extras = app.remaining();
  if (!extras.empty()) refuse_extra(command, extras.front());
  Given given;
  for (std::size_t i = 0; i < options.size(); ++i)
    take(command, command.arguments[i], *options[i], given);
  return {&command, {"troupe " + command.name, std::move(given)}, {}};
}

}  // namespace

Parsed parse_command_line(const std::vector<Command>& commands, const Words& words) {
  const auto is_help = [](const std::string& word) { return word == "--help" || word == "-h"; };
  if (words.empty())
    refuse("troupe: a command is needed, one of " + joined(words_of(commands, "")) +
           "; 'troupe --help' says more");
  if (is_help(words[0]) || words[0] == "help")
    return {nullptr, {{}, {}}, commands_text(commands, "")};
  if (words[0] == "--version") return {nullptr, {{}, {}}, "troupe " + version_text() + "\n"};
  if (const Command* command = find(commands, words[0]))
    return parse_arguments(*command, {words.begin() + 1, words.end()});
  const Words second = words_of(commands, words[0]);
  if (second.empty()) refuse_command(words[0], "", commands);
  if (words.size() == 1) refuse("troupe " + words[0] + ": say what, one of " + joined(second));
  if (is_help(words[1])) return {nullptr, {{}, {}}, commands_text(commands, words[0])};
  if (const Command* command = find(commands, words[0] + " " + words[1]))
    return parse_arguments(*command, {words.begin() + 2, words.end()});
  refuse_command(words[1], words[0], commands);
}

std::string Arguments::text(const std::string& key, const std::string& otherwise) const {
  const auto found = given_.find(key);
  return found == given_.end() ? otherwise : found->second.front();
}

Words Arguments::all(const std::string& key) const {
  const auto found = given_.find(key);
  return found == given_.end() ? Words() : found->second;
}

std::optional<std::uint64_t> Arguments::count(const std::string& key) const {
  if (!has(key)) return std::nullopt;
  const std::string given = text(key);
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(given.data(), given.data() + given.size(), value);
  if (error != std::errc() || end != given.data() + given.size())
    refuse(key + " needs a whole number that is not negative, not '" + given + "'");
  return value;
}

std::optional<double> Arguments::number(const std::string& key) const {
  if (!has(key)) return std::nullopt;
  const std::string given = text(key);
  double value = 0;
  const auto [end, error] = std::from_chars(given.data(), given.data() + given.size(), value);
  if (error != std::errc() || end != given.data() + given.size())
    refuse(key + " needs a number, not '" + given + "'");
  return value;
}

void Arguments::refuse(const std::string& why) const {
  throw UserError(ExitCode::usage, command_ + ": " + why);
}

}  // namespace troupe
