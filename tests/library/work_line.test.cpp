#include "apps/library/work_line.hpp"

#include <doctest/doctest.h>

#include <sstream>

using namespace troupe;

namespace {

// What a job that reports once leaves on the screen.
std::string shown(bool terminal) {
  const Tables tables;
  std::ostringstream out, err;
  Invocation invocation{tables, {}, out, err, terminal};
  WorkLine line(invocation, "rows made");
  const MakingProgress watch = line.watch();
  if (watch) watch(500, 1000);
  line.clear();
  return err.str();
}

}  // namespace

TEST_CASE("work line: what is done, what there is, and how long it takes") {
  CHECK(work_text("rows made", 15000, 60000, 5) == "rows made 15,000 of 60,000  ETA 15 s");
  CHECK(work_text("bytes read", 0, 60000, 5) == "bytes read 0 of 60,000");
  CHECK(work_text("bytes read", 15000, 0, 5) == "bytes read 15,000");
}

TEST_CASE("work line: shown on a terminal and removed, and silent elsewhere") {
  const std::string text = shown(true);
  CHECK(text.rfind("\rrows made 500 of 1,000  ETA ", 0) == 0);
  CHECK(text.back() == '\r');
  CHECK(shown(false) == "");
}
