/// How a score is told, with and without an accuracy.
#include <doctest/doctest.h>

#include <limits>

#include "apps/library/metrics.hpp"
#include "apps/library/progress.hpp"

using namespace troupe;

namespace {

const Score classes{.split = "validation", .loss = 0.31, .accuracy = 0.921, .rows = 10};
const Score numbers{.split = "validation",
                    .loss = 0.31,
                    .accuracy = std::numeric_limits<double>::quiet_NaN(),
                    .rows = 10};

}  // namespace

TEST_CASE("scores: a model without classes has no accuracy to tell") {
  CHECK(score_text(classes) == "loss 0.3100, accuracy 0.9210");
  CHECK(score_text(numbers) == "loss 0.3100");
  CHECK(score_json(numbers) == R"({"rows":10,"loss":0.31,"accuracy":null})");
}

TEST_CASE("scores: the line of progress shows the loss where there is no accuracy") {
  CHECK(progress_text({}, {}, classes, 1).find("validation 0.9210") != std::string::npos);
  CHECK(progress_text({}, {}, numbers, 1).find("validation loss 0.3100") != std::string::npos);
}
