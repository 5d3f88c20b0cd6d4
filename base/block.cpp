#include "base/block.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <new>
#include <utility>
#include <vector>

namespace troupe {

struct alignas(64) BlockBuffer {
  std::atomic<std::uint32_t> owners{1};
  std::size_t size = 0;
  std::size_t bytes = 0;  // of the whole allocation, header included

  float* data() { return reinterpret_cast<float*>(this + 1); }
};

namespace {

// Freed buffers by size class (powers of two), bounded over all classes.
class Pool {
 public:
  void* take(std::size_t bytes) {
    const std::lock_guard lock(mutex_);
    auto& shelf = shelves_[shelf_of(bytes)];
    if (shelf.empty()) return nullptr;
    void* memory = shelf.back();
    shelf.pop_back();
    held_ -= bytes;
    return memory;
  }

  bool give(void* memory, std::size_t bytes) {
    const std::lock_guard lock(mutex_);
    if (held_ + bytes > block_pool_limit) return false;
    shelves_[shelf_of(bytes)].push_back(memory);
    held_ += bytes;
    return true;
  }

  std::size_t held() {
    const std::lock_guard lock(mutex_);
    return held_;
  }

 private:
  static std::size_t shelf_of(std::size_t bytes) {
    return static_cast<std::size_t>(std::countr_zero(bytes));
  }

  std::mutex mutex_;
  std::array<std::vector<void*>, 64> shelves_;
  std::size_t held_ = 0;
};

// Never destroyed: a block may be freed by a thread that outlives main.
Pool& pool() {
  static Pool* const instance = new Pool;
  return *instance;
}

BlockBuffer* allocate(std::size_t size) {
  const std::size_t bytes =
      std::bit_ceil(std::max<std::size_t>(sizeof(BlockBuffer) + size * sizeof(float), 256));
  void* memory = pool().take(bytes);
  if (memory == nullptr) memory = std::aligned_alloc(64, bytes);
  if (memory == nullptr) throw std::bad_alloc();
  auto* buffer = new (memory) BlockBuffer;
  buffer->size = size;
  buffer->bytes = bytes;
  return buffer;
}

void release(BlockBuffer* buffer) {
  if (buffer == nullptr) return;
  if (buffer->owners.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  const std::size_t bytes = buffer->bytes;
  buffer->~BlockBuffer();
  if (!pool().give(buffer, bytes)) std::free(buffer);
}

}  // namespace

Block::Block(std::size_t size) : buffer_(size == 0 ? nullptr : allocate(size)) {}

Block Block::zeros(std::size_t size) {
  Block block(size);
  std::ranges::fill(block.values(), 0.0F);
  return block;
}

Block Block::copy_of(std::span<const float> values) {
  Block block(values.size());
  if (!values.empty()) std::memcpy(block.values().data(), values.data(), values.size_bytes());
  return block;
}

Block::Block(Block&& other) noexcept : buffer_(std::exchange(other.buffer_, nullptr)) {}

Block& Block::operator=(Block&& other) noexcept {
  std::swap(buffer_, other.buffer_);
  return *this;
}

Block::~Block() { release(buffer_); }

std::span<float> Block::values() {
  return buffer_ == nullptr ? std::span<float>{} : std::span(buffer_->data(), buffer_->size);
}

std::span<const float> Block::values() const {
  return buffer_ == nullptr ? std::span<const float>{} : std::span(buffer_->data(), buffer_->size);
}

std::size_t Block::size() const { return buffer_ == nullptr ? 0 : buffer_->size; }

SharedBlock Block::freeze() && {
  SharedBlock shared;
  shared.buffer_ = std::exchange(buffer_, nullptr);
  return shared;
}

SharedBlock::SharedBlock(const SharedBlock& other) noexcept : buffer_(other.buffer_) {
  if (buffer_ != nullptr) buffer_->owners.fetch_add(1, std::memory_order_relaxed);
}

SharedBlock::SharedBlock(SharedBlock&& other) noexcept
    : buffer_(std::exchange(other.buffer_, nullptr)) {}

SharedBlock& SharedBlock::operator=(SharedBlock other) noexcept {
  std::swap(buffer_, other.buffer_);
  return *this;
}

SharedBlock::~SharedBlock() { release(buffer_); }

std::span<const float> SharedBlock::values() const {
  return buffer_ == nullptr ? std::span<const float>{} : std::span(buffer_->data(), buffer_->size);
}

std::size_t SharedBlock::size() const { return buffer_ == nullptr ? 0 : buffer_->size; }

Block SharedBlock::thaw() && {
  if (buffer_ != nullptr && buffer_->owners.load(std::memory_order_acquire) == 1) {
    Block block;
    block.buffer_ = std::exchange(buffer_, nullptr);
    return block;
  }
  Block block = Block::copy_of(values());
  *this = SharedBlock();
  return block;
}

std::size_t pooled_block_bytes() { return pool().held(); }

}  // namespace troupe
