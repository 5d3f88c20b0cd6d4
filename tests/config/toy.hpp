/// A small schema of its own: the engine is tested without knowing Troupe's keys.
#pragma once

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "base/user_error.hpp"
#include "config/config.hpp"

namespace troupe {

inline Schema toy_schema() {
  Schema schema;
  schema.keys = {
      {.path = "name", .standard = Value(std::string("toy")), .sentence = "its name"},
      {.path = "data.path", .sentence = "a file"},
      {.path = "data.share", .type = KeyType::share, .minimum = 0, .maximum = 1},
      {.path = "run.workers",
       .type = KeyType::integer,
       .minimum = 1,
       .standard = Value(std::int64_t{1}),
       .sentence = "how many"},
      {.path = "run.batch",
       .type = KeyType::integer,
       .unit = "rows",
       .minimum = 1,
       .maximum = 100,
       .choices = {"all"},
       .standard = Value(std::int64_t{16})},
      {.path = "run.verbose", .type = KeyType::flag, .standard = Value(false)},
      {.path = "run.time", .type = KeyType::duration, .minimum = 0, .exclusive = true},
      {.path = "run.memory", .type = KeyType::size, .minimum = 1, .choices = {"all"}},
      {.path = "run.at", .type = KeyType::numbers, .minimum = 0},
      {.path = "run.files", .type = KeyType::texts},
      {.path = "run.rate.start",
       .type = KeyType::number,
       .minimum = 0,
       .standard = Value(0.5),
       .exclusive = true},
      {.path = "run.rate.kind",
       .type = KeyType::choice,
       .choices = {"constant", "falling"},
       .standard = Value(std::string("constant"))},
      {.path = "run.stop.*", .sentence = "where it rests"},
      {.path = "run.stop.*.at", .type = KeyType::integer},
      {.path = "run.stop.*.for", .type = KeyType::duration, .minimum = 0, .standard = Value(1.0)},
      {.path = "run.change.*", .sentence = "what is otherwise later", .for_later = true},
      {.path = "run.change.*.after", .type = KeyType::integer, .sentence = "when"},
  };
  Axis preset{.path = "run.preset", .table = "run", .kinds = {{"quick", "few"}, {"slow", "many"}}};
  preset.fills = Fills{.from = From::preset,
                       .noun = "preset",
                       .of_kind = {{"quick",
                                    {{"run.shape", std::string("star")},
                                     {"run.gate", std::string("wide")},
                                     {"run.batch", std::int64_t{4}}}}}};
  Axis shape{.path = "run.shape",
             .table = "run",
             .kinds = {{"star", "one in the middle"}, {"line", "in a row"}},
             .standard = "line"};
  shape.fills =
      Fills{.from = From::topology,
            .noun = "shape",
            .of_kind = {
                {"line", {{"run.gate", std::string("narrow")}}},
                {"star", {{"run.gate", std::string("narrow")}, {"run.workers", std::int64_t{5}}}}}};
  Axis gate{.path = "run.gate",
            .table = "run",
            .kinds = {{"wide", "all at once", {{.path = "width", .type = KeyType::integer}}},
                      {"narrow",
                       "one by one",
                       {{.path = "slack",
                         .type = KeyType::number,
                         .standard = Value(0.25),
                         .sentence = "how loose"}}}},
            .standard = "wide"};
  schema.axes = {preset, shape, gate};
  schema.shorthands = {{"run.rate", "run.rate.start"}};
  schema.planned = {{.path = "run.ahead"},
                    {.path = "saving"},
                    {.path = "run.gate", .value = "clever"},
                    {.path = "run.secret", .reason = "comes with locks"}};
  return schema;
}

inline Config load(const std::string& text, const std::vector<std::string>& overrides = {},
                   const std::vector<std::pair<std::string, std::string>>& environment = {}) {
  return Config::load(toy_schema(), {"run.toml", text, environment, overrides});
}

/// The line that loading fails with; "" when it does not.
inline std::string refusal(
    const std::string& text, const std::vector<std::string>& overrides = {},
    const std::vector<std::pair<std::string, std::string>>& environment = {}) {
  try {
    load(text, overrides, environment);
  } catch (const UserError& error) {
    CHECK(error.code() == ExitCode::usage);
    return error.what();
  }
  return "";
}

}  // namespace troupe
