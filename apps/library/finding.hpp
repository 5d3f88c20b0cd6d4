/// One line of a doctor: how bad, and what; with what to do about it.
#pragma once

#include <string>

namespace troupe {

struct Finding {
  enum class Verdict { ok, warn, fail };
  Verdict verdict = Verdict::ok;
  std::string text;
};

/// Of one width.
inline const char* word_of(Finding::Verdict verdict) {
  return verdict == Finding::Verdict::ok     ? "ok  "
         : verdict == Finding::Verdict::warn ? "warn"
                                             : "fail";
}

}  // namespace troupe
