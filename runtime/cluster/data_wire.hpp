/// What travels when a process that has no file asks for a segment: parts, each
/// wanted and sent by itself, so that who serves keeps no state and who asks bounds
/// what is under way. It knows nothing of sockets and verifies no checksum.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <variant>
#include <vector>

#include "datasets/served_segments.hpp"
#include "runtime/cluster/credit.hpp"
#include "runtime/cluster/wire.hpp"

namespace troupe {

/// Of a segment in one answer: the rest of a piece is its head.
inline constexpr std::size_t part_bytes = piece_bytes - 1024;
inline constexpr std::uint32_t parts_under_way = 16;
/// Asks for the manifest instead of a segment.
inline constexpr std::uint32_t whole_manifest = UINT32_MAX;
/// A longer manifest is refused by whoever asks.
inline constexpr std::uint64_t manifest_bytes_max = std::uint64_t{1} << 30;

/// The bytes from `offset` on, at most part_bytes of them.
struct PartWanted {
  std::uint32_t manifest_crc32c = 0;  ///< that the asker holds; 0 with the manifest itself
  std::uint32_t segment = 0;
  std::uint64_t offset = 0;
  static constexpr auto fields() {
    return std::tuple{&PartWanted::manifest_crc32c, &PartWanted::segment, &PartWanted::offset};
  }
  bool operator==(const PartWanted&) const = default;
};

struct PartSent {
  PartWanted wanted;
  std::uint64_t total = 0;  ///< bytes of the whole segment or manifest
  Bytes bytes;
};

struct PartRefused {
  std::string line;
  std::int32_t exit_code = 3;
  static constexpr auto fields() { return std::tuple{&PartRefused::line, &PartRefused::exit_code}; }
};

using Part = std::variant<PartSent, PartRefused>;

Bytes encode_wanted(const PartWanted& wanted);
std::variant<PartWanted, Malformed> decode_wanted(const Bytes& bytes);
/// Copies the part out of the image, whose arrays lie one after the other. The offset is
/// within it.
Bytes encode_sent(const PartWanted& wanted, std::span<const std::span<const std::byte>> image);
Bytes encode_refused(const PartRefused& refused);
std::variant<PartSent, PartRefused, Malformed> decode_part(const Bytes& bytes);

Bytes encode_manifest(const Manifest& manifest);
/// What it holds is checked by disagreement().
std::variant<Manifest, Malformed> decode_manifest(const Bytes& bytes);

/// Which part to ask for next, and where what comes goes. Answers come in the order
/// of the questions.
class PartWindow {
 public:
  PartWindow(const Manifest& manifest, std::span<const SegmentOrder> orders);

  /// None while enough are under way, or when all were asked for.
  std::optional<PartWanted> next();
  struct Taken {
    const SegmentOrder* whole = nullptr;  ///< complete with this part
    std::string wrong;                    ///< not empty: the peer answers something else
  };
  Taken take(const PartSent& sent);
  bool done() const { return awaited_.empty() && asked_ == orders_.size(); }
  /// The segment that is waited for; not when done.
  std::size_t segment() const { return orders_[first_].segment; }

 private:
  std::uint32_t manifest_crc32c_;
  std::span<const SegmentOrder> orders_;
  std::deque<PartWanted> awaited_;
  std::size_t first_ = 0;     ///< order of the oldest question
  std::size_t asked_ = 0;     ///< orders asked for completely
  std::uint64_t offset_ = 0;  ///< in the next one
};

}  // namespace troupe
