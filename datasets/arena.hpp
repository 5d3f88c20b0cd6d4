/// Reserved addresses for a whole array of which only some pages exist: ranges
/// that were filled keep their place, so views across segments need no copying.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace troupe {

class Arena {
 public:
  Arena() = default;
  /// Throws UserError (exit 3) that names `path` when the addresses are refused.
  Arena(std::uint64_t bytes, const std::string& path);
  Arena(Arena&& other) noexcept;
  Arena& operator=(Arena&& other) noexcept;
  ~Arena();

  template <class T>
  T* as() const {
    return static_cast<T*>(base_);
  }
  /// Gives back the pages that lie wholly in [first, last) bytes; they read as 0.
  void release(std::uint64_t first, std::uint64_t last);

 private:
  void* base_ = nullptr;
  std::uint64_t bytes_ = 0;
};

}  // namespace troupe
