#include "config/settings.hpp"

#include <string>

#include "base/check.hpp"

namespace troupe {
namespace {

template <class Wanted>
const Wanted& get(const std::map<std::string, Value, std::less<>>& values, std::string_view path) {
  const auto found = values.find(path);
  if (found == values.end()) TROUPE_CHECK(std::string(path), ==, "a key that has a value");
  const Wanted* value = std::get_if<Wanted>(&found->second);
  if (value == nullptr) TROUPE_CHECK(std::string(path), ==, "a key of the type asked for");
  return *value;
}

}  // namespace

bool Settings::flag(std::string_view path) const { return get<bool>(values_, path); }

std::int64_t Settings::integer(std::string_view path) const {
  return get<std::int64_t>(values_, path);
}

double Settings::number(std::string_view path) const {
  const auto found = values_.find(path);
  if (found != values_.end())
    if (const auto* integer = std::get_if<std::int64_t>(&found->second))
      return static_cast<double>(*integer);
  return get<double>(values_, path);
}

std::string Settings::text(std::string_view path) const { return get<std::string>(values_, path); }

bool Settings::is_text(std::string_view path) const {
  const auto found = values_.find(path);
  return found != values_.end() && std::holds_alternative<std::string>(found->second);
}

std::vector<double> Settings::numbers(std::string_view path) const {
  return get<std::vector<double>>(values_, path);
}

std::vector<std::string> Settings::texts(std::string_view path) const {
  return get<std::vector<std::string>>(values_, path);
}

}  // namespace troupe
