/// A model of known weights applied to files of every kind: what is printed, and what
/// is refused.
#include <doctest/doctest.h>

#include <initializer_list>

#include "base/random.hpp"
#include "datasets/model_file.hpp"
#include "tests/library/toy.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

std::string model(const Scratch& scratch, const std::string& kind,
                  std::initializer_list<float> weights, ModelFile file = {}) {
  Block parameters(weights.size());
  std::copy(weights.begin(), weights.end(), parameters.values().begin());
  file.kind = kind;
  file.settings["model.kind"] = "\"" + kind + "\"";
  file.features = 2;
  file.parameters = std::move(parameters).freeze();
  save_model(scratch.file(kind + ".h5"), file);
  return scratch.file(kind + ".h5");
}

/// The score is the first feature less the second.
std::string difference(const Scratch& scratch, const std::string& kind, ModelFile file = {}) {
  if (kind != "linear" && file.classes.empty()) file.classes = {{1, ""}, {2, ""}};
  return model(scratch, kind, {1, -1}, std::move(file));
}

/// Two words that softmax tells apart by the first feature.
std::string flowers(const Scratch& scratch, const std::string& normalise = "none") {
  ModelFile file{.kind = {}, .parameters = {}, .settings = {}, .notes = {}};
  file.settings["model.softmax.classes"] = "2";
  file.classes = {{0, "rose"}, {1, "lily"}};
  file.normalisation.kind = normalise;
  if (normalise == "max_abs") file.normalisation.divisor = {100, 1};
  if (normalise == "standardise") {
    file.normalisation.shift = {100, 0};
    file.normalisation.divisor = {1, 1};
  }
  return model(scratch, "softmax", {1, -1, 0, 0, 0, 0}, file);
}

std::string predicted(const std::string& model, const std::string& data,
                      std::vector<std::string> more = {}) {
  more.insert(more.begin(), {"predict", "--model", model, "--data", data});
  const Outcome outcome = call(more);
  return outcome.code == 0 ? outcome.out : std::to_string(outcome.code) + ": " + outcome.err;
}

}  // namespace

TEST_CASE("predict: classes by their labels, values, and scores, out of svmlight") {
  const Scratch scratch;
  const std::string rows = scratch.write("rows", "1 1:3 2:1\n2:0.5\n? 1:1\n");
  CHECK(predicted(difference(scratch, "svm"), rows) == "2\n1\n2\n");
  CHECK(predicted(difference(scratch, "svm"), rows, {"--scores", "--header"}) ==
        "score\n2\n-0.5\n1\n");
  CHECK(predicted(difference(scratch, "linear"), rows, {"--header"}) == "value\n2\n-0.5\n1\n");
  CHECK(predicted(difference(scratch, "logistic"), scratch.write("zero", "1:1 2:1\n"),
                  {"--probabilities", "--header"}) == "1\t2\n0.5\t0.5\n");
}

TEST_CASE("predict: words come back as words, with or without a column of labels") {
  const Scratch scratch;
  const std::string lines = scratch.write("rows.csv", "1,0\n-1,0\n");
  const std::string labelled = scratch.write("more.csv", "a,b,class\n1,0,tulip\n-1,0,\n");
  CHECK(predicted(flowers(scratch), lines) == "rose\nlily\n");
  CHECK(predicted(flowers(scratch), labelled, {"--header"}) == "label\nrose\nlily\n");
  CHECK(predicted(flowers(scratch), lines, {"--scores", "--header"}) ==
        "rose\tlily\n1\t-1\n-1\t1\n");
}

TEST_CASE("predict: rows are normalised as the model's training rows were") {
  const Scratch scratch;
  const std::string dense = scratch.write("rows.csv", "100,0\n-50,0\n");
  const std::string sparse = scratch.write("rows", "1:100\n2:1\n");
  CHECK(predicted(flowers(scratch, "max_abs"), dense, {"--scores"}) == "1\t-1\n-0.5\t0.5\n");
  CHECK(predicted(flowers(scratch, "max_abs"), sparse, {"--scores"}) == "1\t-1\n0\t0\n");
  // Sparse rows are written out: their zeros are no zeros any more.
  CHECK(predicted(flowers(scratch, "standardise"), sparse, {"--scores"}) == "0\t0\n-100\t100\n");
}

TEST_CASE("predict: clusters come with the distance to their centre") {
  const Scratch scratch;
  ModelFile file{.kind = {}, .parameters = {}, .settings = {}, .notes = {}};
  file.settings["model.kmeans.clusters"] = "2";
  const std::string centres = model(scratch, "kmeans", {0, 0, 10, 0}, file);
  const std::string rows = scratch.write("rows.csv", "3,4\n10,1\n");
  CHECK(predicted(centres, rows, {"--header"}) == "cluster\tdistance\n0\t5\n1\t1\n");
  CHECK(predicted(centres, scratch.write("far.csv", "0,3\n"), {"--scores"}) == "3\t10.440307\n");
}

TEST_CASE("predict: a file of results is there whole or not at all") {
  const Scratch scratch;
  const std::string bad = scratch.write("bad.csv", "1,0\n-1,x\n");
  const std::string out = scratch.file("out.txt");
  CHECK(predicted(flowers(scratch), scratch.write("a.csv", "1,0\n"), {"--out", out}).empty());
  CHECK(scratch.read("out.txt") == "rose\n");
  CHECK(
      predicted(flowers(scratch), bad, {"--out", out}).starts_with("3: " + bad + ":2: 'x' is no"));
  CHECK(scratch.read("out.txt") == "rose\n");
}

TEST_CASE("predict: what does not fit the model is refused with its place") {
  const Scratch scratch;
  const std::string svm = difference(scratch, "svm");
  const std::string wide = scratch.write("wide", "1 1:1\n1 3:1\n");
  const std::string narrow = scratch.write("narrow.csv", "1\n2\n");
  CHECK(predicted(svm, wide) ==
        "3: " + wide + ":2: index 3 is too large for 2 features counted from 1");
  CHECK(predicted(svm, scratch.write("a.csv", "1,2,3\n"), {"--label-column", "none"}) ==
        "3: " + scratch.file("a.csv") + ":1: has 3 features, but the model has 2");
  CHECK(predicted(svm, narrow, {"--format", "csv"})
            .starts_with("3: " + narrow + ":1: which of the 1 columns is the label?"));
  CHECK(predicted(svm, wide, {"--probabilities"}) ==
        "2: troupe predict: " + svm +
            " holds a model of the kind 'svm', whose scores are no probabilities; logistic, "
            "softmax and mlp know them");
  const std::string own = small_data(scratch);
  CHECK(predicted(svm, own, {"--format", "csv"}) ==
        "2: predict: " + own +
            " is a data set of ours, which needs no --format, --base, --labels, --label-column "
            "or --delimiter");
}

TEST_CASE("evaluate: raw files with labels that are words, and those that do not fit") {
  const Scratch scratch;
  const std::string good = scratch.write("a.csv", "a,b,class\n1,0,rose\n-1,0,rose\n");
  const std::string bad = scratch.write("b.csv", "a,b,class\n1,0,rose\n1,0,tulip\n");
  const auto evaluated = [&](const std::string& data, std::vector<std::string> more) {
    more.insert(more.begin(), {"evaluate", "--model", flowers(scratch), "--data", data});
    const Outcome outcome = call(more);
    return outcome.out + outcome.err;
  };
  CHECK(evaluated(good, {"--json"}).find("\"rows\":2,") != std::string::npos);
  CHECK(evaluated(good, {"--json"}).find("\"accuracy\":0.5") != std::string::npos);
  CHECK(evaluated(bad, {}) ==
        bad + ":3: label in column 'class' is 'tulip', none of the classes 'rose', 'lily'");
  CHECK(evaluated(good, {"--label-column", "none"}) ==
        "troupe evaluate: without labels there is no loss; troupe predict needs none");
  const std::string numbers = scratch.write("c", "0 1:1\n7 1:1\n");
  CHECK(evaluated(numbers, {}) ==
        numbers + ": labels are numbers, but those of the model are words");
}

TEST_CASE("predict: what it reads is never what it writes") {
  const Scratch scratch;
  const std::string data = scratch.write("a.csv", "a,b\n1,0\n");
  const std::string model = flowers(scratch);
  for (const std::string& target : {data, model}) {
    const Outcome told = call({"predict", "--model", model, "--data", data, "--out", target});
    CHECK(told.code == 3);
    CHECK(told.err == target + ": is a file to be read, so nothing is written there; name another");
  }
  CHECK(call({"predict", "--model", model, "--data", data}).code == 0);  // both are still there
  const Outcome told = call({"data", "import", data, "--label-column", "b", "--out", data});
  CHECK(told.err == data + ": is a file to be read, so nothing is written there; name another");
}

TEST_CASE("train: features on any scale do as well as features that were scaled by hand") {
  const Scratch scratch;
  RandomStream random(1, Purpose::test);
  std::string raw = "a,b,class\n";
  std::string by_hand = raw;
  for (int i = 0; i < 600; ++i) {
    const double a = 2 * random.uniform() - 1;
    const double b = 2 * random.uniform() - 1;
    const std::string label = b > 0 ? "up" : "down";
    raw += std::to_string(1000 * a) + "," + std::to_string(b / 100) + "," + label + "\n";
    by_hand += std::to_string(a) + "," + std::to_string(b) + "," + label + "\n";
  }
  const auto accuracy = [&](const std::string& rows, const std::string& how) {
    const std::string csv = scratch.write("rows.csv", rows);
    const std::string data = scratch.file("rows.h5");
    call({"data", "import", csv, "--out", data});
    const std::string config =
        scratch.write("run.toml", "data.path = \"" + data + "\"\nmodel.kind = \"logistic\"\n");
    const std::string run = scratch.file("run");
    std::filesystem::remove_all(run);
    call({"twin", config, "-s", "data.normalise=" + how, "--run-dir", run, "-q"});
    const Outcome told = call({"evaluate", "--model", run + "/model.h5", "--data", csv, "--json"});
    return std::stod(told.out.substr(told.out.find("\"accuracy\":") + 11));
  };
  const double best = accuracy(by_hand, "none");
  CHECK(best > 0.95);
  CHECK(accuracy(raw, "none") < 0.8);
  for (const char* how : {"max_abs", "standardise"}) CHECK(accuracy(raw, how) > best - 0.02);
}
