#include "datasets/arena.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/user_error.hpp"

namespace troupe {

namespace {

std::uint64_t page_down(std::uint64_t byte) { return byte / Arena::page() * Arena::page(); }
std::uint64_t page_up(std::uint64_t byte) { return page_down(byte + Arena::page() - 1); }

}  // namespace

std::uint64_t Arena::page() {
  static const auto size = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  return size;
}

// Readable only: what nobody holds is no memory that a limit would count.
Arena::Arena(std::uint64_t bytes, const std::string& path)
    : bytes_(std::max<std::uint64_t>(bytes, 1)), path_(path) {
  base_ = mmap(nullptr, bytes_, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (base_ == MAP_FAILED) {
    base_ = nullptr;
    throw UserError(ExitCode::data, path + ": cannot reserve " + std::to_string(bytes_) +
                                        " bytes of addresses: " + std::strerror(errno) +
                                        "; raise the limit of virtual memory (ulimit -v)");
  }
  // Faulting in 4 KiB at a time would cost more than reading.
  madvise(base_, bytes_, MADV_HUGEPAGE);
}

Arena::Arena(Arena&& other) noexcept
    : base_(std::exchange(other.base_, nullptr)),
      bytes_(std::exchange(other.bytes_, 0)),
      path_(std::move(other.path_)) {}

Arena& Arena::operator=(Arena&& other) noexcept {
  std::swap(base_, other.base_);
  std::swap(bytes_, other.bytes_);
  std::swap(path_, other.path_);
  return *this;
}

Arena::~Arena() {
  if (base_ != nullptr) munmap(base_, bytes_);
}

void Arena::hold(std::uint64_t first, std::uint64_t last) const {
  if (first == last) return;
  const std::uint64_t begin = page_down(first);
  if (mprotect(as<std::byte>() + begin, page_up(last) - begin, PROT_READ | PROT_WRITE) != 0)
    throw UserError(ExitCode::data, path_ + ": no memory for " + std::to_string(last - first) +
                                        " bytes of rows: " + std::strerror(errno) +
                                        "; bound them by data.memory, or raise the limit of this "
                                        "process (ulimit -d)");
}

void Arena::release(std::uint64_t first, std::uint64_t last, Shared shared) const {
  const std::uint64_t begin = shared.first ? page_up(first) : page_down(first);
  const std::uint64_t end = shared.last ? page_down(last) : page_up(last);
  if (begin >= end) return;
  madvise(as<std::byte>() + begin, end - begin, MADV_DONTNEED);
  mprotect(as<std::byte>() + begin, end - begin, PROT_READ);
}

}  // namespace troupe
