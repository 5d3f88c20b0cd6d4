/// A Block is a 64-byte aligned buffer of floats with one owner who may write.
/// Frozen, it is shared and immutable; freezing is a move, never a copy.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace troupe {

class SharedBlock;
struct BlockBuffer;

class Block {
 public:
  Block() = default;
  /// Contents are unspecified: the buffer may be a recycled one.
  explicit Block(std::size_t size);
  static Block zeros(std::size_t size);
  static Block copy_of(std::span<const float> values);

  Block(Block&& other) noexcept;
  Block& operator=(Block&& other) noexcept;
  Block(const Block&) = delete;
  Block& operator=(const Block&) = delete;
  ~Block();

  std::span<float> values();
  std::span<const float> values() const;
  std::size_t size() const;
  SharedBlock freeze() &&;

 private:
  friend class SharedBlock;
  BlockBuffer* buffer_ = nullptr;
};

class SharedBlock {
 public:
  SharedBlock() = default;
  SharedBlock(const SharedBlock& other) noexcept;
  SharedBlock(SharedBlock&& other) noexcept;
  SharedBlock& operator=(SharedBlock other) noexcept;
  ~SharedBlock();

  std::span<const float> values() const;
  std::size_t size() const;
  /// Writable again: the same buffer when this was the last owner, else a copy.
  Block thaw() &&;

 private:
  friend class Block;
  BlockBuffer* buffer_ = nullptr;
};

/// Bytes that freed blocks may keep for reuse, over the whole process.
inline constexpr std::size_t block_pool_limit = std::size_t{256} << 20;
std::size_t pooled_block_bytes();

}  // namespace troupe
