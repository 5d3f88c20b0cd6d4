#include <cstdio>
#include <cstdlib>

#include "importing.hpp"

using namespace troupe;

namespace {

// The line about a file of svmlight text.
std::string refused(const Scratch& scratch, const std::string& text,
                    const ImportOptions& options = {}) {
  return troupe::refused(scratch, "in.svm", text, options);
}

// More rows than are held back to find the base.
std::string long_text(int rows) {
  std::string text;
  for (int i = 0; i < rows; ++i) text += "1 1:0.5 2:0.5 3:0.5 4:0.5\n";
  return text;
}

}  // namespace

TEST_CASE("svmlight is read with labels as written, comments, ids and blank lines") {
  const Scratch scratch;
  const std::string path = scratch.write("in.svm",
                                         "# head\n+1 1:0.5 3:-2e-1 # note\r\n\n"
                                         "-1 qid:3 2:+.25\t7:1\n3.5\n0 4:0");
  CHECK(imported(scratch, {path}) == "1 1:0.5 3:-0.2\n-1 2:0.25 7:1\n3.5\n0 4:0\n");
  CHECK(open_dataset(scratch.file("out.h5"))->facts().features == 7);
}

TEST_CASE("where indices start is found and said") {
  const Scratch scratch;
  const auto from = [&](const std::string& text, const ImportOptions& options) {
    const auto path = scratch.write("in.svm", text);
    const ImportSummary summary = import_files({path}, options, scratch.file("out.h5"));
    CHECK(summary.format == "svmlight");
    return summary.found + ", " + std::to_string(summary.facts.features);
  };
  CHECK(from("1 1:1\n1 4:1\n", {}) == "1-based indices, 4");
  CHECK(from("1 1:1\n1 0:1 4:1\n", {}) == "0-based indices, 5");
  CHECK(from("1 1:1\n1 4:1\n", {.base = 0}) == "0-based indices, 5");
  CHECK(from("1 1:1\n1 4:1\n", {.features = 9}) == "1-based indices, 9");
}

TEST_CASE("compressed text and several files make the same set as plain text") {
  const Scratch scratch;
  const std::string one = long_text(1000);
  const std::string two = "-1 2:0.25\n";
  const std::string plain = imported(scratch, {scratch.write("a", one + two)});
  const std::string packed_one = xz(one);
  const std::string packed =
      imported(scratch, {scratch.write("b", packed_one), scratch.write("c", two)});
  CHECK(plain == one + two);
  CHECK(packed == plain);
  CHECK(imported(scratch, {scratch.write("b", packed_one + xz(two))}) == plain);
}

TEST_CASE("each mistake in a file is named with its line and what was expected") {
  const Scratch scratch;
  const struct {
    std::string text, expected;
    ImportOptions options = {};
  } cases[] = {
      {"1 1:1\nx 1:1\n", "in.svm:2: 'x' is no number, expected label"},
      {"1 1:1\n 1:1\n", "in.svm:2: '1:1' is no number, expected label"},
      {"nan 1:1\n", "in.svm:1: label 'nan' is not finite in 32 bits", {.format = "svmlight"}},
      {"1 1:1 2:inf\n", "in.svm:1: value 'inf' is not finite in 32 bits"},
      {"1 1:1 2:1e39\n", "in.svm:1: value '1e39' is not finite in 32 bits"},
      {"1 1:1 2:1e999\n", "in.svm:1: value '1e999' is not finite in 32 bits"},
      {"1 1:1 2:0.5x\n", "in.svm:1: '0.5x' is no number, expected value"},
      {"1 1:1 2:\n", "in.svm:1: '2:' has no value, expected index:value"},
      {"1 1:1 2\n", "in.svm:1: '2' is no entry, expected index:value"},
      {"1 1:1 -2:1\n", "in.svm:1: '-2:1' is no entry, expected index:value"},
      {"1 1:1 1:1\n", "in.svm:1: index 1 comes after 1, expected ascending order"},
      {"1 3:1 2:1\n", "in.svm:1: index 2 comes after 3, expected ascending order"},
      {"1 4294967295:1\n",
       "in.svm:1: index in '4294967295:1' is too large, expected below 4294967295"},
      {"1 1:1\n1 5:1\n",
       "in.svm:2: index 5 is too large for 4 features counted from 1",
       {.features = 4}},
      {"1 0:1\n", "in.svm:1: index 0, but the rows before it count from 1", {.base = 1}},
      {"", "in.svm: is empty"},
      {"# only this\n",
       "out.h5: not written: there are no rows or no features",
       {.format = "svmlight"}},
      {"1 1:1\n1 40000000:1\n",
       "in.svm:2: index 40000000 is too large, expected at most 33554432; import with --features "
       "N if it is right"},
      {"\x89HDF\r\n", "in.svm: is an HDF5 file: `troupe data inspect` reads it as it is"},
      {"<html>\n",
       "in.svm: is of no format that can be read (idx, npz, cifar10, dimacs, ratings, svmlight, "
       "csv); name the format"},
  };
  for (const auto& each : cases)
    CHECK(contains(refused(scratch, each.text, each.options), each.expected));
}

TEST_CASE("an index 0 far behind the beginning is an error, not a guess") {
  const Scratch scratch;
  const std::string text = long_text(200000) + "1 0:1\n";
  CHECK(refused(scratch, text) ==
        "in.svm:200001: index 0, but the rows before it count from 1; import with --base 0 if it "
        "is right");
}

TEST_CASE("what cannot be opened says why") {
  const Scratch scratch;
  const auto line = [&](const std::string& path) {
    return refusal([&] { import_files({path}, {}, scratch.file("out.h5")); });
  };
  CHECK(line(scratch.file("none")) ==
        scratch.file("none") + ": cannot be opened: No such file or directory");
  CHECK(line(scratch.folder()) == scratch.folder() + ": is a folder, expected a file");
  CHECK_THROWS_WITH_AS(import_files({scratch.write("a", "1\n")}, {.format = "cvs"}, "out.h5"),
                       "data import: unknown format 'cvs', expected idx, npz, cifar10, dimacs, "
                       "ratings, svmlight, csv",
                       UserError);
}

TEST_CASE("a long line and rows over many buffers come through") {
  const Scratch scratch;
  std::string text = "1";
  for (int i = 1; i <= 200000; ++i) text.append(" ").append(std::to_string(i)).append(":0.125");
  text.append("\n").append(long_text(50000));
  CHECK(imported(scratch, {scratch.write("a", text)}) == text);
}

TEST_CASE("the RCV1 sample imports whole") {
  const char* given = std::getenv("REAL_DATA_DIR");
  const std::string folder =
      given != nullptr ? given : std::string(TROUPE_SOURCE_DIR) + "/../shared/data";
  const std::string path = folder + "/rcv1/rcv1_ccat_train23149.svm.xz";
  if (!std::filesystem::exists(path)) {
    std::printf("SKIPPED: no RCV1 sample at %s; REAL_DATA_DIR names the folder\n", folder.c_str());
    return;
  }
  const Scratch scratch;
  const ImportSummary summary = import_files({path}, {}, scratch.file("rcv1.h5"));
  CHECK(summary.facts.rows == 23149);
  CHECK(summary.facts.features == 47236);
  CHECK(summary.facts.entries == 1791812);
  CHECK(summary.facts.labels == std::vector<LabelCount>{{-1, 12689}, {1, 10460}});
  CHECK(summary.found == "1-based indices");
}
