/// run.json: which run this is, who runs it and how to reach it. Mode 0600,
/// because the token is in it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace troupe {

struct RunCard {
  std::string run;  ///< the folder's last part
  std::vector<std::string> argv;
  std::uint64_t seed = 1;
  std::string version;
  std::string git;
  std::string clock;  ///< "real" or "virtual"
  std::string host;
  std::string kernels;
  std::string started;  ///< local time, ISO 8601
  std::int64_t pid = 0;
  std::string address;  ///< empty: none
  std::string token;
  std::string status = "running";
  std::optional<int> exit;
};

std::string to_json(const RunCard& card);
/// Nothing when the text is not a run card.
std::optional<RunCard> parse_run_card(const std::string& text);

/// Of this process and machine; version, host, pid, time.
RunCard run_card_here();
/// 128 random bits in hex.
std::string random_token();

}  // namespace troupe
