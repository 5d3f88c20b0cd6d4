#include "base/shared_values.hpp"

#include "base/check.hpp"

namespace troupe {
namespace {

template <class Way>
void add(const Way& way, const SharedValues& to, float factor, std::span<const float> values,
         std::span<const std::uint32_t> indices) {
  for (const std::uint32_t i : indices)
    way(to.values[i], [step = factor * values[i]](float) { return step; });
}

template <class Way>
void add(const Way& way, const SharedValues& to, float factor, std::span<const float> values) {
  for (std::size_t i = 0; i < values.size(); ++i)
    way(to.values[i], [step = factor * values[i]](float) { return step; });
}

template <class... What>
void dispatch(const SharedValues& to, const What&... what) {
  if (to.access == Access::alone)
    add(AloneWay(), to, what...);
  else if (to.access == Access::add)
    add(AddWay(), to, what...);
  else if (to.check_every > 0)
    add(CheckedWay{*to.counts}, to, what...);
  else
    add(StoreWay(), to, what...);
}

}  // namespace

void read_shared(const SharedValues& from, std::span<float> to) {
  TROUPE_CHECK(from.values.size(), ==, to.size());
  for (std::size_t i = 0; i < to.size(); ++i) to[i] = load_shared(from.values[i]);
}

void write_shared(const SharedValues& to, std::span<const float> from) {
  TROUPE_CHECK(from.size(), ==, to.values.size());
  for (std::size_t i = 0; i < from.size(); ++i)
    std::atomic_ref(to.values[i]).store(from[i], std::memory_order_relaxed);
}

void add_shared(const SharedValues& to, float factor, std::span<const float> values,
                std::span<const std::uint32_t> indices) {
  TROUPE_CHECK(to.values.size(), ==, values.size());
  dispatch(to, factor, values, indices);
}

void add_shared(const SharedValues& to, float factor, std::span<const float> values) {
  TROUPE_CHECK(to.values.size(), ==, values.size());
  dispatch(to, factor, values);
}

}  // namespace troupe
