#include "datasets/layout.hpp"

#include <algorithm>
#include <bit>
#include <limits>

#include "base/checksum.hpp"

namespace troupe {
namespace {

constexpr const char* format_name = "troupe-dataset";
constexpr const char* names_group = "label_names";
constexpr std::uint64_t table_width = sizeof(SegmentEntry) / sizeof(std::uint64_t);

template <class T>
std::uint32_t add(std::uint32_t sum, const std::vector<T>& items) {
  return crc32c(std::as_bytes(std::span(items)), sum);
}

// Every fact is bounded by what the file can hold before anything is allocated.
std::uint32_t small_number(const H5Reader& file, const std::string& name) {
  const std::uint64_t value = file.number(name);
  if (value > std::numeric_limits<std::uint32_t>::max())
    file.refuse("attribute '" + name + "' is " + std::to_string(value) + ", expected below 2^32");
  return static_cast<std::uint32_t>(value);
}

template <class T>
std::vector<T> read_column(const H5Reader& file, const std::string& name, H5Element element,
                           std::uint64_t rows) {
  const H5Column column = file.column(name, element, {rows, 0});
  std::vector<T> items(rows);
  if (!column.read(0, rows, items.data())) file.refuse("dataset '" + name + "' cannot be read");
  return items;
}

std::vector<SegmentEntry> read_segments(const H5Reader& file) {
  const std::string name = "manifest/segments";
  const std::uint64_t count = file.rows_of(name);
  const H5Column column = file.column(name, H5Element::u64, {count, table_width});
  std::vector<SegmentEntry> segments(count);
  if (!column.read(0, count, segments.data())) file.refuse("dataset '" + name + "' cannot be read");
  return segments;
}

void read_statistics(const H5Reader& file, DataFacts& facts) {
  const std::uint64_t features = facts.features;
  facts.rows_per_feature =
      read_column<std::uint32_t>(file, "statistics/rows_per_feature", H5Element::u32, features);
  facts.mean = read_column<float>(file, "statistics/mean", H5Element::f32, features);
  facts.variance = read_column<float>(file, "statistics/variance", H5Element::f32, features);
  facts.max_abs = read_column<float>(file, "statistics/max_abs", H5Element::f32, features);
  if (!file.has("statistics/label_value")) return;
  const std::uint64_t labels = file.rows_of("statistics/label_value");
  const auto values = read_column<float>(file, "statistics/label_value", H5Element::f32, labels);
  const auto rows =
      read_column<std::uint64_t>(file, "statistics/label_rows", H5Element::u64, labels);
  for (std::uint64_t i = 0; i < labels; ++i) facts.labels.push_back({values[i], rows[i]});
}

bool write_statistics(H5Creator& file, const DataFacts& facts) {
  const H5Shape shape{facts.features, 0};
  bool done = file.whole("statistics/rows_per_feature", H5Element::u32, shape,
                         facts.rows_per_feature.data()) &&
              file.whole("statistics/mean", H5Element::f32, shape, facts.mean.data()) &&
              file.whole("statistics/variance", H5Element::f32, shape, facts.variance.data()) &&
              file.whole("statistics/max_abs", H5Element::f32, shape, facts.max_abs.data());
  if (!done || facts.labels.empty()) return done;
  std::vector<float> values;
  std::vector<std::uint64_t> rows;
  for (const LabelCount& label : facts.labels) {
    values.push_back(label.value);
    rows.push_back(label.rows);
  }
  const H5Shape labels{values.size(), 0};
  return file.whole("statistics/label_value", H5Element::f32, labels, values.data()) &&
         file.whole("statistics/label_rows", H5Element::u64, labels, rows.data());
}

// The table must tile rows and entries without gaps: loading trusts it.
std::string table_disagreement(const Manifest& manifest) {
  std::uint64_t row = 0;
  std::uint64_t entry = 0;
  const DataFacts& facts = manifest.facts;
  for (std::size_t i = 0; i < manifest.segments.size(); ++i) {
    const SegmentEntry& segment = manifest.segments[i];
    const bool fits = segment.first_row == row && segment.first_entry == entry &&
                      segment.rows > 0 && segment.rows <= facts.rows - row &&
                      segment.entries <= facts.entries - entry &&
                      (facts.sparse || segment.entries == segment.rows * facts.features);
    if (!fits)
      return "dataset 'manifest/segments', segment " + std::to_string(i) +
             ": does not continue the one before";
    row += segment.rows;
    entry += segment.entries;
  }
  if (row != facts.rows || entry != facts.entries || row == 0)
    return "dataset 'manifest/segments': holds " + std::to_string(row) + " rows, expected " +
           std::to_string(facts.rows) + " and at least one";
  return {};
}

// Without branches, and with what every processor does in wide registers: below 2^31,
// a difference has its sign bit set where the index is the smaller.
bool all_below(std::span<const std::uint32_t> items, std::uint32_t limit) {
  constexpr std::uint32_t sign = std::uint32_t{1} << 31;
  if (limit > sign)
    return std::ranges::all_of(items, [&](std::uint32_t item) { return item < limit; });
  std::uint32_t below = sign;
  for (const std::uint32_t item : items) below &= (item - limit) & ~item;
  return below == sign;
}

// The first version knew no names, and is written without them.
std::uint64_t version_of(const DataFacts& facts) {
  return facts.label_names.empty() ? 1 : data_format_version;
}

bool write_names(H5Creator& file, const std::vector<std::string>& names) {
  bool done = names.empty() || file.group(names_group);
  for (std::size_t i = 0; i < names.size(); ++i)
    done = done && file.text(names_group, std::to_string(i), names[i]);
  return done;
}

std::vector<std::string> read_names(const H5Reader& file) {
  std::vector<std::string> names;
  const std::size_t count = file.attributes(names_group).size();
  for (std::size_t i = 0; i < count; ++i)
    names.push_back(file.text_of(names_group, std::to_string(i)));
  return names;
}

// No file of ours comes near; sums and products of what is below cannot overflow.
bool far_too_large(const DataFacts& facts) {
  constexpr std::uint64_t most = std::uint64_t{1} << 56;
  return facts.rows > most || facts.entries > most ||
         (!facts.sparse && facts.features > 0 && facts.rows > most / facts.features);
}

bool statistics_fit(const DataFacts& facts) {
  return facts.rows_per_feature.size() == facts.features && facts.mean.size() == facts.features &&
         facts.variance.size() == facts.features && facts.max_abs.size() == facts.features;
}

}  // namespace

std::uint32_t checksum(const SegmentBytes& bytes) {
  std::uint32_t sum = crc32c(std::as_bytes(bytes.label));
  sum = crc32c(std::as_bytes(bytes.offsets), sum);
  sum = crc32c(std::as_bytes(bytes.index), sum);
  return crc32c(std::as_bytes(bytes.value), sum);
}

std::string unsafe_rows(const SegmentBytes& bytes, const DataFacts& facts) {
  if (!facts.sparse) return {};
  const std::uint64_t base = bytes.offsets.front();
  for (std::size_t i = 0; i + 1 < bytes.offsets.size(); ++i) {
    const std::uint64_t begin = bytes.offsets[i];
    const std::uint64_t end = bytes.offsets[i + 1];
    if (begin > end || end - base > bytes.index.size() || end - begin > facts.row_entries_max)
      return "row " + std::to_string(i) + " of it has offsets that lead outside";
  }
  if (all_below(bytes.index, facts.features)) return {};
  return "it holds feature " + std::to_string(std::ranges::max(bytes.index)) + " of only " +
         std::to_string(facts.features);
}

std::uint32_t checksum(const Manifest& manifest) {
  const DataFacts& facts = manifest.facts;
  std::vector<std::uint64_t> header = {version_of(facts),
                                       facts.rows,
                                       facts.features,
                                       facts.entries,
                                       facts.sparse ? 1U : 0U,
                                       facts.row_entries_max,
                                       std::bit_cast<std::uint32_t>(facts.row_norm_max),
                                       facts.positive};
  for (const LabelCount& label : facts.labels) {
    header.push_back(std::bit_cast<std::uint32_t>(label.value));
    header.push_back(label.rows);
  }
  std::uint32_t sum = add(0, header);
  // Each with its final zero, so that "ab", "c" is not "a", "bc".
  for (const std::string& name : facts.label_names)
    sum = crc32c(std::as_bytes(std::span(name.c_str(), name.size() + 1)), sum);
  sum = add(sum, manifest.segments);
  sum = add(sum, facts.rows_per_feature);
  sum = add(sum, facts.mean);
  sum = add(sum, facts.variance);
  return add(sum, facts.max_abs);
}

std::string disagreement(const Manifest& manifest) {
  const DataFacts& facts = manifest.facts;
  if (checksum(manifest) != facts.manifest_crc32c)
    return "dataset 'manifest/segments', attributes or statistics are damaged: their "
           "checksum is not the stored one";
  if (!statistics_fit(facts) || far_too_large(facts))
    return "attributes and statistics are not of one set";
  return table_disagreement(manifest);
}

bool write_manifest(H5Creator& file, const Manifest& manifest) {
  const DataFacts& facts = manifest.facts;
  return file.text("/", "format", format_name) &&
         file.number("format_version", version_of(facts)) && file.number("rows", facts.rows) &&
         file.number("features", facts.features) && file.number("entries", facts.entries) &&
         file.number("sparse", facts.sparse ? 1 : 0) &&
         file.number("row_entries_max", facts.row_entries_max) &&
         file.real("row_norm_max", facts.row_norm_max) && file.number("positive", facts.positive) &&
         file.group("manifest") && file.group("statistics") &&
         file.whole("manifest/segments", H5Element::u64, {manifest.segments.size(), table_width},
                    manifest.segments.data()) &&
         write_statistics(file, facts) && write_names(file, facts.label_names) &&
         file.number("manifest_crc32c", checksum(manifest));
}

Manifest read_manifest(const H5Reader& file) {
  if (file.text("format") != format_name)
    file.refuse("attribute 'format' is '" + file.text("format") + "', expected '" + format_name +
                "'");
  const std::uint64_t version = file.number("format_version");
  if (version == 0 || version > data_format_version)
    file.refuse("has format version " + std::to_string(version) + ", expected 1 to " +
                std::to_string(data_format_version));
  Manifest manifest;
  DataFacts& facts = manifest.facts;
  facts.path = file.path();
  facts.rows = file.number("rows");
  facts.features = small_number(file, "features");
  facts.entries = file.number("entries");
  facts.sparse = file.number("sparse") != 0;
  facts.row_entries_max = small_number(file, "row_entries_max");
  facts.row_norm_max = file.real("row_norm_max");
  facts.positive = file.number("positive");
  facts.manifest_crc32c = small_number(file, "manifest_crc32c");
  manifest.segments = read_segments(file);
  read_statistics(file, facts);
  if (version > 1) facts.label_names = read_names(file);
  const std::string wrong = disagreement(manifest);
  if (!wrong.empty()) file.refuse(wrong);
  return manifest;
}

}  // namespace troupe
