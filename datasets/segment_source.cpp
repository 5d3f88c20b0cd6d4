#include "datasets/segment_source.hpp"

#include <fmt/core.h>

namespace troupe {

SegmentSpace part_of(const Manifest& manifest, SegmentRun run, const SegmentSpace& space,
                     std::size_t segment) {
  const SegmentEntry& head = manifest.segments[run.first];
  const SegmentEntry& part = manifest.segments[segment];
  const std::uint64_t row = part.first_row - head.first_row;
  const std::uint64_t entry = part.first_entry - head.first_entry;
  SegmentSpace found;
  found.label = space.label.subspan(row, part.rows);
  found.value = space.value.subspan(entry, part.entries);
  if (!manifest.facts.sparse) return found;
  found.offsets = space.offsets.subspan(row, part.rows + 1);
  found.index = space.index.subspan(entry, part.entries);
  return found;
}

std::string damage(const Manifest& manifest, std::size_t segment, const SegmentBytes& bytes) {
  return damage(manifest, segment, bytes, checksum(bytes));
}

std::string damage(const Manifest& manifest, std::size_t segment, const SegmentBytes& bytes,
                   std::uint32_t found) {
  const SegmentEntry& part = manifest.segments[segment];
  const std::string where = fmt::format("segment {} (rows {} to {})", segment, part.first_row,
                                        part.first_row + part.rows - 1);
  if (found != part.crc32c)
    return fmt::format("{}: damaged, checksum {:08x}, expected {:08x}", where, found, part.crc32c);
  const std::string unsafe = unsafe_rows(bytes, manifest.facts);
  return unsafe.empty() ? unsafe : fmt::format("{}: {}", where, unsafe);
}

}  // namespace troupe
