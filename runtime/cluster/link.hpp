/// One peer's traffic: messages cut into pieces under a window, and put together
/// again within a bound. It counts and queues; sending is somebody else's work.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "runtime/cluster/bytes.hpp"
#include "runtime/cluster/credit.hpp"

namespace troupe {

/// A longer message is refused by whoever receives it.
inline constexpr std::size_t message_bytes_max = std::size_t{1} << 30;

/// What CAF carries between two processes, and the only thing that it does.
struct Piece {
  enum class Kind : std::uint8_t { handshake, control, data, acknowledgement };
  Kind kind = Kind::handshake;
  bool last = true;           ///< of its message
  std::uint32_t credits = 0;  ///< of an acknowledgement
  Bytes bytes;                ///< at most piece_bytes
};

/// What waits for one peer. Control messages overtake data, never each other.
class Outbound {
 public:
  void push(bool control, Bytes message);
  /// The next piece, while the window lets one go.
  std::optional<Piece> next();
  void acknowledged(std::uint32_t pieces);

  std::uint32_t in_flight() const { return in_flight_; }
  std::size_t waiting_bytes() const { return waiting_; }

 private:
  struct Queue {
    std::deque<Bytes> messages;
    std::size_t sent = 0;  // bytes of the first one
  };

  Queue control_;
  Queue data_;
  std::uint32_t in_flight_ = 0;
  std::size_t waiting_ = 0;
};

/// Puts the pieces of one peer together.
class Inbound {
 public:
  enum class State { more, whole, too_long };
  State take(const Piece& piece);
  /// The pieces of the message that has just become whole.
  std::vector<Bytes> message(Piece::Kind kind);

 private:
  struct Partial {
    std::vector<Bytes> pieces;
    std::size_t size = 0;
  };
  Partial& partial(Piece::Kind kind) { return partial_[kind == Piece::Kind::control ? 0 : 1]; }

  std::array<Partial, 2> partial_;
};

}  // namespace troupe
