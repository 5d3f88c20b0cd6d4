/// `troupe completion`: scripts that complete commands and options in a shell, made
/// of the same table as the command line.
#include <fmt/core.h>

#include <algorithm>
#include <ostream>

#include "apps/library/commands.hpp"

namespace troupe {
namespace {

/// "-s,--set" -> {"-s", "--set"}; "--help" belongs to every command.
std::vector<std::string> option_names(const Command& command) {
  std::vector<std::string> names;
  for (const Argument& argument : command.arguments) {
    if (argument.by_place()) continue;
    const std::size_t comma = argument.name.find(',');
    if (comma != std::string::npos) names.push_back(argument.name.substr(0, comma));
    names.push_back(argument.key());
  }
  names.push_back("--help");
  return names;
}

std::string spaced(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

/// First words ("") or the second words of a group.
std::string words_after(const std::string& group) {
  std::vector<std::string> words;
  for (const Command& command : commands()) {
    const std::size_t space = command.name.find(' ');
    const std::string first = command.name.substr(0, space);
    if (group.empty() && (words.empty() || words.back() != first)) words.push_back(first);
    if (!group.empty() && first == group) words.push_back(command.name.substr(space + 1));
  }
  return spaced(words);
}

/// The first words that have second ones.
std::vector<std::string> groups() {
  std::vector<std::string> found;
  for (const Command& command : commands()) {
    const std::size_t space = command.name.find(' ');
    if (space == std::string::npos) continue;
    const std::string first = command.name.substr(0, space);
    if (std::find(found.begin(), found.end(), first) == found.end()) found.push_back(first);
  }
  return found;
}

/// "data|config" of a case.
std::string group_pattern() {
  std::string text;
  for (const std::string& group : groups()) text += (text.empty() ? "" : "|") + group;
  return text;
}

std::string quoted(const std::string& text) {
  std::string result = "'";
  for (const char c : text) result += c == '\'' ? "'\\''" : std::string(1, c);
  return result + "'";
}

std::string positional_words(const Command& command) {
  for (const Argument& argument : command.arguments)
    if (argument.by_place() && !argument.words.empty()) return spaced(argument.words);
  return {};
}

/// Lines "key) words ;;" of a case over "COMMAND" or "GROUP COMMAND".
std::string cases(const std::string& set_options, const std::string& set_words) {
  std::string text;
  for (const Command& command : commands())
    text += fmt::format("    {}) {}{}; {}{} ;;\n", quoted(command.name), set_options,
                        quoted(spaced(option_names(command))), set_words,
                        quoted(positional_words(command)));
  return text;
}

std::string bash_groups() {
  std::string text;
  for (const std::string& group : groups())
    text += "    '2 " + group + "') COMPREPLY=($(compgen -W " + quoted(words_after(group)) +
            " -- \"$word\")); return ;;\n";
  return text;
}

std::string zsh_groups() {
  std::string text;
  for (const std::string& group : groups())
    text += "    '3 " + group + "') compadd -- ${=:-" + words_after(group) + "}; return ;;\n";
  return text;
}

std::string bash_script() {
  return "_troupe() {\n"
         "  local word=\"${COMP_WORDS[COMP_CWORD]}\" command=\"${COMP_WORDS[1]}\" options= words=\n"
         "  case \"$COMP_CWORD $command\" in\n"
         "    1*) COMPREPLY=($(compgen -W " +
         quoted(words_after("") + " --help --version") + " -- \"$word\")); return ;;\n" +
         bash_groups() +
         "  esac\n"
         "  case \"$command\" in " +
         group_pattern() +
         ") command=\"$command ${COMP_WORDS[2]}\" ;; esac\n"
         "  case \"$command\" in\n" +
         cases("options=", "words=") +
         "  esac\n"
         "  case \"$word\" in\n"
         "    -*) COMPREPLY=($(compgen -W \"$options\" -- \"$word\")) ;;\n"
         "    *) COMPREPLY=($(compgen -W \"$words\" -- \"$word\") $(compgen -f -- \"$word\")) ;;\n"
         "  esac\n"
         "}\n"
         "complete -o filenames -F _troupe troupe\n";
}

std::string zsh_script() {
  return "#compdef troupe\n"
         "_troupe() {\n"
         "  local command=\"${words[2]}\" options= first=\n"
         "  case \"$CURRENT $command\" in\n"
         "    2*) compadd -- ${=:-" +
         words_after("") + " --help --version}; return ;;\n" + zsh_groups() +
         "  esac\n"
         "  case \"$command\" in " +
         group_pattern() +
         ") command=\"$command ${words[3]}\" ;; esac\n"
         "  case \"$command\" in\n" +
         cases("options=", "first=") +
         "  esac\n"
         "  if [[ \"$PREFIX\" == -* ]]; then\n"
         "    compadd -- ${=options}\n"
         "  else\n"
         "    [[ -n \"$first\" ]] && compadd -- ${=first}\n"
         "    _files\n"
         "  fi\n"
         "}\n"
         "compdef _troupe troupe\n";
}

void fish_options(std::string& text, const Command& command) {
  const std::size_t space = command.name.find(' ');
  const std::string second = space == std::string::npos ? "" : command.name.substr(space + 1);
  const std::string when = "'__fish_seen_subcommand_from " + command.name.substr(0, space) +
                           (second.empty() ? "" : "; and __fish_seen_subcommand_from " + second) +
                           "'";
  for (const Argument& argument : command.arguments) {
    if (argument.by_place()) continue;
    text += "complete -c troupe -n " + when + " -l " + argument.key().substr(2);
    if (argument.name[1] != '-') text += " -s " + argument.name.substr(1, 1);
    if (!argument.value.empty()) text += " -r";
    text += " -d " + quoted(argument.sentence) + "\n";
  }
}

std::string fish_script() {
  std::string text;
  for (const Command& command : commands()) {
    const std::size_t space = command.name.find(' ');
    const std::string first = command.name.substr(0, space);
    text += fmt::format("complete -c troupe -n __fish_use_subcommand -a {}", first);
    if (space != std::string::npos)
      text += fmt::format("\ncomplete -c troupe -n '__fish_seen_subcommand_from {}' -a {}", first,
                          command.name.substr(space + 1));
    text += fmt::format(" -d {}\n", quoted(command.sentence));
    fish_options(text, command);
  }
  return text;
}

int completion(const Arguments& arguments, Invocation& invocation) {
  const std::string shell = arguments.text("SHELL");
  invocation.out << (shell == "bash"  ? bash_script()
                     : shell == "zsh" ? zsh_script()
                                      : fish_script());
  return 0;
}

}  // namespace

Command completion_command() {
  return {.name = "completion",
          .sentence = "a script that completes troupe's words: eval \"$(troupe completion bash)\"",
          .arguments = {{.name = "SHELL",
                         .value = "SHELL",
                         .sentence = "bash, zsh or fish",
                         .required = true,
                         .words = {"bash", "zsh", "fish"}}},
          .act = completion};
}

}  // namespace troupe
