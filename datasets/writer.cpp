#include "datasets/writer.hpp"

#include <algorithm>
#include <cerrno>

#include "base/check.hpp"
#include "base/user_error.hpp"
#include "datasets/facts_builder.hpp"
#include "datasets/output_file.hpp"

namespace troupe {

class DatasetWriter::Impl {
 public:
  virtual ~Impl() = default;
  virtual void add(const RowView& row) = 0;
  virtual std::uint64_t rows() const = 0;
  virtual DataFacts complete() = 0;
  virtual void publish() {}
  virtual void settle() {}
  void name_labels(std::vector<std::string> names) { label_names_ = std::move(names); }

 protected:
  std::vector<std::string> label_names_;
};

class DatasetWriter::SinkImpl final : public Impl {
 public:
  SinkImpl(RowSink& sink, const WriterOptions& options) : sink_(sink) {
    facts_.sparse = options.sparse;
    facts_.features = options.features;
    sink_.begin(options.sparse, options.features);
  }
  void add(const RowView& row) override {
    if (row.index != nullptr && row.size > 0)
      facts_.features = std::max(facts_.features, row.index[row.size - 1] + 1);
    ++facts_.rows;
    sink_.add(row);
  }
  std::uint64_t rows() const override { return facts_.rows; }
  DataFacts complete() override { return facts_; }

 private:
  RowSink& sink_;
  DataFacts facts_;
};

class DatasetWriter::FileImpl final : public Impl {
 public:
  FileImpl(const std::string& path, const WriterOptions& options)
      : options_(options),
        path_(path),
        output_(path),
        file_(output_.path()),
        facts_(options.sparse, options.features) {
    if (!file_.valid()) output_.fail(errno);
    TROUPE_CHECK(options.sparse || options.features > 0, ==, true);
  }

  void add(const RowView& row) override {
    TROUPE_CHECK(row.index != nullptr || row.size == 0, ==, options_.sparse || row.size == 0);
    if (!options_.sparse) TROUPE_CHECK(row.size, ==, options_.features);
    const std::size_t size = row_bytes(row.size);
    if (!label_.empty() && bytes_ + size > options_.segment_bytes) flush(false);
    facts_.add(row);
    label_.push_back(row.label);
    if (options_.sparse) {
      index_.insert(index_.end(), row.index, row.index + row.size);
      offsets_.push_back(first_entry_ + index_.size());
    }
    value_.insert(value_.end(), row.value, row.value + row.size);
    bytes_ += size;
  }

  std::uint64_t rows() const override { return first_row_ + label_.size(); }

  DataFacts complete() override {
    Manifest manifest;
    manifest.facts = facts_.finish();
    manifest.facts.label_names = label_names_;
    if (manifest.facts.rows == 0 || manifest.facts.features == 0)
      throw UserError(ExitCode::data, path_ + ": not written: there are no rows or no features");
    flush(true);
    manifest.facts.path = path_;
    manifest.segments = std::move(segments_);
    manifest.facts.manifest_crc32c = checksum(manifest);
    columns_ = {};
    errno = 0;
    check(write_manifest(file_, manifest));
    check(file_.close());
    output_.sync();
    return manifest.facts;
  }
  void publish() override { output_.publish(); }
  void settle() override { output_.settle(); }

 private:
  struct Columns {
    H5Column label, offsets, index, value;
  };

  std::size_t row_bytes(std::uint32_t size) const {
    return sizeof(float) + (options_.sparse ? 8 + std::size_t{8} * size : std::size_t{4} * size);
  }
  void check(bool done) { output_.check(done, errno); }

  H5Column column(const char* name, H5Element element, H5Shape shape, bool only) {
    return only ? file_.column(name, element, shape) : file_.extensible(name, element, shape.width);
  }
  // A set of one segment is stored without chunks, which are larger than it.
  void create(bool only) {
    columns_.label = column("labels", H5Element::f32, {label_.size(), 0}, only);
    if (options_.sparse) {
      columns_.offsets = column("offsets", H5Element::u64, {offsets_.size(), 0}, only);
      columns_.index = column("indices", H5Element::u32, {index_.size(), 0}, only);
      columns_.value = column("values", H5Element::f32, {value_.size(), 0}, only);
    } else {
      columns_.value = column("values", H5Element::f32, {label_.size(), options_.features}, only);
    }
    only_ = only;
  }

  bool put(H5Column& target, std::uint64_t count, const void* data) {
    return only_ ? target.write_all(data) : target.append(count, data);
  }

  void flush(bool last) {
    if (segments_.empty()) create(last);
    const SegmentBytes bytes{label_, offsets_, index_, value_};
    segments_.push_back({first_row_, label_.size(), first_entry_, value_.size(), checksum(bytes)});
    errno = 0;
    check(put(columns_.label, label_.size(), label_.data()));
    if (options_.sparse) {
      // The first offset of a later segment is the last one of its predecessor.
      const std::size_t known = segments_.size() == 1 ? 0 : 1;
      check(put(columns_.offsets, offsets_.size() - known, offsets_.data() + known) &&
            put(columns_.index, index_.size(), index_.data()) &&
            put(columns_.value, value_.size(), value_.data()));
    } else {
      check(put(columns_.value, label_.size(), value_.data()));
    }
    first_row_ += label_.size();
    first_entry_ += value_.size();
    label_.clear();
    index_.clear();
    value_.clear();
    offsets_.clear();
    if (options_.sparse) offsets_.push_back(first_entry_);
    bytes_ = 0;
  }

  WriterOptions options_;
  std::string path_;
  OutputFile output_;
  H5Creator file_;
  Columns columns_;
  FactsBuilder facts_;
  std::vector<SegmentEntry> segments_;
  std::vector<float> label_;
  std::vector<std::uint64_t> offsets_ =
      options_.sparse ? std::vector<std::uint64_t>{0} : std::vector<std::uint64_t>{};
  std::vector<std::uint32_t> index_;
  std::vector<float> value_;
  std::uint64_t first_row_ = 0;
  std::uint64_t first_entry_ = 0;
  std::size_t bytes_ = 0;
  bool only_ = false;
};

DatasetWriter::DatasetWriter(const RowTarget& target, const WriterOptions& options) {
  if (target.sink() != nullptr)
    impl_ = std::make_unique<SinkImpl>(*target.sink(), options);
  else
    impl_ = std::make_unique<FileImpl>(target.path(), options);
}
DatasetWriter::~DatasetWriter() = default;
void DatasetWriter::add(const RowView& row) { impl_->add(row); }
void DatasetWriter::name_labels(std::vector<std::string> names) {
  impl_->name_labels(std::move(names));
}
std::uint64_t DatasetWriter::rows() const { return impl_->rows(); }
DataFacts DatasetWriter::complete() { return impl_->complete(); }
void DatasetWriter::publish() { impl_->publish(); }
void DatasetWriter::settle() { impl_->settle(); }

DataFacts DatasetWriter::finish() {
  DataFacts facts = impl_->complete();
  impl_->publish();
  impl_->settle();
  return facts;
}

}  // namespace troupe
