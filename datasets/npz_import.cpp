/// Reads the arrays X and y of an archive that NumPy saved, compressed or not. It
/// runs no code: arrays of objects are refused.
#include <array>
#include <charconv>
#include <optional>

#include "datasets/element_type.hpp"
#include "datasets/import_watch.hpp"
#include "datasets/text_source.hpp"
#include "datasets/zip_archive.hpp"

namespace troupe {
namespace {

constexpr std::array<std::string_view, 5> row_names = {"X", "x", "X_train", "x_train", "data"};
constexpr std::array<std::string_view, 6> label_names = {"y",      "Y",      "y_train",
                                                         "labels", "target", "label"};
constexpr std::size_t header_max = 65536;

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
    if (row_ == rows_) {
      if (!bytes_.at_end())
        bytes_.fail("more bytes than the " + std::to_string(rows_) + " rows of its shape");
      return false;
    }
    bytes_.read(raw_, width_ * type_.size,
                "row " + std::to_string(row_ + 1) + " of " + std::to_string(rows_));
    row.resize(width_);
    const std::size_t finite = read_floats(type_, raw_.data(), row);
    if (finite < width_)
      bytes_.fail("row " + std::to_string(row_ + 1) + ", value " + std::to_string(finite + 1) +
                  " is not finite in 32 bits");
    ++row_;
    return true;
  }

 private:
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
    if (at == std::string_view::npos) bytes_.fail("the header has no " + quoted(key));
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
      bytes_.fail("elements of the type " + quoted(word.substr(0, 20)) +
                  ", expected integers, float32 or float64");
    const bool by_columns = after(header, "fortran_order").starts_with("True");
    parse_shape(after(header, "shape"));
    if (by_columns && width_ > 1)
      bytes_.fail(
          "stored column by column, expected row by row; save it with "
          "numpy.ascontiguousarray");
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
  }

  BinaryReader bytes_;
  ElementType type_;
  std::uint64_t rows_ = 0;
  std::uint32_t width_ = 1;
  std::uint64_t row_ = 0;
  std::vector<char> raw_;
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
    text += (text.empty() ? "" : ", ") + quoted(member.name);
  }
  return text.empty() ? "nothing" : text;
}

/// Labels from the archive or from a file of their own.
class Labels {
 public:
  Labels(const ZipArchive& archive, const std::string& path, const std::string& file) {
    if (!file.empty()) {
      file_.emplace(file, path);
      return;
    }
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
    array_->next(label_);
    return label_.front();
  }
  void finish() {
    if (file_) return file_->finish();
    array_->next(label_);
  }
  const std::string& name() const { return name_; }

 private:
  std::optional<LabelFile> file_;
  std::optional<NpyReader> array_;
  std::vector<float> label_;
  std::string name_;
};

}  // namespace

bool looks_like_npz(std::string_view head) {
  return head.starts_with("PK\3\4") || head.starts_with("PK\5\6");
}

ImportSummary import_npz(const std::vector<std::string>& paths, const ImportOptions& options,
                         const RowTarget& out) {
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
    Labels labels(archive, paths[file], options.labels.empty() ? "" : options.labels[file]);
    labels.expect(array.rows(), paths[file]);
    rows.expect(paths[file], array.width());
    if (file == 0)
      found = "rows from " + quoted(member->name) +
              (labels.name().empty() ? "" : ", labels from " + quoted(labels.name()));
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
