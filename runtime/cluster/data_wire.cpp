#include "runtime/cluster/data_wire.hpp"

#include <algorithm>
#include <cstring>

#include "base/check.hpp"
#include "runtime/cluster/fields.hpp"

namespace troupe {
namespace {

enum class Outcome : std::uint8_t { sent, refused };

// Before the bytes of a part.
struct SentHead {
  Outcome answer = Outcome::sent;
  PartWanted wanted;
  std::uint64_t total = 0;
  static constexpr auto fields() {
    return std::tuple{&SentHead::answer, &SentHead::wanted, &SentHead::total};
  }
};

struct RefusedWhole {
  Outcome answer = Outcome::refused;
  PartRefused refused;
  static constexpr auto fields() {
    return std::tuple{&RefusedWhole::answer, &RefusedWhole::refused};
  }
};

// A manifest as the wire has it: plain lists.
struct ManifestFields {
  DataFacts facts;
  std::vector<float> label_value;
  std::vector<std::uint64_t> label_rows;
  std::vector<std::uint64_t> segments;
};

// Both directions visit the same fields in this order.
template <class Fields, class Visit>
bool each_field(Fields& all, Visit visit) {
  auto& facts = all.facts;
  return visit(facts.path) && visit(facts.sparse) && visit(facts.rows) && visit(facts.features) &&
         visit(facts.entries) && visit(facts.row_entries_max) && visit(facts.row_norm_max) &&
         visit(facts.positive) && visit(facts.manifest_crc32c) && visit(all.label_value) &&
         visit(all.label_rows) && visit(facts.rows_per_feature) && visit(facts.mean) &&
         visit(facts.variance) && visit(facts.max_abs) && visit(facts.label_names) &&
         visit(all.segments);
}

constexpr std::size_t table_width = 5;  // fields of a SegmentEntry

std::string after_the_end(std::size_t bytes) {
  return std::to_string(bytes) + " bytes after the end";
}

}  // namespace

Bytes encode_wanted(const PartWanted& wanted) { return wire::encode_fields(wanted); }

std::variant<PartWanted, Malformed> decode_wanted(const Bytes& bytes) {
  wire::Decoder decoder(std::span(&bytes, 1));
  PartWanted wanted;
  if (!decoder.get(wanted)) return Malformed{decoder.why()};
  if (decoder.left() > 0) return Malformed{after_the_end(decoder.left())};
  return wanted;
}

Bytes encode_sent(const PartWanted& wanted, std::span<const std::span<const std::byte>> image) {
  SentHead head{.wanted = wanted};
  for (const auto& array : image) head.total += array.size();
  TROUPE_CHECK(wanted.offset, <=, head.total);
  const std::size_t size = std::min<std::uint64_t>(part_bytes, head.total - wanted.offset);
  const std::size_t before = wire::encoded_size(head);
  return Bytes::make(before + size, [&](std::span<std::byte> into) {
    wire::Encoder(into).put(head);
    std::span<std::byte> left = into.subspan(before);
    std::uint64_t skip = wanted.offset;
    for (const auto& array : image) {
      const std::uint64_t skipped = std::min<std::uint64_t>(skip, array.size());
      skip -= skipped;
      const auto here = array.subspan(skipped, std::min(array.size() - skipped, left.size()));
      if (!here.empty()) std::memcpy(left.data(), here.data(), here.size());
      left = left.subspan(here.size());
    }
  });
}

Bytes encode_refused(const PartRefused& refused) {
  return wire::encode_fields(RefusedWhole{.refused = refused});
}

std::variant<PartSent, PartRefused, Malformed> decode_part(const Bytes& bytes) {
  wire::Decoder decoder(std::span(&bytes, 1));
  if (bytes.size() > 0 &&
      bytes.view()[0] == std::byte{static_cast<std::uint8_t>(Outcome::refused)}) {
    RefusedWhole whole;
    if (!decoder.get(whole)) return Malformed{decoder.why()};
    if (decoder.left() > 0) return Malformed{after_the_end(decoder.left())};
    return std::move(whole.refused);
  }
  SentHead head;
  if (!decoder.get(head)) return Malformed{decoder.why()};
  if (head.answer != Outcome::sent) return Malformed{"no answer has this number"};
  if (head.wanted.offset > head.total || decoder.left() > head.total - head.wanted.offset)
    return Malformed{"a part that reaches beyond the end"};
  return PartSent{head.wanted, head.total,
                  bytes.slice(bytes.size() - decoder.left(), decoder.left())};
}

Bytes encode_manifest(const Manifest& manifest) {
  ManifestFields all;
  all.facts = manifest.facts;
  for (const LabelCount& label : manifest.facts.labels) {
    all.label_value.push_back(label.value);
    all.label_rows.push_back(label.rows);
  }
  for (const SegmentEntry& part : manifest.segments)
    all.segments.insert(all.segments.end(),
                        {part.first_row, part.rows, part.first_entry, part.entries, part.crc32c});
  std::size_t size = 0;
  each_field(all, [&](const auto& field) { return size += wire::encoded_size(field), true; });
  return Bytes::make(size, [&](std::span<std::byte> into) {
    wire::Encoder encoder(into);
    each_field(all, [&](const auto& field) { return encoder.put(field), true; });
  });
}

std::variant<Manifest, Malformed> decode_manifest(const Bytes& bytes) {
  wire::Decoder decoder(std::span(&bytes, 1));
  ManifestFields all;
  if (!each_field(all, [&](auto& field) { return decoder.get(field); }))
    return Malformed{decoder.why()};
  if (decoder.left() > 0) return Malformed{after_the_end(decoder.left())};
  if (all.label_value.size() != all.label_rows.size() || all.segments.size() % table_width != 0)
    return Malformed{"lists of different lengths"};
  Manifest manifest;
  manifest.facts = std::move(all.facts);
  for (std::size_t i = 0; i < all.label_value.size(); ++i)
    manifest.facts.labels.push_back({all.label_value[i], all.label_rows[i]});
  for (std::size_t i = 0; i < all.segments.size(); i += table_width) {
    const std::uint64_t* row = &all.segments[i];
    manifest.segments.push_back({row[0], row[1], row[2], row[3], row[4]});
  }
  return manifest;
}

PartWindow::PartWindow(const Manifest& manifest, std::span<const SegmentOrder> orders)
    : manifest_crc32c_(manifest.facts.manifest_crc32c), orders_(orders) {}

std::optional<PartWanted> PartWindow::next() {
  if (asked_ == orders_.size() || awaited_.size() >= parts_under_way) return {};
  const SegmentOrder& order = orders_[asked_];
  const PartWanted wanted{manifest_crc32c_, static_cast<std::uint32_t>(order.segment), offset_};
  awaited_.push_back(wanted);
  offset_ += std::min<std::uint64_t>(part_bytes, order.image.size() - offset_);
  if (offset_ == order.image.size()) {
    ++asked_;
    offset_ = 0;
  }
  return wanted;
}

PartWindow::Taken PartWindow::take(const PartSent& sent) {
  if (awaited_.empty() || sent.wanted != awaited_.front())
    return {nullptr, "an answer to what was not asked"};
  const SegmentOrder& order = orders_[first_];
  const std::uint64_t total = order.image.size();
  const std::uint64_t size = std::min<std::uint64_t>(part_bytes, total - sent.wanted.offset);
  if (sent.total != total || sent.bytes.size() != size)
    return {nullptr, std::to_string(sent.bytes.size()) + " of " + std::to_string(sent.total) +
                         " bytes, expected " + std::to_string(size) + " of " +
                         std::to_string(total)};
  awaited_.pop_front();
  order.image.place(sent.wanted.offset, sent.bytes.view());
  if (sent.wanted.offset + size < total) return {};
  ++first_;
  return {.whole = &order, .wrong = {}};
}

}  // namespace troupe
