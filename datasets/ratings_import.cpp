/// Reads `user item rating` lines in any order: row = user, index = item. A pair
/// that comes twice is refused, whichever rating is right.
#include <algorithm>
#include <array>

#include "datasets/entry_sorter.hpp"
#include "datasets/import_watch.hpp"
#include "datasets/text_source.hpp"
#include "datasets/writer.hpp"

namespace troupe {
namespace {

using Words = std::vector<std::string_view>;

constexpr std::array<std::string_view, 4> rating_delimiters = {"::", "\t", ",", " "};

std::string_view rating_delimiter(std::string_view line) {
  for (const std::string_view delimiter : rating_delimiters)
    if (line.find(delimiter) != std::string_view::npos) return delimiter;
  return ",";
}

bool is_whole(std::string_view word) {
  return !word.empty() && word.find_first_not_of("0123456789") == std::string_view::npos;
}

bool is_rating_header(const Words& words) {
  return std::ranges::none_of(words,
                              [](std::string_view word) { return parse_number(word).number; });
}

bool names_ratings(std::string_view line) {
  std::string text(line);
  for (char& letter : text) letter = static_cast<char>(letter | 0x20);
  return text.starts_with("user") && text.find("rating") != std::string::npos;
}

class RatingsImport {
 public:
  RatingsImport(const std::vector<std::string>& paths, const ImportOptions& options,
                const RowTarget& out)
      : paths_(paths), options_(options), out_(out), sorter_(out.path()) {}

  void read(std::uint32_t file, ImportWatch& watch) {
    LineReader reader(paths_[file]);
    std::string_view line;
    std::string delimiter;
    Words words;
    while (reader.next(line)) {
      watch.at(reader.consumed());
      if (line.find_first_not_of(" \t") == std::string_view::npos) continue;
      const bool first = delimiter.empty();
      if (first) delimiter = rating_delimiter(line);
      split_words(line, delimiter, words);
      if (first && is_rating_header(words)) continue;
      add(reader, words, file);
    }
    watch.end_of_file(reader.consumed());
  }

  ImportSummary finish() {
    if (sorter_.size() == 0) refuse_file(paths_.front(), "holds no ratings");
    base_ = options_.base.value_or(std::min(user_min_, item_min_) == 0 ? 0 : 1);
    check_users();
    DatasetWriter writer(out_, {.features = options_.features});
    MatrixEntry last;
    bool any = false;
    sorter_.drain([&](const MatrixEntry& entry) {
      if (any && entry.row == last.row && entry.index == last.index)
        refuse_line(paths_[entry.file], entry.line,
                    "user " + std::to_string(entry.row) + " rates item " +
                        std::to_string(entry.index) + " a second time, first in " +
                        paths_[last.file] + ":" + std::to_string(last.line));
      last = entry;
      any = true;
      put(writer, entry);
    });
    end_row(writer);
    return {.facts = writer.finish(), .format = {}, .found = found()};
  }

 private:
  void add(const LineReader& reader, const Words& words, std::uint32_t file) {
    if (words.size() < 3 || words.size() > 4)
      reader.fail("has " + std::to_string(words.size()) +
                  " words, expected user, item, rating and perhaps a time");
    MatrixEntry entry{.row = whole_of(reader, words[0], "user"),
                      .index = whole_of(reader, words[1], "item"),
                      .value = number_of(reader, words[2], "rating"),
                      .file = file,
                      .line = reader.line()};
    check(reader, entry);
    times_ = times_ || words.size() == 4;
    user_min_ = std::min(user_min_, entry.row);
    item_min_ = std::min(item_min_, entry.index);
    user_max_ = std::max(user_max_, entry.row);
    sorter_.add(entry);
  }

  void check(const LineReader& reader, const MatrixEntry& entry) const {
    if (options_.base == 1U && std::min(entry.row, entry.index) == 0)
      reader.fail("user or item 0, but --base 1 says that they count from 1");
    const std::uint64_t most = options_.features > 0
                                   ? std::uint64_t{options_.features} + options_.base.value_or(1)
                                   : std::uint64_t{features_unsaid_max} + 1;
    if (entry.index >= most)
      reader.fail("item " + std::to_string(entry.index) + " is too large, expected below " +
                  std::to_string(most) + "; --features says how many items there are");
  }

  // Every user up to the largest becomes a row: a wrong number must not fill the disk.
  void check_users() const {
    const std::uint64_t most = std::max<std::uint64_t>(sparse_rows_max, 8 * sorter_.size());
    if (user_max_ > most)
      refuse_file(paths_.front(), "user " + std::to_string(user_max_) + " is far beyond the " +
                                      std::to_string(sorter_.size()) +
                                      " ratings; number the users without such gaps");
  }

  void put(DatasetWriter& writer, const MatrixEntry& entry) {
    while (entry.row - base_ > row_) end_row(writer);
    const std::uint32_t item = entry.index - base_;
    if (options_.features > 0 && item >= options_.features)
      refuse_line(paths_[entry.file], entry.line,
                  "item " + std::to_string(entry.index) + " is too large for " +
                      std::to_string(options_.features) + " items counted from " +
                      std::to_string(base_));
    index_.push_back(item);
    value_.push_back(entry.value);
  }

  void end_row(DatasetWriter& writer) {
    writer.add({index_.data(), value_.data(), static_cast<std::uint32_t>(index_.size()), 0});
    index_.clear();
    value_.clear();
    ++row_;
  }

  std::string found() const {
    return "users and items count from " + std::to_string(base_) +
           (times_ ? ", a fourth word is skipped" : "");
  }

  const std::vector<std::string>& paths_;
  const ImportOptions& options_;
  RowTarget out_;
  EntrySorter sorter_;
  std::uint32_t user_min_ = UINT32_MAX;
  std::uint32_t item_min_ = UINT32_MAX;
  std::uint32_t user_max_ = 0;
  bool times_ = false;
  std::uint32_t base_ = 0;
  std::uint32_t row_ = 0;
  std::vector<std::uint32_t> index_;
  std::vector<float> value_;
};

}  // namespace

bool looks_like_ratings(std::string_view head) {
  Words words;
  // Whole lines only, of which the first ones decide.
  for (int lines = 0; lines < 20 && head.find('\n') != std::string_view::npos; ++lines) {
    std::string_view line = head.substr(0, head.find('\n'));
    head.remove_prefix(line.size() + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    const std::string_view delimiter = rating_delimiter(line);
    if (delimiter == " ") return false;
    if (lines == 0 && names_ratings(line)) return true;
    split_words(line, delimiter, words);
    if (words.size() < 3 || words.size() > 4) return false;
    if (!is_whole(words[0]) || !is_whole(words[1]) || !parse_number(words[2]).number) return false;
    if (delimiter == "::") return true;
    if (head.find('\n') == std::string_view::npos) return true;
  }
  return false;
}

ImportSummary import_ratings(const std::vector<std::string>& paths, const ImportOptions& options,
                             const RowTarget& out) {
  ImportWatch watch(paths, options.progress);
  RatingsImport import(paths, options, out);
  for (std::uint32_t file = 0; file < paths.size(); ++file) import.read(file, watch);
  return import.finish();
}

}  // namespace troupe
