/// Reads IDX, the format of MNIST. Labels are a file of their own.
#include <optional>

#include "datasets/idx.hpp"
#include "datasets/import_watch.hpp"

namespace troupe {
namespace {

constexpr std::uint64_t width_max = std::uint64_t{1} << 25;

ElementType type_of(unsigned char code) {
  switch (code) {
    case 0x08:
      return {'u', 1, true};
    case 0x09:
      return {'i', 1, true};
    case 0x0B:
      return {'i', 2, true};
    case 0x0C:
      return {'i', 4, true};
    case 0x0D:
      return {'f', 4, true};
    case 0x0E:
      return {'f', 8, true};
    default:
      return {};
  }
}

std::uint32_t header_number(const char* bytes) {
  return static_cast<std::uint32_t>(number_at({'u', 4, true}, bytes));
}

}  // namespace

IdxReader::IdxReader(const std::string& path) : bytes_(path) {
  char head[4];
  bytes_.read(head, "the magic number of an IDX file");
  type_ = type_of(static_cast<unsigned char>(head[2]));
  dimensions_ = static_cast<unsigned char>(head[3]);
  if (!looks_like_idx({head, sizeof head}))
    refuse_file(path, "has the magic number " + std::to_string(header_number(head)) +
                          ", expected that of an IDX file such as 2051 or 2049");
  std::uint64_t width = 1;
  for (std::uint32_t i = 0; i < dimensions_; ++i) {
    bytes_.read(head, "the sizes of " + std::to_string(dimensions_) + " dimensions");
    const std::uint64_t size = header_number(head);
    if (i == 0)
      rows_ = size;
    else
      width *= size;
    if (width == 0 || width > width_max)
      bytes_.fail("a row of " + std::to_string(width) + " values, expected 1 to " +
                  std::to_string(width_max));
  }
  if (rows_ == 0) bytes_.fail("the header says 0 rows, expected at least 1");
  width_ = static_cast<std::uint32_t>(width);
}

bool IdxReader::next(std::vector<float>& row) {
  if (row_ == rows_) {
    if (!bytes_.at_end())
      bytes_.fail("more bytes than the " + std::to_string(rows_) + " rows that the header says");
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

bool looks_like_idx(std::string_view head) {
  return head.size() >= 4 && head[0] == 0 && head[1] == 0 &&
         type_of(static_cast<unsigned char>(head[2])).known() && head[3] >= 1 && head[3] <= 4;
}

ImportSummary import_idx(const std::vector<std::string>& paths, const ImportOptions& options,
                         const RowTarget& out) {
  ImportWatch watch(paths, options.progress);
  DenseRows rows(out);
  std::vector<float> row;
  for (std::size_t file = 0; file < paths.size(); ++file) {
    IdxReader images(paths[file]);
    if (images.dimensions() == 1)
      refuse_file(paths[file],
                  "holds one value a row as labels do; give it with --labels, after "
                  "the file of the rows");
    if (options.labels.empty() && !options.unlabelled)
      refuse_file(paths[file], "holds no labels; give their file with --labels");
    rows.expect(paths[file], images.width());
    std::optional<LabelFile> labels;
    if (!options.labels.empty()) labels.emplace(options.labels[file], paths[file]);
    while (images.next(row)) {
      rows.add(row, labels ? labels->next() : 0);
      watch.at(images.consumed());
    }
    if (labels) labels->finish();
    watch.end_of_file(images.consumed());
  }
  return {.facts = rows.finish(), .format = {}, .found = "values as stored, not scaled"};
}

}  // namespace troupe
