/// A shared, immutable run of bytes: an encoded message or a piece of one. It
/// knows nothing of what the bytes mean.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

namespace troupe {

class Bytes {
 public:
  Bytes() = default;
  /// Unspecified contents, to be filled by `fill` before anybody else sees them.
  template <class Fill>
  static Bytes make(std::size_t size, Fill&& fill) {
    auto memory = std::make_shared_for_overwrite<std::byte[]>(size);
    fill(std::span(memory.get(), size));
    Bytes bytes;
    bytes.view_ = std::span<const std::byte>(memory.get(), size);
    bytes.owner_ = std::move(memory);
    return bytes;
  }

  /// Of memory that somebody else keeps for as long.
  static Bytes alias(std::span<const std::byte> view) {
    Bytes bytes;
    bytes.view_ = view;
    return bytes;
  }

  std::size_t size() const { return view_.size(); }
  std::span<const std::byte> view() const { return view_; }
  /// Shares the memory.
  Bytes slice(std::size_t offset, std::size_t size) const {
    Bytes part = *this;
    part.view_ = view_.subspan(offset, size);
    return part;
  }

 private:
  std::shared_ptr<const std::byte[]> owner_;
  std::span<const std::byte> view_;
};

}  // namespace troupe
