#include "datasets/arena.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/user_error.hpp"

namespace troupe {

Arena::Arena(std::uint64_t bytes, const std::string& path)
    : bytes_(std::max<std::uint64_t>(bytes, 1)) {
  base_ = mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
               -1, 0);
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
    : base_(std::exchange(other.base_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}

Arena& Arena::operator=(Arena&& other) noexcept {
  std::swap(base_, other.base_);
  std::swap(bytes_, other.bytes_);
  return *this;
}

Arena::~Arena() {
  if (base_ != nullptr) munmap(base_, bytes_);
}

void Arena::release(std::uint64_t first, std::uint64_t last) {
  static const auto page = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  const std::uint64_t begin = (first + page - 1) / page * page;
  const std::uint64_t end = last / page * page;
  if (begin < end) madvise(as<std::byte>() + begin, end - begin, MADV_DONTNEED);
}

}  // namespace troupe
