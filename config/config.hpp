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
  /// `training.workers = 4 (run.toml:9:1)`: how a message names a value.
  std::string describe(std::string_view path) const;
  /// Takes the value where the one that stands there has a lower precedence.
  void fill(const std::string& path, Value value, Origin origin);
  /// A UserError (exit 2) that starts with the key's origin.
  [[noreturn]] void refuse(std::string_view path, const std::string& why) const;
  /// Refuses an entry of a listing that lacks this key.
  void need(const std::string& entry, const char* key, const char* what) const;
  /// Puts what a word ("auto", "all") came to in the place of the word; `how` is
  /// added to the origin.
  void resolve(const std::string& path, Value value, const std::string& how = {});
  /// Values that the user set and nothing reads, with the reason.
  const std::map<std::string, std::string, std::less<>>& unused() const { return unused_; }
  void mark_unused(const std::string& path, const std::string& why) { unused_[path] = why; }
  const std::string& file() const { return file_; }

  const std::map<std::string, Origin, std::less<>>& origins() const { return origins_; }

 private:
  Settings settings_;
  std::map<std::string, Origin, std::less<>> origins_;
  std::map<std::string, std::string, std::less<>> unused_;
  std::string file_;
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
