/// Each format read as it should be; what is wrong with files stands in bad_input.test.cpp.
#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "base/random.hpp"
#include "datasets/entry_sorter.hpp"
#include "importing.hpp"

using namespace troupe;

namespace {

// The folder of a real set, or a line that says that it is not there.
std::string real_data(const std::string& name) {
  const char* given = std::getenv("REAL_DATA_DIR");
  const std::string folder =
      given != nullptr ? given : std::string(TROUPE_SOURCE_DIR) + "/../shared/data";
  if (std::filesystem::exists(folder + "/" + name)) return folder + "/" + name;
  std::printf("SKIPPED: no %s in %s; REAL_DATA_DIR names the folder\n", name.c_str(),
              folder.c_str());
  return "";
}

std::string cifar_record(char label, char pixel) {
  return std::string(1, label) + std::string(3072, pixel);
}

}  // namespace

TEST_CASE("gzip, bzip2 and xz unpack to the same set, and so do files put behind each other") {
  const Scratch scratch;
  std::string text;
  for (int i = 0; i < 40000; ++i) text += std::to_string(i % 7) + " 1:0.5 3:0.25\n";
  const std::string plain = imported(scratch, {scratch.write("a", text)});
  for (const auto pack : {gzip, bzip2, xz}) {
    CHECK(imported(scratch, {scratch.write("a", pack(text))}) == plain);
    const std::string half = text.substr(0, text.size() / 2);
    const std::string rest = text.substr(half.size());
    CHECK(imported(scratch, {scratch.write("a", pack(half) + pack(rest))}) == plain);
  }
}

TEST_CASE("csv: the delimiter and a header are found and said") {
  const Scratch scratch;
  const std::string rows = "1 1:5 2:6\n2 1:7 2:8\n";
  const struct {
    std::string text, said;
  } cases[] = {
      {"label,a,b\n1,5,6\n2,7,8\n", "a header, separated by ',', label in column 'label'"},
      {"\xef\xbb\xbf\"a\";\"Class\";\"b\"\r\n5;1;6\r\n7;2;8\r\n",
       "a header, separated by ';', label in column 'Class'"},
      {"# made by hand\na\tb\ty\n5\t6\t1\n\n7\t8\t2",
       "a header, separated by tabs, label in column 'y'"},
  };
  for (const auto& each : cases) {
    const std::string path = scratch.write("in.csv", each.text);
    CHECK(found(scratch, path) == "csv: " + each.said);
    CHECK(imported(scratch, {path}) == rows);
  }
}

TEST_CASE("csv: the label is the column that the user names") {
  const Scratch scratch;
  const std::string path = scratch.write("in.csv", "5 ,1, 6.5e0\n7,2,8\n");
  CHECK(imported(scratch, {path}, {.label_column = "2"}) == "1 1:5 2:6.5\n2 1:7 2:8\n");
  CHECK(imported(scratch, {path}, {.label_column = "none"}) == "0 1:5 2:1 3:6.5\n0 1:7 2:2 3:8\n");
  CHECK(found(scratch, path, {.label_column = "2"}) ==
        "csv: no header, separated by ',', label in column 2");
  const std::string named = scratch.write("named.csv", "a,b\n1,2\n");
  CHECK(imported(scratch, {named}, {.label_column = "b"}) == "2 1:1\n");
  const std::string blanks = scratch.write("blanks", "  5   6 \n 7\t8\n");
  const std::string labels = scratch.write("labels", "1\n# note\n2\n");
  CHECK(imported(scratch, {blanks}, {.labels = {labels}}) == "1 1:5 2:6\n2 1:7 2:8\n");
  CHECK(imported(scratch, {blanks}, {.label_column = "1", .delimiter = " "}) == "5 1:6\n7 1:8\n");
}

TEST_CASE("csv: files with the same header make one set") {
  const Scratch scratch;
  const std::string one = scratch.write("one", "a,y\n1,2\n");
  const std::string two = scratch.write("two", gzip("a,y\n3,4\n"));
  CHECK(imported(scratch, {one, two}) == "2 1:1\n4 1:3\n");
}

TEST_CASE("idx: images and labels, plain and gzip, several types") {
  const Scratch scratch;
  const std::string labels = scratch.write("labels", gzip(idx(8, {2}, "\3\7")));
  const std::string rows = "3 1:255 4:1\n7 2:2 3:3\n";
  const std::string images = idx(8, {2, 2, 2}, std::string("\xff\0\0\1\0\2\3\0", 8));
  CHECK(imported(scratch, {scratch.write("a", images)}, {.labels = {labels}}) == rows);
  CHECK(imported(scratch, {scratch.write("a", gzip(images))}, {.labels = {labels}}) == rows);
  CHECK(found(scratch, scratch.file("a"), {.labels = {labels}}) ==
        "idx: values as stored, not scaled");
  const std::string words = idx(0x0B, {2, 1}, std::string("\xff\xfe\1\0", 4));
  CHECK(imported(scratch, {scratch.write("a", words)}, {.labels = {labels}}) ==
        "3 1:-2\n7 1:256\n");
  const std::string floats = idx(0x0D, {2, 1}, std::string("\x3f\xc0\0\0\xbf\0\0\0", 8));
  CHECK(imported(scratch, {scratch.write("a", floats)}, {.labels = {labels}}) ==
        "3 1:1.5\n7 1:-0.5\n");
  const std::string text = scratch.write("text", "3\n7\n");
  CHECK(imported(scratch, {scratch.write("a", images)}, {.labels = {text}}) == rows);
}

TEST_CASE("cifar10: a label and 3,072 bytes a record") {
  const Scratch scratch;
  const std::string path = scratch.write("a", xz(cifar_record(9, 1) + cifar_record(0, '\xff')));
  CHECK(found(scratch, path) == "cifar10: values as stored, not scaled");
  const auto set = open_dataset(scratch.file("out.h5"));
  const Shard shard = set->load({0, 2});
  CHECK(set->facts().features == 3072);
  CHECK(shard.rows()[0].label == 9);
  CHECK(shard.rows()[1].label == 0);
  CHECK(shard.rows()[1].value[3071] == 255);
}

TEST_CASE("npz: X and y of several types, stored and deflated") {
  const Scratch scratch;
  const std::string rows = "3 1:1.5 2:-2\n-1 2:4\n";
  const std::string y = npy("<i8", "(2,)", raw<std::int64_t>({3, -1}));
  const std::vector<std::string> matrices = {
      npy("<f4", "(2, 2)", raw<float>({1.5F, -2, 0, 4})),
      npy("<f8", "(2, 2)", raw<double>({1.5, -2, 0, 4})),
      npy("<f4", "(2, 1, 2)", raw<float>({1.5F, -2, 0, 4})),
      npy("<f2", "(2, 2)", raw<std::uint16_t>({0x3e00, 0xc000, 0x0000, 0x4400})),
      npy("<f4", "(2, 2)", raw<float>({1.5F, 0, -2, 4}), "True"),
  };
  for (const std::string& x : matrices)
    for (const std::uint32_t method : {0U, 8U})
      for (const bool wide : {false, true}) {
        const auto path = scratch.write("a", zip({{"X.npy", x}, {"y.npy", y}}, method, wide));
        CHECK(imported(scratch, {path}) == rows);
      }
  CHECK(found(scratch, scratch.file("a")) == "npz: rows from 'X.npy', labels from 'y.npy'");
  const std::string bytes = npy("|u1", "(2, 2)", "\1\2\3\4");
  const std::string big = npy(">i2", "(2,)", std::string("\1\0\0\2", 4));
  const auto path = scratch.write("b", zip({{"x_train.npy", bytes}, {"y_train.npy", big}}));
  CHECK(imported(scratch, {path}) == "256 1:1 2:2\n2 1:3 2:4\n");
  const auto alone = scratch.write("c", zip({{"data.npy", bytes}}));
  CHECK(imported(scratch, {alone}, {.labels = {scratch.write("labels", "5\n6\n")}}) ==
        "5 1:1 2:2\n6 1:3 2:4\n");
}

TEST_CASE("npz: a matrix of SciPy stays sparse") {
  const Scratch scratch;
  const auto archive = [&](const std::string& form) {
    return zip({{"indices.npy", npy("<i4", "(3,)", raw<std::int32_t>({0, 2, 1}))},
                {"indptr.npy", npy("<i4", "(4,)", raw<std::int32_t>({0, 2, 2, 3}))},
                {"format.npy", form},
                {"shape.npy", npy("<i8", "(2,)", raw<std::int64_t>({3, 4}))},
                {"data.npy", npy("<f8", "(3,)", raw<double>({1.5, -1, 7}))}},
               8);
  };
  const std::string labels = scratch.write("labels", "1\n0\n1\n");
  for (const std::string& form :
       {npy("|S3", "()", "csr"), npy("<U3", "()", {"c\0\0\0s\0\0\0r\0\0\0", 12})}) {
    const auto path = scratch.write("a.npz", archive(form));
    CHECK(imported(scratch, {path}, {.labels = {labels}}) == "1 1:1.5 3:-1\n0\n1 2:7\n");
    CHECK(found(scratch, path, {.labels = {labels}}) == "npz: a sparse matrix of SciPy");
  }
}

TEST_CASE("csv: labels that are words are numbered as they come, and keep their names") {
  const Scratch scratch;
  const auto path = scratch.write("a.csv", "size,species\n1,rose\n2,lily\n3,rose\n");
  const ImportOptions options{.label_column = "species"};
  CHECK(imported(scratch, {path}, options) == "0 1:1\n1 1:2\n0 1:3\n");
  CHECK(found(scratch, path, options) ==
        "csv: a header, separated by ',', label in column 'species', 2 classes");
  import_files({path}, options, scratch.file("a.h5"));
  CHECK(open_dataset(scratch.file("a.h5"))->facts().label_names ==
        std::vector<std::string>{"rose", "lily"});
}

TEST_CASE("rows without labels are read where nobody asks for them") {
  const Scratch scratch;
  const ImportOptions options{.features = 2, .unlabelled = true};
  const auto rows = [&](const std::string& text, ImportOptions how) {
    how.unlabelled = true;
    return imported(scratch, {scratch.write("a", text)}, how);
  };
  CHECK(rows("1:5 2:6\n2:7 # no label\n1 1:8\n? 2:9\n", {.format = "svmlight"}) ==
        "0 1:5 2:6\n0 2:7\n1 1:8\n0 2:9\n");
  CHECK(rows("5,6\n7,8\n", options) == "0 1:5 2:6\n0 1:7 2:8\n");
  CHECK(rows("5,who,6\n7,?,8\n", {.label_column = "2"}) == "0 1:5 2:6\n0 1:7 2:8\n");
  CHECK(rows(idx(8, {2, 1}, "\1\2"), {}) == "0 1:1\n0 1:2\n");
  CHECK(rows(zip({{"X.npy", npy("<f4", "(2, 1)", raw<float>({3, 4}))}}), {}) == "0 1:3\n0 1:4\n");
}

TEST_CASE("ratings: tabs, commas and :: in any order make a row for each user") {
  const Scratch scratch;
  const std::string rows = "0 2:3.5 3:1\n0\n0 1:-2\n";
  for (const std::string text :
       {"3::1::-2::978300760\n1::3::1::97\n1::2::3.5::97\n", "3\t1\t-2\n1\t3\t1\n1\t2\t3.5\n",
        "userId,movieId,rating\r\n3,1,-2\r\n1,3,1\r\n1,2,3.5\r\n"})
    CHECK(imported(scratch, {scratch.write("a", text)}) == rows);
  CHECK(found(scratch, scratch.write("a", "3::1::4::97\n")) ==
        "ratings: users and items count from 1, a fourth word is skipped");
  CHECK(found(scratch, scratch.write("a", "0,1,4\n1,1,4\n")) ==
        "ratings: users and items count from 0");
  CHECK(imported(scratch, {scratch.file("a")}) == "0 2:4\n0 2:4\n");
  CHECK(imported(scratch, {scratch.write("b", "5 1 2\n")},
                 {.format = "ratings", .features = 9, .base = 0}) == "0\n0\n0\n0\n0\n0 2:2\n");
  CHECK(open_dataset(scratch.file("out.h5"))->facts().features == 9);
}

TEST_CASE("a label column turns three columns of whole numbers from ratings into csv") {
  const Scratch scratch;
  const std::string path = scratch.write("a", "1,2,3\n4,5,6\n");
  CHECK(imported(scratch, {path}, {.label_column = "3"}) == "3 1:1 2:2\n6 1:4 2:5\n");
}

TEST_CASE("dimacs: a row for each node, terminals by their label") {
  const Scratch scratch;
  const std::string path = scratch.write("a",
                                         "c a graph\np max 4 5\nn 1 s\nn 4 t\n"
                                         "a 2 4 3\na 1 3 2.5\na 1 2 4\na 3 4 1\na 1 2 1\n");
  CHECK(found(scratch, path) ==
        "dimacs: source 1, sink 4, stored as rows 0 and 3 with the labels 1 and 2, arcs added to "
        "one between the same nodes: 1");
  CHECK(imported(scratch, {path}) == "1 2:5 3:2.5\n0 4:3\n0 4:1\n2\n");
  CHECK(open_dataset(scratch.file("out.h5"))->facts().features == 4);
}

TEST_CASE("entries that do not fit into memory come back in order") {
  const Scratch scratch;
  EntrySorter sorter(scratch.file("out.h5"), 100 * sizeof(MatrixEntry));
  RandomStream stream(1, Purpose::test);
  std::vector<std::pair<std::uint32_t, std::uint32_t>> expected;
  for (std::uint32_t i = 0; i < 5000; ++i) {
    const auto row = static_cast<std::uint32_t>(stream.below(50));
    sorter.add({.row = row, .index = i ^ 21U, .value = 1});
    expected.emplace_back(row, i ^ 21U);
  }
  std::ranges::sort(expected);
  std::vector<std::pair<std::uint32_t, std::uint32_t>> found;
  sorter.drain([&](const MatrixEntry& entry) { found.emplace_back(entry.row, entry.index); });
  CHECK(found == expected);
  CHECK(scratch.files() == 0);
}

TEST_CASE("MNIST imports whole") {
  const std::string images = real_data("mnist/t10k-images-idx3-ubyte.gz");
  if (images.empty()) return;
  const Scratch scratch;
  const std::string labels = real_data("mnist/t10k-labels-idx1-ubyte.gz");
  const DataFacts facts =
      import_files({images}, {.labels = {labels}}, scratch.file("out.h5")).facts;
  CHECK(facts.rows == 10000);
  CHECK(facts.features == 784);
  CHECK(facts.labels.size() == 10);
  CHECK(facts.labels[1] == LabelCount{1, 1135});
}

TEST_CASE("ijcnn1, iris and a sample of CIFAR-10 import whole") {
  const std::string ijcnn1 = real_data("ijcnn1/ijcnn1.trn.bz2");
  if (ijcnn1.empty()) return;
  const Scratch scratch;
  const std::string out = scratch.file("out.h5");
  const DataFacts facts = import_files({ijcnn1}, {}, out).facts;
  CHECK(facts.rows == 49990);
  CHECK(facts.features == 22);
  const std::string labels = real_data("iris/iris.labels0.gz");
  const DataFacts iris =
      import_files({real_data("iris/iris.data.gz")}, {.labels = {labels}}, out).facts;
  CHECK(iris.rows == 150);
  CHECK(iris.features == 4);
  CHECK(iris.labels.size() == 3);
  const DataFacts cifar =
      import_files({real_data("cifar10/cifar10_jpegdecoded_test2k.bin.xz")}, {}, out).facts;
  CHECK(cifar.rows == 2000);
  CHECK(cifar.labels.size() == 10);
}
