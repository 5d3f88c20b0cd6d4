#include "runtime/cluster/link.hpp"

#include <algorithm>
#include <utility>

namespace troupe {

void Outbound::push(bool control, Bytes message) {
  waiting_ += message.size();
  (control ? control_ : data_).messages.push_back(std::move(message));
}

std::optional<Piece> Outbound::next() {
  if (in_flight_ >= window_pieces) return {};
  const bool control = !control_.messages.empty();
  Queue& queue = control ? control_ : data_;
  if (queue.messages.empty()) return {};

  const Bytes& message = queue.messages.front();
  const std::size_t size = std::min(message.size() - queue.sent, piece_bytes);
  Piece piece;
  piece.kind = control ? Piece::Kind::control : Piece::Kind::data;
  piece.bytes = message.slice(queue.sent, size);
  queue.sent += size;
  waiting_ -= size;
  piece.last = queue.sent == message.size();
  if (piece.last) {
    queue.messages.pop_front();
    queue.sent = 0;
  }
  ++in_flight_;
  return piece;
}

// A peer that acknowledges more than it was sent gains nothing by it.
void Outbound::acknowledged(std::uint32_t pieces) { in_flight_ -= std::min(pieces, in_flight_); }

Inbound::State Inbound::take(const Piece& piece) {
  Partial& so_far = partial(piece.kind);
  if (so_far.size + piece.bytes.size() > message_bytes_max) return State::too_long;
  so_far.size += piece.bytes.size();
  so_far.pieces.push_back(piece.bytes);
  return piece.last ? State::whole : State::more;
}

std::vector<Bytes> Inbound::message(Piece::Kind kind) {
  return std::exchange(partial(kind), {}).pieces;
}

}  // namespace troupe
