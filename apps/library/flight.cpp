#include "apps/library/flight.hpp"

#include <nlohmann/json.hpp>

namespace troupe {

std::string flight_text(const std::vector<Flown>& flight) {
  std::string text;
  for (const Flown& line : flight)
    text += nlohmann::ordered_json{{"t", line.happening.t},
                                   {"actor", line.name},
                                   {"event", line.happening.number},
                                   {"what", name_of_happening(line.happening.what)},
                                   {"from", line.other}}
                .dump() +
            "\n";
  return text;
}

}  // namespace troupe
