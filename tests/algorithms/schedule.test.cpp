#include "algorithms/schedule.hpp"

#include <doctest/doctest.h>

using namespace troupe;

TEST_CASE("schedule: constant is constant") {
  const Schedule schedule{.start = 0.5};
  CHECK(schedule.rate(0) == 0.5F);
  CHECK(schedule.rate(1'000'000) == 0.5F);
}

TEST_CASE("schedule: step falls by its factor at each of its epochs") {
  const Schedule schedule{.form = Schedule::Form::step,
                          .start = 1,
                          .at_epochs = {2, 3},
                          .factor = 0.1,
                          .rows_per_epoch = 100};
  CHECK(schedule.rate(199) == 1.0F);
  CHECK(schedule.rate(200) == doctest::Approx(0.1));
  CHECK(schedule.rate(300) == doctest::Approx(0.01));
}

TEST_CASE("schedule: cosine falls from start over half to nothing, and stays there") {
  const Schedule schedule{
      .form = Schedule::Form::cosine, .start = 1, .epochs = 10, .rows_per_epoch = 100};
  CHECK(schedule.rate(0) == doctest::Approx(1.0));
  CHECK(schedule.rate(500) == doctest::Approx(0.5));
  CHECK(schedule.rate(1000) == doctest::Approx(0.0));
  CHECK(schedule.rate(2000) == doctest::Approx(0.0));
}

TEST_CASE("schedule: inverse is start / (1 + start decay updates)") {
  const Schedule schedule{
      .form = Schedule::Form::inverse, .start = 2, .decay = 0.01, .rows_per_update = 16};
  CHECK(schedule.rate(0) == doctest::Approx(2.0));
  CHECK(schedule.rate(16 * 50) == doctest::Approx(1.0));
}

TEST_CASE("schedule: warm-up rises in a straight line and never starts at zero") {
  const Schedule schedule{
      .start = 1, .warmup_epochs = 2, .rows_per_epoch = 100, .rows_per_update = 10};
  CHECK(schedule.rate(0) == doctest::Approx(0.05));
  CHECK(schedule.rate(90) == doctest::Approx(0.5));
  CHECK(schedule.rate(400) == doctest::Approx(1.0));
}
