#include "datasets/import_watch.hpp"

#include <algorithm>
#include <filesystem>
#include <optional>

#include "datasets/idx.hpp"
#include "datasets/text_source.hpp"

namespace troupe {

namespace {

std::string listed(const std::vector<std::string>& names) {
  constexpr std::size_t shown = 4;
  std::string text;
  for (std::size_t i = 0; i < names.size() && i < shown; ++i)
    text += (i == 0 ? "" : ", ") + in_quotes(std::string_view(names[i]));
  return text + (names.size() > shown ? ", ..." : "");
}

}  // namespace

ImportWatch::ImportWatch(const std::vector<std::string>& paths, const MakingProgress& progress)
    : progress_(progress) {
  for (const std::string& path : paths) {
    std::error_code error;
    const std::uintmax_t size = std::filesystem::file_size(path, error);
    starts_.push_back(total_);
    if (!error) total_ += size;
  }
}

void ImportWatch::tell(std::size_t file, std::uint64_t consumed) {
  if (progress_) progress_(starts_[file] + consumed, total_);
}

void DenseRows::expect(const std::string& path, std::uint32_t width) {
  if (width_ == 0) {
    width_ = width;
    first_path_ = path;
  }
  if (width != width_)
    refuse_file(path, "holds " + std::to_string(width) + " values a row, expected " +
                          std::to_string(width_) + " as in " + first_path_);
}

void DenseRows::add(const std::vector<float>& row, float label) {
  if (writer_ == nullptr)
    writer_ =
        std::make_unique<DatasetWriter>(out_, WriterOptions{.sparse = false, .features = width_});
  writer_->add({nullptr, row.data(), width_, label});
}

float LabelWords::label(const LineReader& reader, std::string_view word, const std::string& place) {
  if (!words_) words_ = closed_ || !parse_number(word).number;
  return *words_ ? numbered(reader, word, place) : number_of(reader, word, place);
}

float LabelWords::numbered(const LineReader& reader, std::string_view word,
                           const std::string& place) {
  const auto known = std::ranges::find(names_, word);
  if (known != names_.end()) return static_cast<float>(known - names_.begin());
  const std::string what = place + " is " + in_quotes(word);
  if (closed_) reader.fail(what + ", none of the classes " + listed(names_));
  if (parse_number(word).number)
    reader.fail(what + ", a number, but labels before it are words such as " +
                in_quotes(std::string_view(names_.front())));
  if (std::ranges::any_of(word, [](char letter) { return letter >= 0 && letter < ' '; }))
    reader.fail(what + ", which holds a control character");
  if (names_.size() == label_values_max)
    reader.fail(what + ", one more than the " + std::to_string(label_values_max) +
                " different words that can be classes");
  names_.emplace_back(word);
  return static_cast<float>(names_.size() - 1);
}

class LabelFile::Source {
 public:
  virtual ~Source() = default;
  virtual std::optional<float> next() = 0;
};

namespace {

class IdxLabels final : public LabelFile::Source {
 public:
  explicit IdxLabels(const std::string& path) : array_(path) {
    if (array_.width() != 1)
      refuse_file(path,
                  "holds " + std::to_string(array_.width()) + " values a row, expected one label");
  }
  std::optional<float> next() override {
    if (!array_.next(value_)) return std::nullopt;
    return value_.front();
  }

 private:
  IdxReader array_;
  std::vector<float> value_;
};

class TextLabels final : public LabelFile::Source {
 public:
  explicit TextLabels(const std::string& path) : reader_(path) {}
  std::optional<float> next() override {
    std::string_view line;
    while (reader_.next(line)) {
      split_words(line, " ", words_);
      if (words_.empty() || words_.front().starts_with('#')) continue;
      if (words_.size() > 1)
        reader_.fail("has " + std::to_string(words_.size()) + " words, expected one label");
      return number_of(reader_, words_.front(), "label");
    }
    return std::nullopt;
  }

 private:
  LineReader reader_;
  std::vector<std::string_view> words_;
};

bool is_idx(const std::string& path) {
  std::string head(4, '\0');
  head.resize(open_bytes(path)->read(head));
  return looks_like_idx(head);
}

}  // namespace

LabelFile::LabelFile(const std::string& path, std::string rows)
    : path_(path), rows_(std::move(rows)) {
  if (is_idx(path))
    source_ = std::make_unique<IdxLabels>(path);
  else
    source_ = std::make_unique<TextLabels>(path);
}
LabelFile::~LabelFile() = default;

float LabelFile::next() {
  const std::optional<float> label = source_->next();
  if (!label)
    refuse_file(path_, "holds " + std::to_string(count_) +
                           " labels, expected one for each row of " + rows_);
  ++count_;
  return *label;
}

void LabelFile::finish() {
  if (source_->next())
    refuse_file(path_, "holds more than " + std::to_string(count_) +
                           " labels, expected one for each row of " + rows_);
}

}  // namespace troupe
