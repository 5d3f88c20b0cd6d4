/// What every importer needs besides its format: how far it is, how wide a set may
/// become, and the labels that come in a file of their own. It reads no rows.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "datasets/importer.hpp"
#include "datasets/text_source.hpp"
#include "datasets/writer.hpp"

namespace troupe {

/// Tells how many bytes of all files were read.
class ImportWatch {
 public:
  ImportWatch(const std::vector<std::string>& paths, const MakingProgress& progress);
  /// Cheap: only now and then does anybody hear of it.
  void at(std::uint64_t consumed) {
    if (progress_ && ++calls_ % 4096 == 0) progress_(before_ + consumed, total_);
  }
  void end_of_file(std::uint64_t consumed) { before_ += consumed; }
  /// At once, for readers of large pieces.
  void tell(std::size_t file, std::uint64_t consumed);

 private:
  MakingProgress progress_;
  std::vector<std::uint64_t> starts_;  ///< of each file, as if all were one
  std::uint64_t total_ = 0;
  std::uint64_t before_ = 0;
  std::uint64_t calls_ = 0;
};

/// Statistics take memory for every feature: more than this many are read only
/// when --features says that they are meant.
inline constexpr std::uint32_t features_unsaid_max = std::uint32_t{1} << 25;
/// Numbers of users or nodes up to here become rows even when most of them are empty.
inline constexpr std::uint32_t sparse_rows_max = std::uint32_t{1} << 22;

/// Dense rows of one width, whatever file they come from. Nothing is written, and no
/// memory taken for statistics, before a first row was read.
class DenseRows {
 public:
  explicit DenseRows(RowTarget out) : out_(std::move(out)) {}
  /// Refuses a file whose rows are not as wide as those of the first.
  void expect(const std::string& path, std::uint32_t width);
  void add(const std::vector<float>& row, float label);
  DataFacts finish() { return writer_->finish(); }

 private:
  RowTarget out_;
  std::string first_path_;
  std::uint32_t width_ = 0;
  std::unique_ptr<DatasetWriter> writer_;
};

/// Labels as words of a text file: numbers, or the names of classes, which get the
/// numbers 0, 1, 2 and so on as they come. The first one decides which.
class LabelWords {
 public:
  /// Where there are names already, every label is one of them.
  explicit LabelWords(const std::vector<std::string>& names)
      : names_(names), closed_(!names.empty()) {}
  /// Refuses what the first label was not; `place` says where the word stands.
  float label(const LineReader& reader, std::string_view word, const std::string& place);
  /// Empty where labels are numbers.
  const std::vector<std::string>& names() const { return names_; }

 private:
  float numbered(const LineReader& reader, std::string_view word, const std::string& place);

  std::vector<std::string> names_;
  bool closed_;
  std::optional<bool> words_;
};

/// A file of labels, IDX or one number a line, compressed or not.
class LabelFile {
 public:
  LabelFile(const std::string& path, std::string rows);
  ~LabelFile();
  LabelFile(const LabelFile&) = delete;
  LabelFile& operator=(const LabelFile&) = delete;
  /// Refuses when there are fewer than rows.
  float next();
  /// Refuses when there are more.
  void finish();

  class Source;

 private:
  std::string path_;
  std::string rows_;
  std::unique_ptr<Source> source_;
  std::uint64_t count_ = 0;
};

}  // namespace troupe
