#include "runtime/cluster/tunnel.hpp"

#include <sys/socket.h>

#include <boost/asio/post.hpp>
#include <cerrno>
#include <cstring>

#include "runtime/cluster/link.hpp"

namespace troupe {
namespace {

constexpr std::size_t way_bytes = std::size_t{64} << 10;
constexpr int turns = 16;  // before others on the thread have theirs

// CAF 0.17's header: type, two bytes of nothing, flags, then these, big-endian.
constexpr std::size_t header_bytes = 32;
constexpr std::size_t length_at = 4;
constexpr unsigned heartbeat = 6;  // the last type
constexpr unsigned direct_message = 2;
constexpr unsigned routed_message = 3;
// A piece and what CAF writes around it; everything else is a few names.
constexpr std::uint32_t message_max = piece_bytes + 4096;
constexpr std::uint32_t words_max = 4096;

}  // namespace

bool BaspGuard::look_at(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    if (payload_left_ > 0) {
      const std::size_t size = std::min<std::uint64_t>(payload_left_, bytes.size());
      payload_left_ -= size;
      bytes = bytes.subspan(size);
      continue;
    }
    const std::size_t size = std::min(header_bytes - header_.size(), bytes.size());
    header_.insert(header_.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
    bytes = bytes.subspan(size);
    if (header_.size() < header_bytes) return true;
    if (!judge()) return false;
    for (std::size_t n = 0; n < 4; ++n)
      payload_left_ = payload_left_ << 8 | std::to_integer<std::uint64_t>(header_[length_at + n]);
    header_.clear();
  }
  return true;
}

bool BaspGuard::judge() const {
  std::uint32_t length = 0;
  for (std::size_t n = 0; n < 4; ++n)
    length = length << 8 | std::to_integer<std::uint32_t>(header_[length_at + n]);
  const auto type = std::to_integer<unsigned>(header_[0]);
  // Nobody relays for anybody here.
  if (type > heartbeat || type == routed_message) return false;
  return length <= (type == direct_message ? message_max : words_max);
}

Tunnel::Tunnel(boost::asio::io_context& io, Line line, int inner)
    : io_(io),
      line_(std::move(line)),
      inner_(io, boost::asio::local::stream_protocol(), inner),
      in_{.buffer = std::vector<std::byte>(way_bytes)},
      out_{.buffer = std::vector<std::byte>(way_bytes)} {}

void Tunnel::begin() {
  inward();
  outward();
}

void Tunnel::close() {
  boost::system::error_code ignored;
  inner_.close(ignored);
  line_.socket.close(ignored);
}

template <class Socket, class Next>
void Tunnel::when(Socket& socket, typename Socket::wait_type what, Next next) {
  socket.async_wait(what, [self = shared_from_this(), next](boost::system::error_code error) {
    if (!error) ((*self).*next)();
  });
}

void Tunnel::inward() {
  for (int n = 0; n < turns; ++n) {
    switch (inward_some()) {
      case State::ended:
        return close();
      case State::again:
        if (await_inner_) return when(inner_, inner_.wait_write, &Tunnel::inward);
        return when(line_.socket, line_.socket.wait_read, &Tunnel::inward);
      case State::done:
        break;
    }
  }
  boost::asio::post(io_, [self = shared_from_this()] { self->inward(); });
}

Stream::State Tunnel::inward_some() {
  if (!inner_.is_open()) return State::ended;
  await_inner_ = false;
  if (in_.empty()) {
    const iovec room{in_.buffer.data(), in_.buffer.size()};
    const Stream::Moved moved = line_.stream->read({&room, 1});
    if (moved.state != State::done) return moved.state;
    in_.first = 0;
    in_.last = moved.bytes;
    if (!guard_.look_at(std::span(in_.buffer).first(in_.last))) return State::ended;
  }
  const ssize_t size = send(inner_.native_handle(), in_.buffer.data() + in_.first,
                            in_.last - in_.first, MSG_NOSIGNAL | MSG_DONTWAIT);
  if (size < 0 && errno != EAGAIN && errno != EINTR) return State::ended;
  await_inner_ = size < 0;
  if (size > 0) in_.first += static_cast<std::size_t>(size);
  return size < 0 ? State::again : State::done;
}

void Tunnel::outward() {
  for (int n = 0; n < turns; ++n) {
    switch (outward_some()) {
      case State::ended:
        return close();
      case State::again:
        if (await_line_) return when(line_.socket, line_.socket.wait_write, &Tunnel::outward);
        return when(inner_, inner_.wait_read, &Tunnel::outward);
      case State::done:
        break;
    }
  }
  boost::asio::post(io_, [self = shared_from_this()] { self->outward(); });
}

Stream::State Tunnel::outward_some() {
  if (!inner_.is_open()) return State::ended;
  const State flushed = line_.stream->flush();
  await_line_ = flushed == State::again;
  if (flushed != State::done) return flushed;
  if (out_.empty()) {
    const ssize_t size =
        recv(inner_.native_handle(), out_.buffer.data(), out_.buffer.size(), MSG_DONTWAIT);
    if (size == 0 || (size < 0 && errno != EAGAIN && errno != EINTR)) return State::ended;
    if (size < 0) return State::again;
    out_.first = 0;
    out_.last = static_cast<std::size_t>(size);
  }
  const iovec rest{out_.buffer.data() + out_.first, out_.last - out_.first};
  const Stream::Moved moved = line_.stream->write({&rest, 1});
  await_line_ = moved.state == State::again;
  out_.first += moved.bytes;
  return moved.state;
}

}  // namespace troupe
