/// A command as data: its words, its arguments, what it does. The command line,
/// the help and the completions are made of it; no command parses anything.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "runtime/tables.hpp"

namespace troupe {

/// "CONFIG" stands by its place, "--seed" or "-q,--quiet" by its name.
struct Argument {
  std::string name;
  std::string value = {};  ///< what follows an option: "N", "FILE", "DIR"; empty: a flag
  std::string sentence = {};
  bool required = false;
  bool repeated = false;
  bool several = false;                 ///< an option that takes all words up to the next option
  std::vector<std::string> words = {};  ///< the only values allowed, when there are any
  std::vector<std::string> later = {};  ///< values that come with a later version

  bool by_place() const { return name[0] != '-'; }
  /// "--quiet" of "-q,--quiet": what Arguments are asked by.
  std::string key() const { return name.substr(name.rfind(',') + 1); }
};

/// What the user gave, by key.
class Arguments {
 public:
  Arguments(std::string command, std::map<std::string, std::vector<std::string>> given)
      : command_(std::move(command)), given_(std::move(given)) {}

  bool has(const std::string& key) const { return given_.count(key) != 0; }
  std::string text(const std::string& key, const std::string& otherwise = {}) const;
  std::vector<std::string> all(const std::string& key) const;
  /// Throws UserError (exit 2) when it is not a whole number >= 0.
  std::optional<std::uint64_t> count(const std::string& key) const;
  std::optional<double> number(const std::string& key) const;
  [[noreturn]] void refuse(const std::string& why) const;

 private:
  std::string command_;
  std::map<std::string, std::vector<std::string>> given_;
};

/// The world around a command. Results go to `out`, everything else to `err`.
struct Invocation {
  const Tables& tables;
  std::vector<std::string> argv;
  std::ostream& out;
  std::ostream& err;
  bool terminal = false;  ///< err is one
};

struct Command {
  std::string name;  ///< "train", "data make"
  std::string sentence;
  std::vector<Argument> arguments;
  std::vector<std::string> later = {};  ///< options that come with a later version
  int (*act)(const Arguments&, Invocation&) = nullptr;
};

}  // namespace troupe
