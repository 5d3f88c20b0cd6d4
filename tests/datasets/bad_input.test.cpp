/// What is wrong with a file of another format is one line with its place and what was
/// expected, exit 3, and nothing is written.
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <limits>

#include "datasets/entry_sorter.hpp"
#include "datasets/generators.hpp"
#include "importing.hpp"

using namespace troupe;

namespace {

struct Case {
  std::string text, expected;
  ImportOptions options = {};
};

void check_cases(const std::string& name, const std::vector<Case>& cases) {
  const Scratch scratch;
  for (const Case& each : cases) {
    CAPTURE(each.expected);
    const std::string line = refused(scratch, name, each.text, each.options);
    CAPTURE(line);
    CHECK(line.starts_with(each.expected));
  }
}

std::string floats(std::initializer_list<float> values) { return raw<float>(values); }

const std::string good_y = npy("<i4", "(2,)", raw<std::int32_t>({1, 2}));
const std::string good_x = npy("<f4", "(2, 1)", raw<float>({1, 2}));

std::string npz_with(const std::string& x) { return zip({{"X.npy", x}, {"y.npy", good_y}}); }

/// Two rows of three features as SciPy saves them, all values 1, and labels.
std::string csr(const std::string& form, std::initializer_list<std::int32_t> ends,
                std::initializer_list<std::int32_t> index) {
  return zip({{"indices.npy", npy("<i4", "(2,)", raw<std::int32_t>(index))},
              {"indptr.npy", npy("<i4", "(3,)", raw<std::int32_t>(ends))},
              {"format.npy", npy("|S3", "()", form)},
              {"shape.npy", npy("<i8", "(2,)", raw<std::int64_t>({2, 3}))},
              {"data.npy", npy("<f4", "(2,)", floats({1, 1}))},
              {"y.npy", good_y}});
}

/// What `action` of a child process says, which may do to itself what it likes.
template <class Action>
std::string in_child(Action action) {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  const pid_t child = fork();
  if (child == 0) {
    std::string line = "nothing was thrown";
    try {
      line = action();
    } catch (const UserError& error) {
      line = error.what();
    }
    _exit(write(ends[1], line.data(), line.size()) < 0 ? 1 : 0);
  }
  close(ends[1]);
  std::string line;
  char buffer[512];
  for (ssize_t size; (size = read(ends[0], buffer, sizeof buffer)) > 0;)
    line.append(buffer, static_cast<std::size_t>(size));
  close(ends[0]);
  waitpid(child, nullptr, 0);
  return line;
}

void become_nobody() {
  if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0)) _exit(1);
}

std::string left_in(const std::string& folder) {
  const auto count = std::distance(std::filesystem::directory_iterator(folder), {});
  return " | files left: " + std::to_string(count);
}

}  // namespace

/// Rows with a label of their own each.
std::string words_of(int rows) {
  std::string text = "a,y\n";
  for (int i = 0; i < rows; ++i) text += "1,x" + std::to_string(i) + "\n";
  return text;
}

TEST_CASE("bad csv") {
  check_cases(
      "in.csv",
      {{"a,y\n1,2\n3\n", "in.csv:3: has 1 columns, expected 2"},
       {"a,y\n1,2,3\n", "in.csv:2: has 3 columns, expected 2"},
       {"a,y\n1,\n", "in.csv:2: column 'y' is empty, expected a label"},
       {"a,y\nx,1\n", "in.csv:2: 'x' is no number, expected value in column 'a'"},
       {"a,y\n1,2\n1,red\n", "in.csv:3: 'red' is no number, expected label in column 'y'"},
       {"a,y\n1,red\n1,2\n",
        "in.csv:3: label in column 'y' is '2', a number, but labels before it are words such as "
        "'red'"},
       {"a,y\n1,red\n1,\n", "in.csv:3: column 'y' is empty, expected a label"},
       {"a,y\n1,red\tdark\n",
        "in.csv:2: label in column 'y' is 'red?dark', which holds a control character",
        {.delimiter = ","}},
       {words_of(65),
        "in.csv:66: label in column 'y' is 'x64', one more than the 64 different words that can be "
        "classes"},
       {"a,y\n1,red\n1,green\n",
        "in.csv:3: label in column 'y' is 'green', none of the classes 'red', 'blue'",
        {.label_names = {"red", "blue"}}},
       {"a,y\nnan,1\n", "in.csv:2: value in column 'a' 'nan' is not finite in 32 bits"},
       {"a,y\n1,inf\n", "in.csv:2: label in column 'y' 'inf' is not finite in 32 bits"},
       {"a,y\n1e39,1\n", "in.csv:2: value in column 'a' '1e39' is not finite in 32 bits"},
       {"a,y\n1e999,1\n", "in.csv:2: value in column 'a' '1e999' is not finite in 32 bits"},
       {"1,2\n,5\n", "in.csv:2: column 1 is empty, expected a number", {.label_column = "2"}},
       {"1,2,3\n4,5,6\n",
        "in.csv:1: which of the 3 columns is the label? say --label-column with a name, a number "
        "from 1, or none",
        {.format = "csv"}},
       {"y,label,a\n1,1,2\n", "in.csv:1: which of the 3 columns is the label?"},
       {"a,b\n1,2\n",
        "in.csv:1: has no column 'c', expected a name of the header or 1 to 2",
        {.label_column = "c"}},
       {"a,b\n1,2\n", "in.csv:1: has no column '3', expected", {.label_column = "3"}},
       {"y\n1\n", "in.csv:1: has a label and nothing else", {.format = "csv"}},
       {"a,y\n1,2\n",
        "in.csv:1: has 1 features, but --features says 5",
        {.features = 5, .label_column = "y"}},
       {"a,y\n", "out.h5: not written: there are no rows or no features"},
       {"# only this\n", "in.csv: holds no row", {.format = "csv"}}});
}

TEST_CASE("bad csv beside other files") {
  const Scratch scratch;
  const std::string one = scratch.write("one", "a,y\n1,2\n");
  const std::string two = scratch.write("two", "y,a\n1,2\n");
  const auto line = [&](const std::vector<std::string>& paths, const ImportOptions& options) {
    return refusal([&] { import_files(paths, options, scratch.file("out.h5")); });
  };
  CHECK(line({one, two}, {}) == two + ":1: has other columns than the first file");
  const std::string rows = scratch.write("rows", "1 2\n3 4\n");
  const std::string few = scratch.write("few", "1\n");
  const std::string many = scratch.write("many", "1\n2\n3\n");
  const std::string odd = scratch.write("odd", "1\n2 3\n");
  CHECK(line({rows}, {.labels = {few}}) ==
        few + ": holds 1 labels, expected one for each row of " + rows);
  CHECK(line({rows}, {.labels = {many}}) ==
        many + ": holds more than 2 labels, expected one for each row of " + rows);
  CHECK(line({rows}, {.labels = {odd}}) == odd + ":2: has 2 words, expected one label");
}

TEST_CASE("bad idx") {
  const Scratch scratch;
  const std::string labels = scratch.write("labels", idx(8, {2}, "\1\2"));
  const ImportOptions options{.labels = {labels}};
  const ImportOptions named{.format = "idx", .labels = {labels}};
  check_cases(
      "in.idx",
      {{idx(8, {2, 2}, "abc"), "in.idx: ends at byte 15, expected row 2 of 2", options},
       {idx(8, {2, 2}, "abcde"),
        "in.idx: at byte 16: more bytes than the 2 rows that the header "
        "says",
        options},
       {idx(8, {2, 2}, "").substr(0, 9),
        "in.idx: ends at byte 9, expected the sizes of 2 "
        "dimensions",
        options},
       {idx(8, {0, 2}, ""), "in.idx: at byte 12: the header says 0 rows, expected at least 1",
        options},
       {idx(8, {2, 0}, ""), "in.idx: at byte 12: a row of 0 values, expected 1 to 33554432",
        options},
       {idx(8, {1, 70000, 70000}, ""),
        "in.idx: at byte 16: a row of 4900000000 values, expected "
        "1 to 33554432",
        options},
       {"\1\2\3\4garbage",
        "in.idx: has the magic number 16909060, expected that of an IDX file "
        "such as 2051 or 2049",
        named},
       {idx(0x0D, {2, 1}, std::string("\x3f\xc0\0\0\x7f\xc0\0\0", 8)),
        "in.idx: at byte 20: row 2, value 1 is not finite in 32 bits", options},
       {idx(0x0E, {2, 1}, std::string("\x7f\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16)),
        "in.idx: at byte 20: row 1, value 1 is not finite in 32 bits", options},
       {idx(8, {3, 1}, "abc"), labels + ": holds 2 labels, expected one for each row of ", options},
       {idx(8, {1, 1}, "a"), labels + ": holds more than 1 labels, expected one for each row of ",
        options},
       {idx(8, {2, 2}, "abcd"), "in.idx: holds no labels; give their file with --labels"},
       {idx(8, {2}, "ab"),
        "in.idx: holds one value a row as labels do; give it with --labels, "
        "after the file of the rows"}});
}

TEST_CASE("rows of another width in a later file are refused") {
  const Scratch scratch;
  const std::string one = scratch.write("one", idx(8, {2, 2}, "abcd"));
  const std::string two = scratch.write("two", idx(8, {2, 3}, "abcdef"));
  const std::string labels = scratch.write("labels", "1\n2\n");
  CHECK(refusal([&] {
          import_files({one, two}, {.labels = {labels, labels}}, scratch.file("out.h5"));
        }) == two + ": holds 3 values a row, expected 2 as in " + one);
  CHECK(scratch.files() == 3);
}

TEST_CASE("bad cifar10") {
  const std::string record = std::string(1, '\1') + std::string(3072, 'a');
  check_cases("in.bin", {{record + record.substr(0, 100),
                          "in.bin: ends at byte 3173, expected the 3073 bytes of "
                          "record 2",
                          {.format = "cifar10"}},
                         {record + record + "\x0b" + record,
                          "in.bin: at byte 9219: record 3 has the label 11, "
                          "expected 0 to 9"}});
}

TEST_CASE("bad npz") {
  const std::string whole = npz_with(good_x);
  std::string crc = whole;
  crc[crc.find(floats({1, 2}))] ^= 1;
  const std::string packed = zip({{"X.npy", good_x}, {"y.npy", good_y}}, 8);
  std::string cut = packed;
  cut[60] ^= 0x40;
  check_cases(
      "in.npz",
      {{whole.substr(0, whole.size() - 30),
        "in.npz: is no whole ZIP archive: its directory is "
        "missing at the end; copy the file again"},
       {"PK\3\4" + std::string(10, 'x'), "in.npz: is no whole ZIP archive: "},
       {whole.substr(0, whole.size() - 6) + bytes_of(1 << 20, 4) + bytes_of(0, 2),
        "in.npz: is no whole ZIP archive: its directory lies beyond its end at byte "},
       {crc,
        "in.npz: member 'X.npy': is damaged: its checksum is not the stored one; copy the "
        "file again"},
       {zip({{"X.npy", good_x}, {"y.npy", good_y}}, 9),
        "in.npz: member 'X.npy': is packed by method 9, expected 0 (stored) or 8 (deflated)"},
       {zip({{"X.npy", good_x}}),
        "in.npz: holds 'X.npy' and no labels, expected 'y.npy'; "
        "--labels names a file of them"},
       {zip({{"y.npy", good_y}}), "in.npz: holds 'y.npy' and no rows, expected 'X.npy'"},
       {zip({}), "in.npz: holds nothing and no rows, expected 'X.npy'"},
       {npz_with("no array"),
        "in.npz: member 'X.npy': is no array of NumPy, expected its magic "
        "word"},
       {npz_with(npy("<f4", "(3, 1)", floats({1, 2, 3}))),
        "in.npz: holds 3 rows and 2 labels, expected as many"},
       {npz_with(npy("<f4", "(2, 1)", floats({1}))),
        "in.npz: member 'X.npy': ends at byte 132, expected row 2 of 2"},
       {npz_with(npy("<f4", "(2, 1)", floats({1, 2, 3}))),
        "in.npz: member 'X.npy': at byte 136: more bytes than the 2 rows of its shape"},
       {npz_with(npy("<f4", "(2, 1)", floats({1, std::numeric_limits<float>::infinity()}))),
        "in.npz: member 'X.npy': at byte 136: row 2, value 1 is not finite in 32 bits"},
       {npz_with(npy("<f8", "(2, 1)", raw<double>({1e39, 1}))),
        "in.npz: member 'X.npy': at byte 136: row 1, value 1 is not finite in 32 bits"},
       {npz_with(npy("|O", "(2, 1)", "x")),
        "in.npz: member 'X.npy': at byte 128: elements of the type ''|O'', expected integers, "
        "float16, float32 or float64"},
       {npz_with(npy("<f4", "(2, 1, 2)", floats({1, 2, 3, 4}), "True")),
        "in.npz: member 'X.npy': at byte 128: stored column by column in more than two dimensions, "
        "expected row by row; save it with numpy.ascontiguousarray"},
       {npz_with(npy("<f4", "(200000, 2000)", floats({1, 2, 3, 4}), "True")),
        "in.npz: holds 200000 rows and 2 labels"},
       {zip({{"X.npy", npy("<f4", "(200000, 2000)", floats({1}), "True")},
             {"y.npy", npy("|u1", "(200000,)", "\1")}}),
        "in.npz: member 'X.npy': at byte 128: stored column by column, and larger than the 1 GiB "
        "that are turned in memory; save it with numpy.ascontiguousarray"},
       {csr("csc", {0, 1, 2}, {0, 1}),
        "in.npz: holds a sparse matrix of another form than CSR; save matrix.tocsr() instead"},
       {csr("csr", {0, 2, 2}, {1, 1}),
        "in.npz: member 'indices.npy': at byte 136: row 1 has the index 1, expected ascending ones "
        "below 3; sum_duplicates() of the matrix sorts them"},
       {csr("csr", {0, 1, 2}, {0, 3}),
        "in.npz: member 'indices.npy': at byte 136: row 2 has the index 3, expected ascending ones "
        "below 3"},
       {csr("csr", {0, 1, 1}, {0, 1}),
        "in.npz: member 'indptr.npy': at byte 140: fewer entries in all rows than in 'data'"},
       {csr("csr", {0, 2, 1}, {0, 1}),
        "in.npz: member 'indptr.npy': at byte 140: row 2 begins or ends where no row can"},
       {npz_with(npy("<f4", "()", floats({1}))),
        "in.npz: member 'X.npy': at byte 128: a shape without rows, expected at least 1"},
       {npz_with(npy("<f4", "(2, 99999999999999999999999)", "")),
        "in.npz: member 'X.npy': at byte 128: a shape whose rows are empty or hold more than "
        "33554432 values"}});
  const Scratch scratch;
  const std::string line = refused(scratch, "in.npz", cut);
  CHECK(line.starts_with("in.npz: member 'X.npy': "));
}

TEST_CASE("bad ratings") {
  check_cases(
      "in.dat",
      {{"1::2::3\n1::2\n",
        "in.dat:2: has 2 words, expected user, item, rating and perhaps a "
        "time"},
       {"1::2::3\n1::x::3\n", "in.dat:2: 'x' is no whole number, expected item"},
       {"1::2::3\n-1::2::3\n", "in.dat:2: '-1' is no whole number, expected user"},
       {"1::2::3\n1.5::2::3\n", "in.dat:2: '1.5' is no whole number, expected user"},
       {"1::2::3\n1::3::nan\n", "in.dat:2: rating 'nan' is not finite in 32 bits"},
       {"1::2::3\n1::3::\n", "in.dat:2: '' is no number, expected rating"},
       {"1::2::3\n99999999999::3::1\n",
        "in.dat:2: user '99999999999' is too large, expected "
        "below 4294967295"},
       {"1::2::3\n1::40000000::1\n",
        "in.dat:2: item 40000000 is too large, expected below "
        "33554433; --features says how many items there are"},
       {"1::2::3\n40000000::1::1\n",
        "in.dat: user 40000000 is far beyond the 2 ratings; number "
        "the users without such gaps"},
       {"1::2::3\n2::1::1\n1::2::4\n",
        "in.dat:3: user 1 rates item 2 a second time, first in "
        "in.dat:1"},
       {"1::2::3\n1::5::1\n",
        "in.dat:2: item 5 is too large, expected below 5; --features says how many items there "
        "are",
        {.features = 4}},
       {"0::2::3\n1::4::1\n",
        "in.dat:2: item 4 is too large for 4 items counted from 0",
        {.features = 4}},
       {"1::0::3\n",
        "in.dat:1: user or item 0, but --base 1 says that they count from 1",
        {.base = 1}},
       {"userId,movieId,rating\n", "in.dat: holds no ratings"}});
}

TEST_CASE("bad dimacs") {
  const std::string start = "p max 3 2\nn 1 s\nn 3 t\n";
  check_cases(
      "in.max",
      {{start + "a 1 2 5\n", "in.max: holds 1 arcs, expected 2 as its problem line says"},
       {start + "a 1 2 5\na 2 3 1\na 1 3 1\n",
        "in.max:6: one arc more than the 2 of the problem "
        "line"},
       {start + "a 1 4 5\n", "in.max:4: node 4 is none of the nodes 1 to 3"},
       {start + "a 0 2 5\n", "in.max:4: node 0 is none of the nodes 1 to 3"},
       {start + "a 1 2 -5\n", "in.max:4: capacity '-5', expected at least 0"},
       {start + "a 1 2 inf\n", "in.max:4: capacity 'inf' is not finite in 32 bits"},
       {start + "a 1 2\n", "in.max:4: has 3 words, expected a FROM TO CAPACITY"},
       {start + "a 2 2 1\n", "in.max:4: an arc from node 2 to itself"},
       {start + "n 2 s\n", "in.max:4: a second s, expected one"},
       {start + "x 2 s\n", "in.max:4: 'x' begins no line, expected c, p, n or a"},
       {start + "a 1 2 3e38\na 1 2 3e38\n",
        "in.max:5: the capacities of arcs between the same "
        "nodes are not finite together"},
       {"p max 3 0\nn 1 s\nn 1 t\n", "in.max:3: node 1 is source and sink, expected two nodes"},
       {"p max 3 0\nn 1 x\n", "in.max:2: 'x' is no kind of terminal, expected s or t"},
       {"p max 3 0\nn 1 s\n", "in.max: names no sink, expected n NODE t"},
       {"p max 3 0\nn 1 t\n", "in.max: names no source, expected n NODE s"},
       {"p max 33000000 0\nn 1 s\nn 2 t\n",
        "in.max: has 33000000 nodes for only 0 arcs; leave out those without"},
       {"p max 1 0\n", "in.max:1: there are 1 nodes, expected 2 to 33554432"},
       {"p min 3 0\n", "in.max:1: 'min' is no problem, expected max"},
       {"p max 3 0\np max 3 0\n", "in.max:2: a second problem line, expected one"},
       {"n 1 s\n",
        "in.max:1: comes before the problem line, expected p max NODES ARCS",
        {.format = "dimacs"}},
       {"c only this\n",
        "in.max: holds no problem line, expected p max NODES ARCS",
        {.format = "dimacs"}}});
}

TEST_CASE("truncated and damaged archives of each kind, empty files and folders") {
  std::string text;
  for (int i = 0; i < 3000; ++i) text += std::to_string(i * 7919 % 1000) + ".5,1\n";
  const Scratch scratch;
  const struct {
    std::string name, bytes;
  } kinds[] = {{"gzip", gzip(text)}, {"bzip2", bzip2(text)}, {"xz", xz(text)}};
  for (const auto& each : kinds) {
    const ImportOptions options{.format = "csv", .label_column = "2"};
    const std::string early =
        refused(scratch, "in", each.bytes.substr(0, each.bytes.size() - 9), options);
    CHECK(contains(early, "in: " + each.name + " data end too early after "));
    CHECK(early.ends_with(" bytes of text; copy the file again"));
    std::string bad = each.bytes;
    bad[bad.size() / 2] ^= 4;
    CHECK(contains(refused(scratch, "in", bad, options),
                   "in: " + each.name + " data are damaged after "));
    CHECK(contains(refused(scratch, "in", each.bytes + "garbage", options),
                   "in: " + each.name + " data "));
  }
  for (const Importer& importer : importers()) {
    const ImportOptions options{.format = std::string(importer.name)};
    CHECK(refused(scratch, "in", "", options) == "in: is empty");
    CHECK(refusal([&] { import_files({scratch.folder()}, options, scratch.file("out.h5")); }) ==
          scratch.folder() + ": is a folder, expected a file");
    CHECK(refusal([&] { import_files({scratch.file("no")}, options, scratch.file("out.h5")); }) ==
          scratch.file("no") + ": cannot be opened: No such file or directory");
  }
}

TEST_CASE("a file that another user may not read or write is named") {
  const Scratch scratch;
  REQUIRE(chmod(scratch.folder().c_str(), 0755) == 0);
  const std::string secret = scratch.write("secret", "1 1:1\n");
  const std::string open = scratch.write("open", "1 1:1\n");
  make_linear({.rows = 3}, scratch.file("secret.h5"));
  REQUIRE(chmod(secret.c_str(), 0) == 0);
  REQUIRE(chmod(scratch.file("secret.h5").c_str(), 0) == 0);
  REQUIRE(chmod(open.c_str(), 0644) == 0);
  REQUIRE(chmod(scratch.folder().c_str(), 0555) == 0);
  const auto as_nobody = [&](const std::string& path) {
    return in_child([&] {
      become_nobody();
      import_files({path}, {}, scratch.file("out.h5"));
      return std::string("imported");
    });
  };
  CHECK(as_nobody(secret) == secret + ": cannot be opened: Permission denied");
  CHECK(as_nobody(open) == scratch.file("out.h5") + ": cannot be written: Permission denied");
  CHECK(in_child([&] {
          become_nobody();
          open_dataset(scratch.file("secret.h5"));
          return std::string("opened");
        }) == scratch.file("secret.h5") + ": cannot be opened: Permission denied");
  REQUIRE(chmod(scratch.folder().c_str(), 0755) == 0);
}

TEST_CASE("a disk that fills up while a file is written leaves one line and no file") {
  const Scratch scratch;
  const std::string disk = scratch.file("disk");
  REQUIRE(mkdir(disk.c_str(), 0700) == 0);
  std::string text;
  for (int i = 0; i < 200000; ++i) text += "1,2,3\n";
  const std::string path = scratch.write("in.csv", text);
  const auto on_full_disk = [&](auto fill) {
    return in_child([&]() -> std::string {
      if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", nullptr, MS_REC | MS_PRIVATE, "") != 0 ||
          mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=1m") != 0)
        return "no mount";
      try {
        fill();
      } catch (const UserError& error) {
        return error.what() + left_in(disk);
      }
      return "it fitted";
    });
  };
  const std::string line =
      on_full_disk([&] { import_files({path}, {.label_column = "1"}, disk + "/out.h5"); });
  if (line == "no mount") {
    skipped("no file system of 1 MiB can be mounted here (needs root)");
    return;
  }
  CHECK(line == disk +
                    "/out.h5: cannot be written: No space left on device; free some space or "
                    "write elsewhere | files left: 0");
  CHECK(on_full_disk([&] {
          EntrySorter sorter(disk + "/out.h5", 1 << 16);
          for (std::uint32_t i = 0; i < 100000; ++i) sorter.add({.row = i});
        }) == disk +
                  "/out.h5: cannot be written: entries wait beside it for their turn: No space "
                  "left on device; free some space or write elsewhere | files left: 0");
}
