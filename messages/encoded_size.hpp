/// How many bytes a struct takes on the wire, by its list of fields. It writes none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <tuple>
#include <type_traits>
#include <variant>
#include <vector>

#include "base/block.hpp"
#include "messages/features.hpp"

namespace troupe::wire {

template <class T>
concept Plain = std::is_arithmetic_v<T> || std::is_enum_v<T>;
template <class T>
concept Listed = requires {
  T::fields();
};

template <class T>
inline constexpr bool is_vector = false;
template <class T>
inline constexpr bool is_vector<std::vector<T>> = true;
template <class T>
inline constexpr bool is_variant = false;
template <class... Ts>
inline constexpr bool is_variant<std::variant<Ts...>> = true;

/// Where the floats of blocks go: in line, or apart, behind everything else.
enum class Floats { in_line, apart };

template <Floats floats = Floats::in_line, class T>
std::size_t encoded_size(const T& value) {
  if constexpr (Plain<T>) {
    return sizeof(T);
  } else if constexpr (std::is_same_v<T, std::string>) {
    return sizeof(std::uint64_t) + value.size();
  } else if constexpr (std::is_same_v<T, SharedBlock>) {
    return sizeof(std::uint64_t) + (floats == Floats::in_line ? value.size() * sizeof(float) : 0);
  } else if constexpr (std::is_same_v<T, Features>) {
    return sizeof(std::uint64_t) + value.size() * sizeof(std::uint32_t);
  } else if constexpr (is_vector<T>) {
    std::size_t size = sizeof(std::uint64_t);
    if constexpr (Plain<typename T::value_type>)
      size += value.size() * sizeof(typename T::value_type);
    else
      for (const auto& each : value) size += encoded_size<floats>(each);
    return size;
  } else if constexpr (is_variant<T>) {
    return 1 + std::visit([](const auto& each) { return encoded_size<floats>(each); }, value);
  } else if constexpr (Listed<T>) {
    return std::apply(
        [&](auto... member) {
          return (std::size_t{0} + ... + encoded_size<floats>(value.*member));
        },
        T::fields());
  } else {
    static_assert(std::is_same_v<T, std::monostate>);
    return 0;
  }
}

}  // namespace troupe::wire
