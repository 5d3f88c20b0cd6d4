/// Whether a port can be opened here, and reached there: plain TCP and not a byte said.
#pragma once

#include <chrono>
#include <functional>
#include <string>

namespace troupe {

/// Accepts and closes, until standard input ends or the time is over. `opened` is called
/// once it listens. Why it cannot, or empty.
std::string answer_at(const std::string& address, std::chrono::seconds time,
                      const std::function<void()>& opened);

/// Why HOST:PORT is not reached, or empty.
std::string why_not_reached(const std::string& address, std::chrono::seconds time);

}  // namespace troupe
