/// Floats that several threads read and write at the same time. Every access is a relaxed
/// atomic operation on one float; nothing is promised of two of them together.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/write_counts.hpp"

namespace troupe {

/// How entries are written. What is lost is what another thread wrote in between.
enum class Access {
  alone,  ///< nobody else is there for as long as this lasts: plain loads and stores
  store,  ///< a load, then a store: may lose something
  add,    ///< a fetch_add: loses nothing
};

struct SharedValues {
  std::span<float> values;
  Access access = Access::alone;
  /// Access::store: one row of so many is written by compare-exchange, which tells whether
  /// somebody wrote in between; it is stored all the same. 0: none is.
  std::uint64_t check_every = 0;
  WriteCounts* counts = nullptr;  ///< of the thread at hand; needed with check_every
};

inline float load_shared(const float& at) {
  return std::atomic_ref(const_cast<float&>(at)).load(std::memory_order_relaxed);
}

// Ways to change an entry: `change` says by how much, given what it is.

struct AloneWay {
  static float load(const float& at) { return at; }
  template <class Change>
  void operator()(float& at, Change change) const {
    at += change(at);
  }
};

struct StoreWay {
  static float load(const float& at) { return load_shared(at); }
  template <class Change>
  void operator()(float& at, Change change) const {
    const std::atomic_ref entry(at);
    const float before = entry.load(std::memory_order_relaxed);
    entry.store(before + change(before), std::memory_order_relaxed);
  }
};

struct AddWay {
  static float load(const float& at) { return load_shared(at); }
  template <class Change>
  void operator()(float& at, Change change) const {
    const std::atomic_ref entry(at);
    entry.fetch_add(change(entry.load(std::memory_order_relaxed)), std::memory_order_relaxed);
  }
};

/// As StoreWay, and counts whether somebody else's write is lost by it.
struct CheckedWay {
  WriteCounts& counts;
  template <class Change>
  void operator()(float& at, Change change) const {
    const std::atomic_ref entry(at);
    const float before = entry.load(std::memory_order_relaxed);
    const float after = before + change(before);
    float expected = before;
    ++counts.checked;
    if (entry.compare_exchange_strong(expected, after, std::memory_order_relaxed)) return;
    ++counts.lost;
    entry.store(after, std::memory_order_relaxed);
  }
};

/// Reads or writes all of them, one after another.
void read_shared(const SharedValues& from, std::span<float> to);
void write_shared(const SharedValues& to, std::span<const float> from);
/// Adds factor x values: to those listed, or to all.
void add_shared(const SharedValues& to, float factor, std::span<const float> values,
                std::span<const std::uint32_t> indices);
void add_shared(const SharedValues& to, float factor, std::span<const float> values);

}  // namespace troupe
