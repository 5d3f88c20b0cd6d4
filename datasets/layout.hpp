/// The layout of a data set's file: names, the table of segments, and what the
/// manifest's checksum covers. See docs/data-format.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "datasets/facts.hpp"
#include "datasets/h5.hpp"

namespace troupe {

inline constexpr std::uint64_t data_format_version = 2;
inline constexpr std::size_t segment_bytes_standard = std::size_t{8} << 20;

/// One row of the dataset "manifest/segments".
struct SegmentEntry {
  std::uint64_t first_row = 0;
  std::uint64_t rows = 0;
  std::uint64_t first_entry = 0;
  std::uint64_t entries = 0;
  std::uint64_t crc32c = 0;
  bool operator==(const SegmentEntry&) const = default;
};

struct Manifest {
  DataFacts facts;
  std::vector<SegmentEntry> segments;
};

/// The bytes of one segment. Offsets: one more than rows, counted from the start
/// of the file; dense sets have neither offsets nor index.
struct SegmentBytes {
  std::span<const float> label;
  std::span<const std::uint64_t> offsets;
  std::span<const std::uint32_t> index;
  std::span<const float> value;
};
std::uint32_t checksum(const SegmentBytes& bytes);
/// What a right checksum cannot vouch for in a file that we did not write: empty
/// when models can read the rows safely, else what is wrong.
std::string unsafe_rows(const SegmentBytes& bytes, const DataFacts& facts);

/// Over header, segments and statistics, in the order of docs/data-format.md.
std::uint32_t checksum(const Manifest& manifest);
/// Empty when facts, table and statistics belong together, as loading trusts, and the
/// checksum is theirs; else what is wrong.
std::string disagreement(const Manifest& manifest);
bool write_manifest(H5Creator& file, const Manifest& manifest);
/// Verified; throws UserError (exit 3).
Manifest read_manifest(const H5Reader& file);

}  // namespace troupe
