#include "datasets/line_blocks.hpp"

#include <cstring>

#include "datasets/number_text.hpp"
#include "datasets/text_source.hpp"

namespace troupe {
namespace {

// Text and the numbers in it stay in a core's own cache.
constexpr std::size_t block_bytes = std::size_t{1} << 19;
// Behind the text: the end of line that the file forgot, and what readers overlook.
constexpr std::size_t behind = 1 + text_padding;

void make_room(std::vector<char>& bytes, std::size_t room) {
  if (bytes.size() < room + behind) bytes.resize(room + behind);
}

}  // namespace

// Reads until a line ends in the block or the file does.
void LineBlocks::fill(LineBlock& block) {
  std::size_t size = rest_.size();
  std::size_t room = block_bytes + size;
  make_room(block.bytes, room);
  std::memcpy(block.bytes.data(), rest_.data(), size);
  for (;;) {
    const std::size_t more = source_->read(std::span(block.bytes).subspan(size, room - size));
    if (more == 0) return end_of_file(block, size);
    const void* last = memrchr(block.bytes.data() + size, '\n', more);
    size += more;
    if (last != nullptr) {
      const char* after = static_cast<const char*>(last) + 1;
      block.size = static_cast<std::size_t>(after - block.bytes.data());
      block.consumed = source_->consumed();
      rest_.assign(after, size - block.size);
      return;
    }
    block.too_long = size > line_max;
    if (block.too_long) return end_of_file(block, 0);
    room = size + std::max(size, block_bytes);
    make_room(block.bytes, room);
  }
}

void LineBlocks::end_of_file(LineBlock& block, std::size_t size) {
  if (size > 0) block.bytes[size++] = '\n';
  block.size = size;
  block.consumed = source_->consumed();
  source_.reset();
  rest_.clear();
}

bool LineBlocks::next(LineBlock& block) {
  block.size = 0;
  block.too_long = false;
  while (block.size == 0 && !block.too_long) {
    if (source_ == nullptr) {
      if (files_ == paths_.size()) return false;
      source_ = open_bytes(paths_[files_++], unpacking_);
    }
    block.file = files_ - 1;
    fill(block);
  }
  return true;
}

}  // namespace troupe
