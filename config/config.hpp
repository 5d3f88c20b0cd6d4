/// A configuration with every key resolved and its origin known. Loading it is
/// where all of a user's mistakes end: one line, file:line:column, exit 2.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/schema.hpp"
#include "config/settings.hpp"

namespace troupe {

/// Where a value came from. The order is the order of precedence.
enum class From { standard, preset, topology, file, environment, command_line };

struct Origin {
  From from = From::standard;
  std::string
      where;  ///< "run.toml:12:1", "TROUPE__TRAINING__WORKERS", "-s workers=2", "preset asgd"
};

struct ConfigSources {
  std::string file;  ///< as the user wrote it, for messages
  std::string text;  ///< its contents
  std::vector<std::pair<std::string, std::string>>
      environment;                     ///< only TROUPE__ names are looked at
  std::vector<std::string> overrides;  ///< "key=value" of each -s
};

class Config {
 public:
  /// Throws UserError (exit 2): unknown or planned key, wrong type, out of range,
  /// a table of a kind that nothing in the file chooses.
  static Config load(const Schema& schema, const ConfigSources& sources);

  const Settings& settings() const { return settings_; }
  /// Set by file, environment or -s.
  bool set_by_user(std::string_view path) const;
  bool has(std::string_view path) const { return settings_.has(path); }
  const Origin& origin(std::string_view path) const;
  /// Takes the value where the one that stands there has a lower precedence.
  void fill(const std::string& path, Value value, Origin origin);
  /// A UserError (exit 2) that starts with the key's origin.
  [[noreturn]] void refuse(std::string_view path, const std::string& why) const;

  const std::map<std::string, Origin, std::less<>>& origins() const { return origins_; }

 private:
  Settings settings_;
  std::map<std::string, Origin, std::less<>> origins_;
};

/// TOML text of a value.
std::string to_toml(const Value& value);
/// The nearest of the known words, or empty when none is near.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& known);
/// `config schema`: every key with type, unit, range, default, sentence.
std::string schema_text(const Schema& schema);
/// `config show [--origin]`: the resolved configuration as TOML that loads again.
std::string resolved_text(const Schema& schema, const Config& config, bool with_origin);
/// config/reference.toml: every key, commented out at its default.
std::string reference_text(const Schema& schema);

}  // namespace troupe
