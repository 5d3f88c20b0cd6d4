#include "runtime/cluster/connection.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/post.hpp>
#include <cstring>

#include "runtime/cluster/link.hpp"

namespace troupe {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr std::size_t buffer_bytes = std::size_t{256} << 10;
// In one go before others have their turn.
constexpr int reads_a_turn = 16;
constexpr std::size_t pieces_a_write = 16;

iovec piece_of(std::span<const std::byte> bytes) {
  return {const_cast<std::byte*>(bytes.data()), bytes.size()};
}

}  // namespace

std::size_t Connection::Outgoing::size() const {
  return sizeof frame + frame.head_bytes + frame.block_bytes;
}

Connection::Connection(std::shared_ptr<asio::io_context> io, Line line, std::uint32_t process,
                       const Ears& ears)
    : io_(std::move(io)),
      socket_(std::move(line.socket)),
      stream_(std::move(line.stream)),
      process_(process),
      ears_(ears),
      buffer_(buffer_bytes) {}

void Connection::begin() { await_input(); }

void Connection::close() {
  if (std::exchange(closed_, true)) return;
  {
    const std::lock_guard lock(mutex_);
    open_ = false;
    out_.clear();
  }
  error_code ignored;
  socket_.close(ignored);
}

void Connection::end(const std::string& why) {
  if (closed_) return;
  close();
  ears_.ended(*this, why);
}

void Connection::await_input() {
  socket_.async_wait(tcp::socket::wait_read, [self = shared_from_this()](error_code error) {
    if (!error) self->read();
  });
}

void Connection::read() {
  if (closed_) return;
  try {
    go_on();
  } catch (const std::bad_alloc&) {
    end("no memory left for what it sends");
  }
}

// What is in the buffer comes before what is in the socket, and waiting for the socket
// before all is understood could be waiting for ever.
void Connection::go_on() {
  for (int n = 0; n < reads_a_turn; ++n) {
    if (!understand()) return end("malformed message: " + why_);
    if (held_) {
      if (crowded()) return;
      continue;  // taken meanwhile
    }
    switch (read_some()) {
      case Stream::State::again:
        return await_input();
      case Stream::State::ended:
        return end(stream_->why());
      case Stream::State::done:
        break;
    }
  }
  asio::post(*io_, [self = shared_from_this()] { self->read(); });  // others have their turn
}

// Floats go where they belong, whatever comes behind them into the buffer.
Stream::State Connection::read_some() {
  std::array<iovec, 2> into{};
  std::size_t pieces = 0;
  std::size_t direct = 0;
  if (part_ == Part::blocks) {
    const std::span<std::byte> rest = awaited_.blocks[block_].subspan(filled_);
    into[pieces++] = {rest.data(), rest.size()};
    direct = rest.size();
  }
  into[pieces++] = {buffer_.data() + last_, buffer_.size() - last_};
  const Stream::Moved moved = stream_->read(std::span(into).first(pieces));
  filled_ += std::min(moved.bytes, direct);
  last_ += moved.bytes - std::min(moved.bytes, direct);
  return moved.state;
}

// Takes what the buffer has; false when it makes no sense.
bool Connection::understand() {
  held_ = false;
  while (true) {
    if (untaken_ >= untaken_max) {
      held_ = true;
      break;
    }
    if (part_ == Part::frame && !begin_frame()) break;
    if (part_ == Part::frame) return false;
    if (part_ == Part::head && !read_head()) break;
    if (part_ == Part::head) return false;
    while (block_ < awaited_.blocks.size()) {
      const std::span<std::byte> rest = awaited_.blocks[block_].subspan(filled_);
      const std::size_t here = std::min(rest.size(), last_ - first_);
      if (here > 0) std::memcpy(rest.data(), buffer_.data() + first_, here);
      first_ += here;
      filled_ += here;
      if (here < rest.size()) break;
      ++block_;
      filled_ = 0;
    }
    if (block_ < awaited_.blocks.size()) break;
    deliver();
  }
  if (first_ == last_) first_ = last_ = 0;
  if (first_ > 0 && last_ == buffer_.size()) {
    std::memmove(buffer_.data(), buffer_.data() + first_, last_ - first_);
    last_ -= std::exchange(first_, 0);
  }
  return true;
}

// True when there was a frame's beginning; part_ stays where it is when that was no good.
bool Connection::begin_frame() {
  if (last_ - first_ < sizeof frame_) return false;
  std::memcpy(&frame_, buffer_.data() + first_, sizeof frame_);
  first_ += sizeof frame_;
  head_.clear();
  if (frame_.head_bytes > message_bytes_max ||
      frame_.block_bytes > message_bytes_max - frame_.head_bytes)
    why_ = "more than " + std::to_string(message_bytes_max) + " bytes";
  else
    part_ = Part::head;
  return true;
}

// Memory is asked for as bytes come, not as they are announced.
bool Connection::read_head() {
  const std::size_t here = std::min(frame_.head_bytes - head_.size(), last_ - first_);
  const std::byte* from = buffer_.data() + first_;
  head_.insert(head_.end(), from, from + here);
  first_ += here;
  if (head_.size() < frame_.head_bytes) return false;
  awaited_ = {.blocks = {}, .budget = frame_.block_bytes};
  std::variant<Envelope, Malformed> message;
  try {
    message = decode_apart(head_, awaited_);
  } catch (const std::bad_alloc&) {
    message = Malformed{"no memory left for it"};
  }
  if (const auto* malformed = std::get_if<Malformed>(&message)) {
    why_ = malformed->why;
  } else if (awaited_.budget > 0) {
    why_ = std::to_string(awaited_.budget) + " bytes that belong to no block";
  } else {
    envelope_ = std::get<Envelope>(std::move(message));
    block_ = filled_ = 0;
    part_ = Part::blocks;
  }
  return true;
}

void Connection::deliver() {
  part_ = Part::frame;
  awaited_ = {};
  ++untaken_;
  auto receipt = std::make_shared<Receipt>([weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->taken();
  });
  ears_.arrived(*this, std::move(envelope_), std::move(receipt));
}

// Whoever is behind with its messages hears no more for now.
bool Connection::crowded() {
  if (untaken_ < untaken_max) return false;
  paused_ = true;
  return untaken_ >= untaken_max || !paused_.exchange(false);
}

void Connection::taken() {
  --untaken_;
  if (!paused_.exchange(false)) return;
  asio::post(*io_, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->read();
  });
}

void Connection::send(const Envelope& envelope) {
  Outgoing message;
  message.message = encode_apart(envelope);
  message.frame.head_bytes = message.message.head.size();
  for (const SharedBlock& block : message.message.blocks)
    message.frame.block_bytes += block.values().size_bytes();
  const std::lock_guard lock(mutex_);
  if (!open_) return;
  out_.push_back(std::move(message));
  // Another one under way goes first; a broken connection shows when it is read.
  if (awaits_output_ || write_some() != Stream::State::again) return;
  awaits_output_ = true;
  asio::post(*io_, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->await_output();
  });
}

bool Connection::drained() {
  const std::lock_guard lock(mutex_);
  return out_.empty() && !awaits_output_;
}

void Connection::await_output() {
  if (closed_) return;
  socket_.async_wait(tcp::socket::wait_write, [self = shared_from_this()](error_code error) {
    if (error) return;
    const std::lock_guard lock(self->mutex_);
    if (!self->open_) return;
    self->awaits_output_ = self->write_some() == Stream::State::again;
    if (self->awaits_output_) self->await_output();
  });
}

// As much as the socket takes. The caller holds the mutex.
Stream::State Connection::write_some() {
  while (true) {
    const Stream::State flushed = stream_->flush();
    if (flushed != Stream::State::done || out_.empty()) return flushed;
    Outgoing& next = out_.front();
    std::array<iovec, pieces_a_write> pieces{};
    std::size_t count = 0;
    std::size_t skip = next.sent;
    const auto add = [&](std::span<const std::byte> bytes) {
      const std::size_t gone = std::min(skip, bytes.size());
      skip -= gone;
      if (gone < bytes.size() && count < pieces.size())
        pieces[count++] = piece_of(bytes.subspan(gone));
    };
    add(std::as_bytes(std::span(&next.frame, 1)));
    add(next.message.head.view());
    for (const SharedBlock& block : next.message.blocks) add(std::as_bytes(block.values()));
    const Stream::Moved moved = stream_->write(std::span(pieces).first(count));
    if (moved.state != Stream::State::done) return moved.state;
    next.sent += moved.bytes;
    if (next.sent == next.size()) out_.pop_front();
  }
}

}  // namespace troupe
