#include <fmt/core.h>

#include "apps/library/recorder.hpp"

namespace troupe {
namespace {

std::string next_step(const EndReport& end, const Place& place) {
  const std::string& folder = place.folder;
  if (end.model.size() == 0) return "less " + folder + "/log.txt";
  return "troupe evaluate --model " + folder + "/model.h5 --data " + place.data;
}

}  // namespace

std::string summary(const EndReport& end, const std::string& clock, const Place& place) {
  const std::string& folder = place.folder;
  const bool is_virtual = clock == "virtual";
  // Why it went wrong is on standard error, and on a terminal both are read.
  std::string text = went_wrong(end)
                         ? fmt::format("{:<12}with exit code {}\n", end.status, end.exit_code)
                         : fmt::format("{}: {}\n", end.status, end.reason);
  text +=
      fmt::format("{:<12}{}{}, {} epochs, {} updates, {} samples", is_virtual ? "virtual" : "time",
                  duration_text(end.t), is_virtual ? " of virtual time" : "",
                  count_text(end.epochs), count_text(end.updates), count_text(end.samples));
  if (end.t > 0)
    text += fmt::format(
        " ({}/s)",
        count_text(static_cast<std::uint64_t>(static_cast<double>(end.samples) / end.t)));
  text += "\n";
  for (const Score& score : end.scores)
    text += fmt::format("{:<12}{} on {} rows\n", score.split, score_text(score),
                        count_text(score.rows));
  if (const std::string weights = weights_text(end.model); !weights.empty())
    text += fmt::format("{:<12}{} (CRC32C), {}/model.h5\n", "weights", weights, folder);
  if (end.bytes_moved > 0)
    text += fmt::format("{:<12}{} bytes of rows between partitions\n", "moved",
                        count_text(end.bytes_moved));
  for (const Count& count : end.discarded)
    text += fmt::format("{:<12}{} draws: {}\n", "discarded", count_text(count.rows), count.reason);
  text += fmt::format("{:<12}{}\n", "run folder", folder);
  text += fmt::format("{:<12}{}\n", "next", next_step(end, place));
  return text;
}

}  // namespace troupe
