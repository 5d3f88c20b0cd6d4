/// Deadlines of progress, by a clock that the test turns.
#include "actors/strides.hpp"

#include <doctest/doctest.h>

using namespace troupe;

namespace {

/// One worker that takes these steps, one behind the other from time 0; returns when it is done.
double walk(Strides& strides, const std::vector<double>& lengths) {
  double now = 0;
  for (const double length : lengths) {
    strides.begun(0, 1, now);
    now += length;
    strides.done(0, 1, now);
  }
  return now;
}

}  // namespace

TEST_CASE("strides: a first step has ten seconds, to the digit") {
  Strides strides(1);
  strides.begun(0, 1, 5);
  CHECK(strides.next() == 15);
  CHECK(strides.late(14.999).empty());
  const auto late = strides.late(15);
  REQUIRE(late.size() == 1);
  CHECK(late[0].seconds == 10);
  CHECK(late[0].usual_seconds == 0);
}

TEST_CASE("strides: the deadline is the median and ten deviations of the worker's own steps") {
  Strides strides(1);
  const double now = walk(strides, {4, 5, 6, 5, 8});
  CHECK(strides.deadline(0) == 5 + 10 * 1);
  strides.begun(0, 1, now);
  CHECK(strides.next() == now + 15);
  CHECK(strides.late(now + 14.9).empty());
  CHECK(strides.late(now + 15).size() == 1);
}

TEST_CASE("strides: who is always slow is not late") {
  Strides strides(1);
  const double now = walk(strides, std::vector<double>(50, 60));
  CHECK(strides.deadline(0) == doctest::Approx(66));  // a hundredth of 60, ten times
  strides.begun(0, 1, now);
  CHECK(strides.late(now + 59).empty());
}

TEST_CASE("strides: a late one is named once, and once more when it is done") {
  Strides strides(2);
  double now = walk(strides, std::vector<double>(9, 1));
  strides.begun(0, 1, now);
  strides.begun(1, 1, now);
  strides.done(1, 1, now + 1);
  CHECK(strides.late(now + 12).size() == 1);
  CHECK(strides.late(now + 30).empty());
  CHECK_FALSE(strides.next());
  const auto news = strides.done(0, 1, now + 31);
  REQUIRE(news);
  CHECK(news->worker == 0);
  CHECK(news->seconds == 31);
  CHECK(news->usual_seconds == 1);
}

TEST_CASE("strides: waiting is no step, and turns ahead follow each other") {
  Strides strides(1);
  double now = walk(strides, {1, 1, 1});
  CHECK_FALSE(strides.next());
  CHECK(strides.late(now + 1000).empty());
  now += 1000;
  strides.begun(0, 2, now);
  CHECK_FALSE(strides.done(0, 1, now + 9));
  CHECK(strides.next() == now + 9 + 10);
  CHECK(strides.late(now + 18).empty());
}

TEST_CASE("strides: who comes in the place of another begins anew") {
  Strides strides(1);
  const double now = walk(strides, std::vector<double>(50, 60));
  strides.begun(0, 1, now);
  strides.forget(0);
  CHECK(strides.deadline(0) == 10);
  CHECK(strides.late(now + 100).empty());
}
