/// Resolved values by full key, read by type. Asking for a key that the schema
/// does not have, or by another type, is our bug and not the user's.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "config/schema.hpp"

namespace troupe {

class Settings {
 public:
  Settings() = default;
  explicit Settings(std::map<std::string, Value, std::less<>> values)
      : values_(std::move(values)) {}

  bool has(std::string_view path) const { return values_.find(path) != values_.end(); }
  bool flag(std::string_view path) const;
  std::int64_t integer(std::string_view path) const;
  /// Numbers, shares and durations; an integer is widened.
  double number(std::string_view path) const;
  std::string text(std::string_view path) const;
  /// True when a word stands where a number may ("all", "epoch", "workers").
  bool is_text(std::string_view path) const;
  std::vector<double> numbers(std::string_view path) const;
  std::vector<std::string> texts(std::string_view path) const;

  const std::map<std::string, Value, std::less<>>& values() const { return values_; }
  void set(const std::string& path, Value value) { values_[path] = std::move(value); }

 private:
  std::map<std::string, Value, std::less<>> values_;
};

}  // namespace troupe
