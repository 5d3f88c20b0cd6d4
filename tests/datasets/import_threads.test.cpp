/// Import by several threads and eight digits at a time: the same bytes and the same
/// lines as one thread and std::from_chars give.
#include <charconv>
#include <random>

#include "datasets/in_order.hpp"
#include "datasets/number_text.hpp"
#include "datasets/text_source.hpp"
#include "importing.hpp"

using namespace troupe;

namespace {

// Some blocks of rows, every form of entry and line among them.
std::string varied_rows(int rows) {
  std::mt19937 random(7);
  std::string text = "# head\r\n";
  for (int i = 0; i < rows; ++i) {
    text += i % 2 == 0 ? "+1" : "-1";
    if (i % 7 == 0) text += " qid:3#x";
    std::uint32_t index = 0;
    for (int j = 0; j < 20; ++j) {
      index += 1 + static_cast<std::uint32_t>(random() % 1000);
      text += (j % 5 == 0 ? "\t " : " ") + std::to_string(index) + ":";
      char value[32];
      const double x = static_cast<double>(random()) / 1e9 - 2;
      std::snprintf(value, sizeof value, j % 3 == 0 ? "%.17g" : j % 3 == 1 ? "%.5f" : "%.3e", x);
      text += value;
    }
    text += i % 11 == 0 ? " # note\n" : i % 13 == 0 ? "\r\n\n" : "\n";
  }
  return text;
}

// What is read of it, as text; "none" when it is not of the simple form.
std::string simple(const std::string& word, bool guessed) {
  std::string padded = word + "\n" + std::string(text_padding, '9');
  const SimpleNumber number = guessed ? short_number(padded.data()) : simple_number(padded.data());
  if (number.end == nullptr) return "none";
  if (number.end != padded.data() + word.size()) return "part";
  return std::to_string(std::bit_cast<std::uint64_t>(number.value));
}

std::string exact(const std::string& word) {
  double value = 0;
  const auto [last, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc() || last != word.data() + word.size()) return "wrong";
  return std::to_string(std::bit_cast<std::uint64_t>(value));
}

}  // namespace

TEST_CASE("a number of the simple form is the double that from_chars finds") {
  std::mt19937 random(3);
  const std::string letters = "0123456789012345678900000..-e+E";
  int found = 0;
  for (int i = 0; i < 300000 / TROUPE_FEWER; ++i) {
    std::string word;
    for (std::size_t left = 1 + random() % 18; left > 0; --left)
      word += letters[random() % letters.size()];
    CAPTURE(word);
    for (const bool guessed : {false, true}) {
      const std::string read = simple(word, guessed);
      if (read == "none") continue;
      if (read != "part" || exact(word) != "wrong") CHECK(read == exact(word));
      ++found;
    }
  }
  CHECK(found > 100000 / TROUPE_FEWER);
}

TEST_CASE("short and simple numbers of each length are found to be simple") {
  for (const char* word : {"0", "-0", "1", "0.5", "-0.0437", "7.1234567", "0.12345678", "123456.5",
                           "1e-7", "-2.5E+3", "0.1234567890123", ".5", "5.", "1234567.125e0"})
    CHECK_MESSAGE(simple(word, true) == exact(word), word);
  for (const char* word : {"12345678", "0.12345678901234567", "1e23", "1e-23", "nan", "", "-", "."})
    CHECK_MESSAGE(simple(word, true) == "none", word);
}

TEST_CASE("any number of threads writes the same file") {
  const Scratch scratch;
  const std::string text = varied_rows(6000);
  REQUIRE(text.size() > 3 * (std::size_t{1} << 19));
  const std::vector<std::string> paths = {scratch.write("a", text), scratch.write("b", xz(text)),
                                          scratch.write("c", "1 1:1")};
  std::string first;
  for (const unsigned threads : {1U, 2U, 3U, 7U}) {
    import_files(paths, {.threads = threads}, scratch.file("out.h5"));
    const std::string bytes = contents(scratch.file("out.h5"));
    if (first.empty()) first = bytes;
    CHECK(bytes == first);
  }
  CHECK(open_dataset(scratch.file("out.h5"))->facts().rows == 12001);
}

TEST_CASE("of several wrong lines any number of threads names the first") {
  const Scratch scratch;
  const std::string rows = varied_rows(6000);
  const std::string text = rows + "1 1:x\n" + rows + "1 2:y\n";
  const std::string packed = xz(text);
  for (const unsigned threads : {1U, 2U, 5U}) {
    const ImportOptions options{.threads = threads};
    const std::string line = refused(scratch, "in.svm", text, options);
    CHECK(line.ends_with(": 'x' is no number, expected value"));
    // What comes before the end of a broken archive is read, and is wrong before.
    CHECK(refused(scratch, "in.svm", packed.substr(0, packed.size() - 100), options) == line);
    CHECK(contains(refused(scratch, "in.svm", packed.substr(0, packed.size() / 4), options),
                   "xz data end too early after "));
  }
}

TEST_CASE("pieces are put away in the order in which they were taken") {
  int taken = 0;
  std::vector<int> order;
  in_order<int>(
      4, [&](int& piece) { return (piece = taken++) < 200; },
      [](int& piece) {
        // The later of two neighbours is ready first.
        for (int i = 0; i < (piece % 2 == 0 ? 100 : 1); ++i) std::this_thread::yield();
        piece *= 2;
      },
      [&](int& piece) { order.push_back(piece); });
  REQUIRE(order.size() == 200);
  for (int i = 0; i < 200; ++i) CHECK(order[static_cast<std::size_t>(i)] == 2 * i);
}

TEST_CASE("the first piece to fail is the failure, wherever it fails") {
  const auto failure = [](int bad_take, int bad_work, int bad_put) {
    int taken = 0;
    const auto fail_at = [](int piece, int bad, const char* what) {
      if (piece == bad) throw UserError(ExitCode::data, what);
    };
    return refusal([&] {
      in_order<int>(
          3,
          [&](int& piece) {
            piece = taken++;
            fail_at(piece, bad_take, "take");
            return piece < 50;
          },
          [&](int& piece) { fail_at(piece, bad_work, "work"); },
          [&](int& piece) { fail_at(piece, bad_put, "put"); });
    });
  };
  CHECK(failure(20, 10, 30) == "work");
  CHECK(failure(20, 21, 19) == "put");
  CHECK(failure(5, 6, 7) == "take");
  CHECK(failure(-1, -1, -1).empty());
}

TEST_CASE("a gzip file of several members reads as its texts behind each other") {
  const Scratch scratch;
  const std::string text = varied_rows(3000);
  std::string packed;
  // Members of every length, so that ends fall anywhere in a reader's pieces.
  for (std::size_t at = 0, size = 1; at < text.size(); at += size, size = size * 3 / 2 + 1)
    packed += gzip(text.substr(at, size));
  CHECK(imported(scratch, {scratch.write("a", packed)}) ==
        imported(scratch, {scratch.write("b", text)}));
}

TEST_CASE("no flipped bit and no cut of a gzip file goes unnoticed") {
  const Scratch scratch;
  const std::string packed = gzip(varied_rows(60));
  const std::string whole = imported(scratch, {scratch.write("in", packed)});
  std::filesystem::remove(scratch.file("out.h5"));
  std::mt19937 random(11);
  int same = 0;
  for (int i = 0; i < 1000 / TROUPE_FEWER; ++i) {
    std::string bad = packed;
    const std::size_t at = random() % bad.size();
    if (i % 4 == 0)
      bad.resize(at + 1);
    else
      bad[at] = static_cast<char>(bad[at] ^ 1 << random() % 8);
    if (bad == packed) continue;
    scratch.write("in", bad);
    const ImportOptions options{.format = "svmlight"};
    const auto import = [&] {
      import_files({scratch.file("in")}, options, scratch.file("out.h5"));
    };
    if (!refusal(import).empty()) continue;
    // Nothing guards the header's time and system.
    CHECK(imported(scratch, {scratch.file("in")}) == whole);
    std::filesystem::remove(scratch.file("out.h5"));
    ++same;
  }
  CHECK(same < 20);
}
