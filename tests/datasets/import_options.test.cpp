#include "importing.hpp"

using namespace troupe;

TEST_CASE("an option that the format does not know is refused") {
  const Scratch scratch;
  const std::string svm = scratch.write("a", "1 1:1\n");
  CHECK(usage_refusal(scratch, {svm}, {.labels = {"x"}}) ==
        "data import: the format svmlight has no --labels");
  CHECK(usage_refusal(scratch, {svm}, {.format = "idx", .base = 1}) ==
        "data import: the format idx has no --base");
  CHECK(usage_refusal(scratch, {svm, svm}, {.labels = {"x"}}) ==
        "data import: files of labels: 1, expected one for each of the 2 files of rows");
  CHECK(usage_refusal(scratch, {svm}, {.format = "csv", .labels = {"x"}, .label_column = "1"}) ==
        "data import: labels come from --labels or from --label-column, not both");
  CHECK(usage_refusal(scratch, {svm}, {.format = "csv", .delimiter = "ab"}) ==
        "data import: --delimiter is one character, not 'ab'");
  CHECK(usage_refusal(scratch, {svm, svm}, {.format = "dimacs"}) ==
        "data import: a graph is one file, not 2");
}
