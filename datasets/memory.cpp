#include "datasets/memory.hpp"

#include "base/check.hpp"
#include "base/checksum.hpp"
#include "datasets/facts_builder.hpp"

namespace troupe {
namespace {

struct ColumnTypes {
  std::vector<std::uint64_t> offsets{0};
  std::vector<std::uint32_t> index;
  std::vector<float> value;
  std::vector<float> label;

  std::uint32_t checksum() const {
    std::uint32_t sum = crc32c(std::as_bytes(std::span(offsets)));
    sum = crc32c(std::as_bytes(std::span(index)), sum);
    sum = crc32c(std::as_bytes(std::span(value)), sum);
    return crc32c(std::as_bytes(std::span(label)), sum);
  }
};

class MemoryDataset final : public Dataset {
 public:
  MemoryDataset(std::shared_ptr<const ColumnTypes> columns, DataFacts facts)
      : columns_(std::move(columns)), facts_(std::move(facts)) {
    facts_.path = "memory";
    facts_.manifest_crc32c = columns_->checksum();
  }
  const DataFacts& facts() const override { return facts_; }
  Shard load(RowRange range) const override {
    TROUPE_CHECK(range.first, <=, range.last);
    TROUPE_CHECK(range.last, <=, facts_.rows);
    const ColumnTypes& all = *columns_;
    const Rows rows = facts_.sparse ? Rows::sparse(all.offsets, all.index.data(), all.value.data(),
                                                   all.label.data(), facts_.features)
                                    : Rows::dense(all.label.size(), all.value.data(),
                                                  all.label.data(), facts_.features);
    return {columns_, rows.slice(range.first, range.size())};
  }

 private:
  std::shared_ptr<const ColumnTypes> columns_;
  DataFacts facts_;
};

}  // namespace

std::shared_ptr<const Dataset> memory_dataset(const std::vector<SparseRow>& rows,
                                              std::uint32_t features) {
  auto columns = std::make_shared<ColumnTypes>();
  FactsBuilder builder(true, features);
  for (const SparseRow& row : rows) {
    TROUPE_CHECK(row.index.size(), ==, row.value.size());
    for (std::size_t i = 0; i < row.index.size(); ++i) {
      TROUPE_CHECK(row.index[i], <, features);
      if (i > 0) TROUPE_CHECK(row.index[i - 1], <, row.index[i]);
    }
    const auto size = static_cast<std::uint32_t>(row.index.size());
    builder.add({row.index.data(), row.value.data(), size, row.label});
    columns->index.insert(columns->index.end(), row.index.begin(), row.index.end());
    columns->value.insert(columns->value.end(), row.value.begin(), row.value.end());
    columns->offsets.push_back(columns->index.size());
    columns->label.push_back(row.label);
  }
  return std::make_shared<MemoryDataset>(std::move(columns), builder.finish());
}

std::shared_ptr<const Dataset> memory_dataset(const std::vector<DenseRow>& rows) {
  TROUPE_CHECK(rows.empty(), ==, false);
  const auto features = static_cast<std::uint32_t>(rows.front().value.size());
  auto columns = std::make_shared<ColumnTypes>();
  FactsBuilder builder(false, features);
  for (const DenseRow& row : rows) {
    TROUPE_CHECK(row.value.size(), ==, features);
    builder.add({nullptr, row.value.data(), features, row.label});
    columns->value.insert(columns->value.end(), row.value.begin(), row.value.end());
    columns->label.push_back(row.label);
  }
  return std::make_shared<MemoryDataset>(std::move(columns), builder.finish());
}

}  // namespace troupe
