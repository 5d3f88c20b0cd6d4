/// Reserved addresses for a whole array of which only some pages exist: ranges
/// that were filled keep their place, so views across segments need no copying. Only
/// what is held counts as memory, for the system and its limits too (ulimit -d).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace troupe {

class Arena {
 public:
  static std::uint64_t page();  ///< bytes

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
  /// Bytes [first, last) can be written until they are released. Throws UserError
  /// (exit 3) when there is no such memory. From any thread.
  void hold(std::uint64_t first, std::uint64_t last) const;
  /// Edges that a range shares with others: the page there stays.
  struct Shared {
    bool first = true;
    bool last = true;
  };
  /// Gives back the pages of [first, last) bytes; they read as 0.
  void release(std::uint64_t first, std::uint64_t last, Shared shared) const;

 private:
  void* base_ = nullptr;
  std::uint64_t bytes_ = 0;
  std::string path_;
};

}  // namespace troupe
