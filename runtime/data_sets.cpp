#include "runtime/data_sets.hpp"

#include "base/user_error.hpp"

namespace troupe {
namespace {

bool from_coordinator(const Settings& settings) {
  return settings.text("data.source") == "coordinator";
}

std::string cache_folder(const Settings& settings) {
  const std::string folder = settings.text("data.cache");
  if (folder == "none") return "";
  return folder == "auto" ? standard_cache_folder() : folder;
}

}  // namespace

std::vector<Key> data_source_keys() {
  return {{.path = "data.source",
           .type = KeyType::choice,
           .choices = {"file", "coordinator"},
           .standard = std::string("file"),
           .sentence = "where nodes read the training set: file (each opens data.path) or "
                       "coordinator (only its process does, and serves them the segments that "
                       "they need)"},
          {.path = "data.cache",
           .standard = std::string("auto"),
           .sentence = "the folder where a node keeps the segments that it was served, for the "
                       "next start; auto is $XDG_CACHE_HOME/troupe or ~/.cache/troupe, none keeps "
                       "nothing"},
          {.path = "data.cache_limit",
           .type = KeyType::size,
           .unit = "bytes",
           .minimum = 1,
           .maximum = 1e15,
           .standard = std::int64_t{10} << 30,
           .sentence = "what that folder may hold; what was used longest ago goes first"},
          {.path = "data.timeout",
           .type = KeyType::duration,
           .unit = "seconds",
           .minimum = 0,
           .standard = 30.0,
           .sentence = "how long a node waits for the next part of a segment that it is served",
           .exclusive = true}};
}

DataSets open_data(const Settings& settings) {
  const auto file = open_file_dataset(settings.text("data.path"));
  DataSets data{.training = file, .test = nullptr};
  if (settings.has("data.test")) data.test = open_dataset(settings.text("data.test"));
  if (from_coordinator(settings)) data.served = file;
  return data;
}

DataSets node_data(const Settings& settings, const DataDoor& door, DataNews news) {
  // Each its own file; the handshake compares what is in them.
  if (!from_coordinator(settings))
    return {.training = open_dataset(settings.text("data.path")), .test = nullptr};
  if (!door)
    throw UserError(ExitCode::cluster,
                    "data.source = \"coordinator\", but the coordinator's process serves no data");
  Serving serving;
  serving.fetcher = door(settings.number("data.timeout"));
  serving.cache_folder = cache_folder(settings);
  serving.cache_limit = static_cast<std::uint64_t>(settings.integer("data.cache_limit"));
  serving.news = std::move(news);
  return {.training = open_file_dataset(serve_segments(std::move(serving))), .test = nullptr};
}

}  // namespace troupe
