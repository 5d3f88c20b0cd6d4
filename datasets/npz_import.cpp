/// Reads the arrays X and y of an archive that NumPy saved, compressed or not. It
/// runs no code: arrays of objects are refused.
#include <array>
#include <charconv>
#include <cmath>
#include <optional>

#include "datasets/element_type.hpp"
#include "datasets/import_watch.hpp"
#include "datasets/text_source.hpp"
#include "datasets/writer.hpp"
#include "datasets/zip_archive.hpp"

namespace troupe {
namespace {

constexpr std::array<std::string_view, 5> row_names = {"X", "x", "X_train", "x_train", "data"};
constexpr std::array<std::string_view, 6> label_names = {"y",      "Y",      "y_train",
                                                         "labels", "target", "label"};
constexpr std::size_t header_max = 65536;
constexpr std::uint64_t turned_bytes_max = std::uint64_t{1} << 30;

/// One array, row after row as floats.
class NpyReader {
 public:
  NpyReader(const std::string& name, std::unique_ptr<ByteSource> source)
      : bytes_(name, std::move(source)) {
    parse(header());
  }

  std::uint64_t rows() const { return rows_; }
  std::uint32_t width() const { return width_; }
  std::uint64_t consumed() const { return bytes_.consumed(); }

  bool next(std::vector<float>& row) {
    if (by_columns_) turn();
    if (row_ == rows_) {
      if (!bytes_.at_end())
        bytes_.fail("more bytes than the " + std::to_string(rows_) + " rows of its shape");
      return false;
    }
    row.resize(width_);
    if (!turned_.empty()) {
      for (std::uint32_t i = 0; i < width_; ++i) row[i] = turned_[i * rows_ + row_];
      ++row_;
      return true;
    }
    bytes_.read(raw_, width_ * type_.size,
                "row " + std::to_string(row_ + 1) + " of " + std::to_string(rows_));
    const std::size_t finite = read_floats(type_, raw_.data(), row);
    if (finite < width_) refuse_value(row_, finite);
    ++row_;
    return true;
  }

  /// The next element of a flat array.
  double next_number() {
    bytes_.read(raw_, type_.size, "an element");
    ++row_;
    return number_at(type_, raw_.data());
  }

  std::uint64_t next_whole() {
    const double number = next_number();
    constexpr double exact_max = 9007199254740992.0;  // 2^53
    if (!(number >= 0 && number <= exact_max) || std::floor(number) != number)
      bytes_.fail("element " + std::to_string(row_) + " is " + std::to_string(number) +
                  ", expected a whole number from 0");
    return static_cast<std::uint64_t>(number);
  }

  [[noreturn]] void fail(const std::string& what) const { bytes_.fail(what); }

 private:
  [[noreturn]] void refuse_value(std::uint64_t row, std::uint64_t value) const {
    bytes_.fail("row " + std::to_string(row + 1) + ", value " + std::to_string(value + 1) +
                " is not finite in 32 bits");
  }

  // Rows of an array that is stored column by column are there when all of it is.
  void turn() {
    by_columns_ = false;
    if (rows_ > turned_bytes_max / sizeof(float) / width_)
      bytes_.fail(
          "stored column by column, and larger than the 1 GiB that are turned in memory; save it "
          "with numpy.ascontiguousarray");
    for (std::uint32_t column = 0; column < width_; ++column) {
      bytes_.read(raw_, rows_ * type_.size, "column " + std::to_string(column + 1));
      turned_.resize(turned_.size() + rows_);
      const std::size_t finite = read_floats(type_, raw_.data(), std::span(turned_).last(rows_));
      if (finite < rows_) refuse_value(finite, column);
    }
  }

  std::string header() {
    std::array<char, 8> magic{};
    bytes_.read(magic, "the header of an array");
    if (std::string_view(magic.data(), 6) != "\x93NUMPY")
      refuse_file(bytes_.path(), "is no array of NumPy, expected its magic word");
    const bool wide = magic[6] > 1;
    std::array<char, 4> size{};
    bytes_.read(std::span(size).first(wide ? 4 : 2), "the size of the header");
    const auto length = static_cast<std::size_t>(number_at({'u', 4, false}, size.data()));
    if (length > header_max)
      bytes_.fail("a header of " + std::to_string(length) + " bytes, expected at most 65536");
    std::string text(length, '\0');
    bytes_.read(text, "the header of an array");
    return text;
  }

  // What follows "'key':" without blanks; the header is written by NumPy alone.
  std::string_view after(std::string_view header, std::string_view key) const {
    const std::size_t at = header.find("'" + std::string(key) + "':");
    if (at == std::string_view::npos) bytes_.fail("the header has no " + in_quotes(key));
    header.remove_prefix(at + key.size() + 3);
    header.remove_prefix(std::min(header.size(), header.find_first_not_of(' ')));
    return header;
  }

  void parse(const std::string& header) {
    const std::string_view kind = after(header, "descr");
    const std::string_view word = kind.substr(0, kind.find('\'', 1) + 1);
    if (word.size() == 5)
      type_ = {word[2], static_cast<std::size_t>(word[3] - '0'), word[1] == '>'};
    if (!type_.known())
      bytes_.fail("elements of the type " + in_quotes(word.substr(0, 20)) +
                  ", expected integers, float16, float32 or float64");
    by_columns_ = after(header, "fortran_order").starts_with("True");
    parse_shape(after(header, "shape"));
  }

  void parse_shape(std::string_view text) {
    std::uint64_t width = 1;
    std::size_t dimensions = 0;
    const std::string_view inside = text.substr(0, text.find(')'));
    for (std::size_t at = inside.find_first_of("0123456789"); at != std::string_view::npos;
         ++dimensions) {
      const std::size_t end = std::min(inside.find_first_not_of("0123456789", at), inside.size());
      std::uint64_t size = 0;
      const auto [last, error] = std::from_chars(inside.data() + at, inside.data() + end, size);
      if (error != std::errc()) size = UINT64_MAX;
      if (dimensions > 0 && (size == 0 || size > features_unsaid_max / width))
        bytes_.fail("a shape whose rows are empty or hold more than " +
                    std::to_string(features_unsaid_max) + " values");
      (dimensions == 0 ? rows_ : width) = dimensions == 0 ? size : width * size;
      at = inside.find_first_of("0123456789", end);
    }
    if (dimensions == 0 || rows_ == 0) bytes_.fail("a shape without rows, expected at least 1");
    width_ = static_cast<std::uint32_t>(width);
    by_columns_ = by_columns_ && width_ > 1;
    if (by_columns_ && dimensions > 2)
      bytes_.fail(
          "stored column by column in more than two dimensions, expected row by row; save it with "
          "numpy.ascontiguousarray");
  }

  BinaryReader bytes_;
  ElementType type_;
  std::uint64_t rows_ = 0;
  std::uint32_t width_ = 1;
  std::uint64_t row_ = 0;
  std::vector<char> raw_;
  bool by_columns_ = false;
  std::vector<float> turned_;
};

template <class Names>
const ZipMember* find(const ZipArchive& archive, const Names& names) {
  for (const std::string_view name : names)
    for (const ZipMember& member : archive.members())
      if (member.name == std::string(name) + ".npy") return &member;
  return nullptr;
}

std::string list(const ZipArchive& archive) {
  std::string text;
  for (const ZipMember& member : archive.members()) {
    if (text.size() > 200) return text + ", ...";
    text += (text.empty() ? "" : ", ") + in_quotes(member.name);
  }
  return text.empty() ? "nothing" : text;
}

/// Labels from the archive or from a file of their own; zeros where nobody asks for them.
class Labels {
 public:
  Labels(const ZipArchive& archive, const std::string& path, const std::string& file,
         bool unlabelled) {
    if (!file.empty()) file_.emplace(file, path);
    if (!file.empty() || unlabelled) return;
    const ZipMember* member = find(archive, label_names);
    if (member == nullptr)
      refuse_file(path, "holds " + list(archive) +
                            " and no labels, expected 'y.npy'; --labels names a file of them");
    name_ = member->name;
    array_.emplace(archive.name_of(*member), archive.open(*member));
    if (array_->width() != 1)
      refuse_file(archive.name_of(*member),
                  "holds " + std::to_string(array_->width()) + " values a row, expected one label");
  }
  void expect(std::uint64_t rows, const std::string& path) const {
    if (array_ && array_->rows() != rows)
      refuse_file(path, "holds " + std::to_string(rows) + " rows and " +
                            std::to_string(array_->rows()) + " labels, expected as many");
  }
  float next() {
    if (file_) return file_->next();
    if (!array_) return 0;
    array_->next(label_);
    return label_.front();
  }
  void finish() {
    if (file_) return file_->finish();
    if (array_) array_->next(label_);
  }
  const std::string& name() const { return name_; }

 private:
  std::optional<LabelFile> file_;
  std::optional<NpyReader> array_;
  std::vector<float> label_;
  std::string name_;
};

/// A matrix as scipy.sparse.save_npz writes it, row after row.
class CsrReader {
 public:
  /// Whether the archive holds a sparse matrix, of whatever form.
  static bool holds(const ZipArchive& archive) {
    return find(archive, std::array{"indptr"}) != nullptr &&
           find(archive, std::array{"indices"}) != nullptr;
  }

  explicit CsrReader(const ZipArchive& archive)
      : ends_(open(archive, "indptr")),
        index_(open(archive, "indices")),
        value_(open(archive, "data")) {
    check_form(archive);
    NpyReader shape = open(archive, "shape");
    if (shape.rows() != 2) shape.fail("a shape of other than two dimensions");
    rows_ = shape.next_whole();
    const std::uint64_t features = shape.next_whole();
    if (features == 0 || features > features_unsaid_max || rows_ == 0)
      shape.fail("a shape of " + std::to_string(rows_) + " x " + std::to_string(features) +
                 ", expected rows and 1 to " + std::to_string(features_unsaid_max) + " features");
    features_ = static_cast<std::uint32_t>(features);
    if (ends_.rows() != rows_ + 1 || index_.rows() != value_.rows())
      shape.fail("the arrays beside it are of other sizes");
    end_ = ends_.next_whole();
    if (end_ != 0) ends_.fail("the first element is not 0");
  }

  std::uint64_t rows() const { return rows_; }
  std::uint32_t features() const { return features_; }
  std::uint64_t consumed() const { return value_.consumed(); }

  /// The next of rows(); label 0.
  RowView next() {
    const std::uint64_t begin = end_;
    end_ = ends_.next_whole();
    if (end_ < begin || end_ > value_.rows() || end_ - begin > features_)
      ends_.fail("row " + std::to_string(row_ + 1) + " begins or ends where no row can");
    indices_.clear();
    values_.clear();
    for (std::uint64_t i = begin; i < end_; ++i) {
      const std::uint64_t index = index_.next_whole();
      if (index >= features_ || (i > begin && index <= indices_.back()))
        index_.fail("row " + std::to_string(row_ + 1) + " has the index " + std::to_string(index) +
                    ", expected ascending ones below " + std::to_string(features_) +
                    "; sum_duplicates() of the matrix sorts them");
      indices_.push_back(static_cast<std::uint32_t>(index));
      values_.push_back(static_cast<float>(value_.next_number()));
      if (!std::isfinite(values_.back()))
        value_.fail("entry " + std::to_string(i + 1) + " is not finite in 32 bits");
    }
    ++row_;
    return {indices_.data(), values_.data(), static_cast<std::uint32_t>(values_.size()), 0};
  }

  void finish() {
    if (end_ != value_.rows()) ends_.fail("fewer entries in all rows than in 'data'");
  }

 private:
  static NpyReader open(const ZipArchive& archive, const char* name) {
    const ZipMember* member = find(archive, std::array{name});
    if (member == nullptr)
      refuse_file(archive.path(),
                  "holds " + list(archive) + " and no " + in_quotes(std::string(name) + ".npy"));
    return {archive.name_of(*member), archive.open(*member)};
  }

  // The word is text, as bytes or as characters of four bytes: its letters stand at the end.
  static void check_form(const ZipArchive& archive) {
    const ZipMember* member = find(archive, std::array{"format"});
    std::string text;
    if (member != nullptr && member->size < header_max) {
      text.resize(member->size);
      BinaryReader(archive.name_of(*member), archive.open(*member)).read(text, "the form");
      std::erase(text, '\0');
    }
    if (!text.ends_with("csr"))
      refuse_file(archive.path(),
                  "holds a sparse matrix of another form than CSR; save "
                  "matrix.tocsr() instead");
  }

  NpyReader ends_;
  NpyReader index_;
  NpyReader value_;
  std::uint64_t rows_ = 0;
  std::uint32_t features_ = 0;
  std::uint64_t row_ = 0;
  std::uint64_t end_ = 0;
  std::vector<std::uint32_t> indices_;
  std::vector<float> values_;
};

ImportSummary import_csr(const std::vector<std::string>& paths, const ImportOptions& options,
                         const RowTarget& out) {
  ImportWatch watch(paths, options.progress);
  std::unique_ptr<DatasetWriter> writer;
  std::uint32_t features = 0;
  for (std::size_t file = 0; file < paths.size(); ++file) {
    const ZipArchive archive(paths[file]);
    if (!CsrReader::holds(archive))
      refuse_file(paths[file], "holds no sparse matrix as the first file does");
    CsrReader matrix(archive);
    if (file > 0 && matrix.features() != features)
      refuse_file(paths[file], "holds rows of " + std::to_string(matrix.features()) +
                                   " features, expected " + std::to_string(features) + " as in " +
                                   paths.front());
    features = matrix.features();
    Labels labels(archive, paths[file], options.labels.empty() ? "" : options.labels[file],
                  options.unlabelled);
    labels.expect(matrix.rows(), paths[file]);
    if (writer == nullptr)
      writer =
          std::make_unique<DatasetWriter>(out, WriterOptions{.sparse = true, .features = features});
    for (std::uint64_t i = 0; i < matrix.rows(); ++i) {
      RowView row = matrix.next();
      row.label = labels.next();
      writer->add(row);
      watch.at(matrix.consumed());
    }
    matrix.finish();
    labels.finish();
    watch.end_of_file(matrix.consumed());
  }
  return {.facts = writer->finish(), .format = {}, .found = "a sparse matrix of SciPy"};
}

}  // namespace

bool looks_like_npz(std::string_view head) {
  return head.starts_with("PK\3\4") || head.starts_with("PK\5\6");
}

ImportSummary import_npz(const std::vector<std::string>& paths, const ImportOptions& options,
                         const RowTarget& out) {
  if (CsrReader::holds(ZipArchive(paths.front()))) return import_csr(paths, options, out);
  ImportWatch watch(paths, options.progress);
  DenseRows rows(out);
  std::vector<float> row;
  std::string found;
  for (std::size_t file = 0; file < paths.size(); ++file) {
    const ZipArchive archive(paths[file]);
    const ZipMember* member = find(archive, row_names);
    if (member == nullptr)
      refuse_file(paths[file], "holds " + list(archive) + " and no rows, expected 'X.npy'");
    NpyReader array(archive.name_of(*member), archive.open(*member));
    Labels labels(archive, paths[file], options.labels.empty() ? "" : options.labels[file],
                  options.unlabelled);
    labels.expect(array.rows(), paths[file]);
    rows.expect(paths[file], array.width());
    if (file == 0)
      found = "rows from " + in_quotes(member->name) +
              (labels.name().empty() ? "" : ", labels from " + in_quotes(labels.name()));
    while (array.next(row)) {
      rows.add(row, labels.next());
      watch.at(array.consumed());
    }
    labels.finish();
    watch.end_of_file(array.consumed());
  }
  return {.facts = rows.finish(), .format = {}, .found = found};
}

}  // namespace troupe
