/// Reads columns of numbers. The delimiter and a header show from the first line;
/// which column is the label is never guessed from its place.
#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include "base/user_error.hpp"
#include "datasets/import_watch.hpp"
#include "datasets/text_source.hpp"
#include "datasets/writer.hpp"

namespace troupe {
namespace {

using Words = std::vector<std::string_view>;

constexpr std::array<std::string_view, 5> delimiters = {"\t", ";", ",", "|", " "};
constexpr std::array<std::string_view, 4> label_words = {"label", "class", "target", "y"};
constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

bool skipped(std::string_view line) {
  const std::size_t first = line.find_first_not_of(" \t\r");
  return first == std::string_view::npos || line[first] == '#';
}

std::string_view delimiter_of(std::string_view line) {
  for (const std::string_view delimiter : delimiters)
    if (line.find(delimiter) != std::string_view::npos) return delimiter;
  return ",";
}

// Only a line without any number: one with some may be a row with a mistake.
bool is_header(const Words& words) {
  return std::ranges::none_of(words,
                              [](std::string_view word) { return parse_number(word).number; }) &&
         std::ranges::any_of(words, [](std::string_view word) { return !word.empty(); });
}

std::string lower(std::string_view word) {
  std::string text(word);
  for (char& letter : text)
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
  return text;
}

/// What the first line of the first file decides.
struct Columns {
  std::string delimiter;
  std::vector<std::string> header;  ///< empty without one
  std::size_t count = 0;
  std::optional<std::size_t> label;
};

class CsvFile {
 public:
  CsvFile(const std::string& path, const ImportOptions& options)
      : reader_(path), options_(options) {}

  /// Decides, or checks that this file is like the one before.
  void begin(std::optional<Columns>& columns) {
    if (!find_line()) refuse_file(reader_.path(), "holds no row");
    const std::string delimiter = columns                      ? columns->delimiter
                                  : options_.delimiter.empty() ? std::string(delimiter_of(line_))
                                                               : options_.delimiter;
    split_words(line_, delimiter, words_);
    const bool header = is_header(words_);
    if (!columns) {
      columns.emplace();
      columns->delimiter = delimiter;
      columns->count = words_.size();
      if (header) columns->header.assign(words_.begin(), words_.end());
      columns->label = label_column(*columns);
    } else if (header && !std::ranges::equal(words_, columns->header)) {
      reader_.fail("has other columns than the first file");
    }
    waiting_ = !header;
  }

  /// The words of the next row; false at the end.
  bool next(const Columns& columns) {
    if (!std::exchange(waiting_, false) && !find_line()) return false;
    split_words(line_, columns.delimiter, words_);
    if (words_.size() != columns.count)
      reader_.fail("has " + std::to_string(words_.size()) + " columns, expected " +
                   std::to_string(columns.count));
    return true;
  }

  float value(std::size_t column, const Columns& columns) const {
    const Number number = parse_number(words_[column]);
    if (number.finite) return number.value;
    const std::string name = name_of(column, columns);
    if (words_[column].empty()) reader_.fail(name + " is empty, expected a number");
    return number_of(reader_, words_[column], "value in " + name);
  }

  float label(std::size_t column, const Columns& columns, LabelWords& labels) const {
    if (words_[column].empty())
      reader_.fail(name_of(column, columns) + " is empty, expected a label");
    return labels.label(reader_, words_[column], "label in " + name_of(column, columns));
  }

  const LineReader& reader() const { return reader_; }

 private:
  static std::string name_of(std::size_t column, const Columns& columns) {
    return columns.header.empty() ? "column " + std::to_string(column + 1)
                                  : "column " + in_quotes(columns.header[column]);
  }

  bool find_line() {
    do {
      if (!reader_.next(line_)) return false;
      if (reader_.line() == 1 && line_.starts_with(byte_order_mark))
        line_.remove_prefix(byte_order_mark.size());
    } while (skipped(line_));
    return true;
  }

  std::optional<std::size_t> label_column(const Columns& columns) const {
    if (options_.label_column == "none") return std::nullopt;
    const bool bare = options_.unlabelled && columns.count == options_.features;
    if (bare && options_.label_column.empty()) return std::nullopt;
    if (!options_.label_column.empty()) return named_column(columns);
    if (!options_.labels.empty()) return std::nullopt;
    std::vector<std::size_t> found;
    for (std::size_t i = 0; i < columns.header.size(); ++i)
      if (std::ranges::find(label_words, lower(columns.header[i])) != label_words.end())
        found.push_back(i);
    if (found.size() == 1) return found.front();
    reader_.fail("which of the " + std::to_string(columns.count) +
                 " columns is the label? say --label-column with a name, a number from 1, or none");
  }

  std::size_t named_column(const Columns& columns) const {
    const std::string& wanted = options_.label_column;
    const auto named = std::ranges::find(columns.header, wanted);
    if (named != columns.header.end())
      return static_cast<std::size_t>(named - columns.header.begin());
    std::size_t number = 0;
    const auto [last, error] =
        std::from_chars(wanted.data(), wanted.data() + wanted.size(), number);
    if (error == std::errc() && last == wanted.data() + wanted.size() && number >= 1 &&
        number <= columns.count)
      return number - 1;
    reader_.fail("has no column " + in_quotes(wanted) + ", expected a name of the header or 1 to " +
                 std::to_string(columns.count));
  }

  LineReader reader_;
  const ImportOptions& options_;
  std::string_view line_;
  Words words_;
  bool waiting_ = false;
};

std::string found_text(const Columns& columns) {
  const std::string delimiter = columns.delimiter == "\t"  ? "tabs"
                                : columns.delimiter == " " ? "blanks"
                                                           : in_quotes(columns.delimiter);
  std::string label = "no label column";
  if (columns.label)
    label =
        "label in column " + (columns.header.empty() ? std::to_string(*columns.label + 1)
                                                     : in_quotes(columns.header[*columns.label]));
  return (columns.header.empty() ? "no header" : "a header") + std::string(", separated by ") +
         delimiter + ", " + label;
}

/// Files with the same columns become one set.
class CsvImport {
 public:
  CsvImport(const ImportOptions& options, RowTarget out)
      : options_(options), out_(std::move(out)), words_(options.label_names) {}

  void add(const std::vector<std::string>& paths, std::size_t i, ImportWatch& watch) {
    CsvFile file(paths[i], options_);
    file.begin(columns_);
    if (writer_ == nullptr) open(file.reader());
    std::optional<LabelFile> labels;
    if (!options_.labels.empty()) labels.emplace(options_.labels[i], paths[i]);
    while (file.next(*columns_)) {
      float label = 0;
      std::size_t feature = 0;
      for (std::size_t column = 0; column < columns_->count; ++column) {
        if (columns_->label == column)
          label = options_.unlabelled ? 0 : file.label(column, *columns_, words_);
        else
          row_[feature++] = file.value(column, *columns_);
      }
      if (labels) label = labels->next();
      writer_->add({nullptr, row_.data(), static_cast<std::uint32_t>(row_.size()), label});
      watch.at(file.reader().consumed());
    }
    if (labels) labels->finish();
    watch.end_of_file(file.reader().consumed());
  }

  ImportSummary finish() {
    const std::string labels = options_.labels.empty() ? "" : ", labels from another file";
    const std::string names =
        words_.names().empty() ? "" : ", " + std::to_string(words_.names().size()) + " classes";
    writer_->name_labels(words_.names());
    return {
        .facts = writer_->finish(), .format = {}, .found = found_text(*columns_) + labels + names};
  }

 private:
  void open(const LineReader& reader) {
    const std::size_t features = columns_->count - (columns_->label ? 1 : 0);
    if (features == 0) reader.fail("has a label and nothing else");
    if (features > features_unsaid_max)
      reader.fail("has more than " + std::to_string(features_unsaid_max) + " columns");
    if (options_.features > 0 && options_.features != features)
      reader.fail("has " + std::to_string(features) + " features, but " + options_.features_said +
                  " " + std::to_string(options_.features));
    row_.resize(features);
    writer_ = std::make_unique<DatasetWriter>(
        out_, WriterOptions{.sparse = false, .features = static_cast<std::uint32_t>(features)});
  }

  const ImportOptions& options_;
  RowTarget out_;
  LabelWords words_;
  std::optional<Columns> columns_;
  std::vector<float> row_;
  std::unique_ptr<DatasetWriter> writer_;
};

}  // namespace

bool looks_like_csv(std::string_view head) {
  if (head.starts_with(byte_order_mark)) head.remove_prefix(byte_order_mark.size());
  if (std::ranges::any_of(head, [](char letter) { return letter >= 0 && letter < '\t'; }))
    return false;
  Words words;
  while (!head.empty()) {
    const std::string_view line = head.substr(0, head.find('\n'));
    head.remove_prefix(std::min(head.size(), line.size() + 1));
    if (skipped(line)) continue;
    split_words(line, delimiter_of(line), words);
    // A row with a mistake is one too, but index:value pairs are another format.
    return words.size() > 1 && line.find(':') == std::string_view::npos;
  }
  return false;
}

ImportSummary import_csv(const std::vector<std::string>& paths, const ImportOptions& options,
                         const RowTarget& out) {
  if (!options.labels.empty() && !options.label_column.empty() && options.label_column != "none")
    throw UserError(ExitCode::usage,
                    "data import: labels come from --labels or from --label-column, not both");
  if (options.delimiter.size() > 1)
    throw UserError(ExitCode::usage, "data import: --delimiter is one character, not " +
                                         in_quotes(options.delimiter));
  ImportWatch watch(paths, options.progress);
  CsvImport import(options, out);
  for (std::size_t i = 0; i < paths.size(); ++i) import.add(paths, i, watch);
  return import.finish();
}

}  // namespace troupe
