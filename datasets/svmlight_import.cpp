/// Reads SVMlight text. A row with any doubt about it is an error: nothing is
/// guessed but the base of the indices, and that is said.
#include <charconv>

#include "datasets/import_watch.hpp"
#include "datasets/text_source.hpp"
#include "datasets/writer.hpp"

namespace troupe {
namespace {

struct Row {
  std::vector<std::uint32_t> index;
  std::vector<float> value;
  float label = 0;
};

bool blank(char letter) { return letter == ' ' || letter == '\t'; }

/// Parses one line; what is wrong with it goes to the reader's fail().
class LineParser {
 public:
  LineParser(const LineReader& reader, std::string_view line)
      : reader_(reader), at_(line.data()), end_(line.data() + line.size()) {}

  /// False for a line without a row: empty, or only a comment.
  bool parse(Row& row) {
    row.index.clear();
    row.value.clear();
    if (!find_token()) return false;
    row.label = number("label");
    while (find_token()) entry(row);
    return true;
  }

 private:
  bool find_token() {
    while (at_ != end_ && blank(*at_)) ++at_;
    return at_ != end_ && *at_ != '#';
  }

  std::string token() const {
    const char* last = at_;
    while (last != end_ && !blank(*last)) ++last;
    return quoted({at_, static_cast<std::size_t>(last - at_)});
  }

  float number(const char* what) {
    const char* last = at_;
    while (last != end_ && !blank(*last) && *last != '#') ++last;
    const std::string_view word(at_, static_cast<std::size_t>(last - at_));
    const Number number = parse_number(word);
    if (!number.finite) number_of(reader_, word, what);
    at_ = last;
    return number.value;
  }

  void entry(Row& row) {
    if (end_ - at_ > 4 && std::string_view(at_, 4) == "qid:") {
      while (at_ != end_ && !blank(*at_)) ++at_;
      return;
    }
    std::uint32_t index = 0;
    const auto [last, error] = std::from_chars(at_, end_, index);
    if (error == std::errc::result_out_of_range || index == UINT32_MAX)
      reader_.fail("index in " + token() + " is too large, expected below 4294967295");
    if (error != std::errc() || last == end_ || *last != ':')
      reader_.fail(token() + " is no entry, expected index:value");
    if (!row.index.empty() && index <= row.index.back())
      reader_.fail("index " + std::to_string(index) + " comes after " +
                   std::to_string(row.index.back()) + ", expected ascending order");
    if (last + 1 == end_ || blank(last[1]))
      reader_.fail(token() + " has no value, expected index:value");
    at_ = last + 1;
    row.index.push_back(index);
    row.value.push_back(number("value"));
  }

  const LineReader& reader_;
  const char* at_;
  const char* end_;
};

/// Where a row came from.
struct Place {
  std::size_t file = 0;
  std::uint64_t line = 0;
};

/// Passes rows on with indices from 0. The first rows are held back until it is
/// clear where the file starts to count.
class Rebaser {
 public:
  Rebaser(const std::vector<std::string>& paths, const ImportOptions& options, const RowTarget& out)
      : paths_(paths), features_(options.features), writer_(out, {.features = options.features}) {
    if (options.base) settle(*options.base);
  }

  void add(Row& row, Place place) {
    if (settled_) return write(row, place);
    held_bytes_ += row.index.size() * 8 + sizeof(Held);
    held_.push_back({row, place});
    if (!row.index.empty() && row.index.front() == 0)
      settle(0);
    else if (held_bytes_ > segment_bytes_standard)
      settle(1);
  }

  ImportSummary finish() {
    if (!settled_) settle(1);
    ImportSummary summary;
    summary.facts = writer_.finish();
    summary.found = base_ == 0 ? "0-based indices" : "1-based indices";
    return summary;
  }

 private:
  struct Held {
    Row row;
    Place place;
  };

  void settle(std::uint32_t base) {
    base_ = base;
    settled_ = true;
    for (Held& held : held_) write(held.row, held.place);
    held_ = {};
  }

  void write(Row& row, Place place) {
    if (!row.index.empty()) check(row, place);
    for (std::uint32_t& index : row.index) index -= base_;
    writer_.add({row.index.data(), row.value.data(), static_cast<std::uint32_t>(row.index.size()),
                 row.label});
  }

  void check(const Row& row, Place place) const {
    if (row.index.front() < base_)
      refuse_line(paths_[place.file], place.line,
                  "index 0, but the rows before it count from 1; import with --base 0 if it is "
                  "right");
    if (features_ > 0 && row.index.back() - base_ >= features_)
      refuse_line(paths_[place.file], place.line,
                  "index " + std::to_string(row.index.back()) + " is too large for " +
                      std::to_string(features_) + " features counted from " +
                      std::to_string(base_));
    if (features_ == 0 && row.index.back() > features_unsaid_max)
      refuse_line(paths_[place.file], place.line,
                  "index " + std::to_string(row.index.back()) + " is too large, expected at most " +
                      std::to_string(features_unsaid_max) +
                      "; import with --features N if it is right");
  }

  const std::vector<std::string>& paths_;
  std::uint32_t features_;
  DatasetWriter writer_;
  std::uint32_t base_ = 0;
  bool settled_ = false;
  std::vector<Held> held_;
  std::size_t held_bytes_ = 0;
};

}  // namespace

bool looks_like_svmlight(std::string_view head) {
  // Up to the first row: a label, and then nothing or index:value.
  while (!head.empty()) {
    const std::string_view line = head.substr(0, head.find('\n'));
    head.remove_prefix(std::min(head.size(), line.size() + 1));
    const std::size_t first = line.find_first_not_of(" \t\r");
    if (first == std::string_view::npos || line[first] == '#') continue;
    if (line.find_first_not_of("+-.0123456789eE", first) == first) return false;
    const std::size_t second = line.find_first_not_of(" \t\r", line.find_first_of(" \t", first));
    if (line.find_first_of(" \t", first) == std::string_view::npos)
      return line.find(',') == line.npos;
    return second == std::string_view::npos || line[second] == '#' ||
           line.find(':', second) != std::string_view::npos;
  }
  return false;
}

ImportSummary import_svmlight(const std::vector<std::string>& paths, const ImportOptions& options,
                              const RowTarget& out) {
  Rebaser rows(paths, options, out);
  ImportWatch watch(paths, options.progress);
  Row row;
  for (std::size_t file = 0; file < paths.size(); ++file) {
    LineReader reader(paths[file]);
    std::string_view line;
    while (reader.next(line)) {
      if (LineParser(reader, line).parse(row)) rows.add(row, {file, reader.line()});
      watch.at(reader.consumed());
    }
    watch.end_of_file(reader.consumed());
  }
  return rows.finish();
}

}  // namespace troupe
