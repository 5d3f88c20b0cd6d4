/// Structs to bytes and back by their list of fields: little-endian, floats as
/// their bits. Every size is checked against the bytes that are there before
/// anything is allocated; malformed bytes give a reason, never an exception.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <tuple>
#include <type_traits>
#include <variant>
#include <vector>

#include "base/block.hpp"
#include "messages/encoded_size.hpp"
#include "messages/features.hpp"
#include "runtime/cluster/bytes.hpp"

namespace troupe::wire {

static_assert(std::endian::native == std::endian::little, "the wire is little-endian");

template <class T>
constexpr std::size_t least_size();
template <class... Members>
constexpr std::size_t least_sizes(std::tuple<Members...>);
template <class Owner, class Member>
Member member_of(Member Owner::*);

/// The fewest bytes that a T can take: bounds a count before memory is asked for.
template <class T>
constexpr std::size_t least_size() {
  if constexpr (Plain<T>)
    return sizeof(T);
  else if constexpr (is_vector<T> || std::is_same_v<T, std::string> ||
                     std::is_same_v<T, SharedBlock> || std::is_same_v<T, Features>)
    return sizeof(std::uint64_t);
  else if constexpr (is_variant<T>)
    return 1;
  else if constexpr (Listed<T>)
    return least_sizes(T::fields());
  else
    return 0;
}
template <class... Members>
constexpr std::size_t least_sizes(std::tuple<Members...>) {
  return (std::size_t{0} + ... + least_size<decltype(member_of(Members{}))>());
}

/// Writes into memory of the right size. With a list for them, blocks are only
/// counted here and their floats are the caller's to send.
class Encoder {
 public:
  explicit Encoder(std::span<std::byte> into, std::vector<SharedBlock>* apart = nullptr)
      : at_(into.data()), apart_(apart) {}

  template <class T>
  void put(const T& value) {
    if constexpr (Plain<T>) {
      raw(&value, sizeof value);
    } else if constexpr (std::is_same_v<T, std::string>) {
      put(std::uint64_t{value.size()});
      raw(value.data(), value.size());
    } else if constexpr (std::is_same_v<T, SharedBlock>) {
      put(std::uint64_t{value.size()});
      if (apart_ != nullptr)
        apart_->push_back(value);
      else
        raw(value.values().data(), value.values().size_bytes());
    } else if constexpr (std::is_same_v<T, Features>) {
      put(std::uint64_t{value.size()});
      value.each([this](Features::Row row) { raw(row.data(), row.size_bytes()); });
    } else if constexpr (is_vector<T>) {
      put(std::uint64_t{value.size()});
      if constexpr (Plain<typename T::value_type>)
        raw(value.data(), value.size() * sizeof(typename T::value_type));
      else
        for (const auto& each : value) put(each);
    } else if constexpr (is_variant<T>) {
      put(static_cast<std::uint8_t>(value.index()));
      std::visit([this](const auto& alternative) { put(alternative); }, value);
    } else if constexpr (Listed<T>) {
      std::apply([&](auto... member) { (put(value.*member), ...); }, T::fields());
    }
  }

 private:
  void raw(const void* from, std::size_t size) {
    if (size > 0) std::memcpy(at_, from, size);
    at_ += size;
  }

  std::byte* at_;
  std::vector<SharedBlock>* apart_;
};

/// Blocks whose floats come later: where to put them, and how many bytes may come.
struct Awaited {
  std::vector<std::span<std::byte>> blocks;
  std::size_t budget = 0;
};

/// Reads from pieces in a row, as they came.
class Decoder {
 public:
  explicit Decoder(std::span<const Bytes> pieces, Awaited* apart = nullptr)
      : pieces_(pieces), apart_(apart) {
    for (const Bytes& piece : pieces) left_ += piece.size();
  }

  /// False when the bytes do not make a T; why() then says what is wrong.
  template <class T>
  bool get(T& value) {
    if constexpr (std::is_same_v<T, bool>)
      return get_flag(value);
    else if constexpr (Plain<T>)
      return raw(&value, sizeof value);
    else if constexpr (std::is_same_v<T, std::string> || is_vector<T>)
      return get_list(value);
    else if constexpr (std::is_same_v<T, SharedBlock>)
      return get_block(value);
    else if constexpr (std::is_same_v<T, Features>)
      return get_features(value);
    else if constexpr (is_variant<T>)
      return get_variant(value);
    else if constexpr (Listed<T>)
      return std::apply([&](auto... member) { return (get(value.*member) && ...); }, T::fields());
    else
      return true;
  }

  std::size_t left() const { return left_; }
  const std::string& why() const { return why_; }
  bool refuse(std::string why) {
    why_ = std::move(why);
    return false;
  }

 private:
  bool get_flag(bool& value) {
    std::uint8_t byte = 0;
    if (!raw(&byte, 1)) return false;
    if (byte > 1) return refuse("a flag that is neither 0 nor 1");
    value = byte == 1;
    return true;
  }

  bool get_count(std::size_t& count, std::size_t least) {
    std::uint64_t announced = 0;
    if (!raw(&announced, sizeof announced)) return false;
    if (least == 0 || announced > left_ / least)
      return refuse("a list of " + std::to_string(announced) + " items in " +
                    std::to_string(left_) + " bytes");
    count = announced;
    return true;
  }

  template <class List>
  bool get_list(List& list) {
    using Item = typename List::value_type;
    std::size_t count = 0;
    if (!get_count(count, least_size<Item>())) return false;
    list.resize(count);
    if constexpr (Plain<Item>) {
      return raw(list.data(), count * sizeof(Item));
    } else {
      for (Item& each : list)
        if (!get(each)) return false;
      return true;
    }
  }

  bool get_features(Features& features) {
    std::vector<std::uint32_t> list;
    if (!get_list(list)) return false;
    features = Features(std::move(list));
    return true;
  }

  bool get_block(SharedBlock& shared) {
    if (apart_ != nullptr) return await_block(shared);
    std::size_t count = 0;
    if (!get_count(count, sizeof(float))) return false;
    Block block(count);
    if (!raw(block.values().data(), count * sizeof(float))) return false;
    shared = std::move(block).freeze();
    return true;
  }

  bool await_block(SharedBlock& shared) {
    std::uint64_t count = 0;
    if (!raw(&count, sizeof count)) return false;
    if (count > apart_->budget / sizeof(float))
      return refuse("a block of " + std::to_string(count) + " floats, " +
                    std::to_string(apart_->budget) + " bytes allowed");
    Block block(count);
    const auto bytes = std::as_writable_bytes(block.values());
    apart_->budget -= bytes.size();
    if (!bytes.empty()) apart_->blocks.push_back(bytes);
    shared = std::move(block).freeze();
    return true;
  }

  template <class... Ts>
  bool get_variant(std::variant<Ts...>& value) {
    std::uint8_t index = 0;
    if (!raw(&index, 1)) return false;
    if (index >= sizeof...(Ts)) return refuse("no sentence has number " + std::to_string(index));
    bool good = false;
    std::uint8_t candidate = 0;
    ((candidate++ == index ? void(good = get(value.template emplace<Ts>())) : void()), ...);
    return good;
  }

  bool raw(void* to, std::size_t size) {
    if (size > left_) return refuse("it ends " + std::to_string(size - left_) + " bytes too early");
    left_ -= size;
    auto* out = static_cast<std::byte*>(to);
    while (size > 0) {
      const std::span<const std::byte> here = pieces_.front().view().subspan(offset_);
      const std::size_t part = std::min(here.size(), size);
      if (part > 0) std::memcpy(out, here.data(), part);
      out += part;
      size -= part;
      offset_ += part;
      if (offset_ == pieces_.front().size()) {
        pieces_ = pieces_.subspan(1);
        offset_ = 0;
      }
    }
    return true;
  }

  std::span<const Bytes> pieces_;
  Awaited* apart_;
  std::size_t offset_ = 0;
  std::size_t left_ = 0;
  std::string why_;
};

template <class T>
Bytes encode_fields(const T& value) {
  return Bytes::make(encoded_size(value),
                     [&](std::span<std::byte> into) { Encoder(into).put(value); });
}

}  // namespace troupe::wire
