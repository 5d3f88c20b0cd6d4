#include "datasets/read_ahead.hpp"

#include <algorithm>
#include <array>
#include <condition_variable>
#include <cstring>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>

namespace troupe {
namespace {

constexpr std::size_t piece_bytes = std::size_t{1} << 18;
constexpr std::size_t pieces_ahead = 4;

struct Piece {
  std::vector<char> bytes;
  std::size_t size = 0;  ///< 0 at the end
  std::uint64_t consumed = 0;
  std::exception_ptr failure;
};

/// A ring of pieces: the thread fills those that the reader has emptied.
class ReadAhead final : public ByteSource {
 public:
  ReadAhead(std::unique_ptr<ByteSource> source, Unpacking unpacking)
      : source_(std::move(source)), alone_(unpacking == Unpacking::here), started_(alone_) {}
  ~ReadAhead() override {
    {
      const std::lock_guard lock(mutex_);
      stopped_ = true;
    }
    changed_.notify_all();
  }
  ReadAhead(const ReadAhead&) = delete;
  ReadAhead& operator=(const ReadAhead&) = delete;

  std::size_t read(std::span<char> out) override {
    if (!started_) start();
    std::size_t done = 0;
    while (done < out.size()) {
      const Piece& piece = wait_for_piece();
      // What came before a failure is given out first.
      if (piece.failure && done == 0) std::rethrow_exception(piece.failure);
      if (piece.size == 0) break;
      const std::size_t size = std::min(out.size() - done, piece.size - at_);
      std::memcpy(out.data() + done, piece.bytes.data() + at_, size);
      done += size;
      at_ += size;
      consumed_ = piece.consumed;
      if (at_ == piece.size) give_back();
    }
    return done;
  }
  std::uint64_t consumed() const override { return consumed_; }

 private:
  void start() {
    started_ = true;
    try {
      thread_ = std::jthread([this] { fill_all(); });
    } catch (const std::system_error&) {
      alone_ = true;  // the system gives no thread: the reader does it all
    }
  }

  const Piece& wait_for_piece() {
    std::unique_lock lock(mutex_);
    if (alone_ && read_ == filled_) fill(ring_[filled_++ % pieces_ahead]);
    changed_.wait(lock, [&] { return read_ < filled_; });
    return ring_[read_ % pieces_ahead];
  }

  void give_back() {
    at_ = 0;
    {
      const std::lock_guard lock(mutex_);
      ++read_;
    }
    changed_.notify_all();
  }

  void fill_all() {
    for (bool more = true; more;) {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return stopped_ || filled_ - read_ < pieces_ahead; });
      if (stopped_) return;
      lock.unlock();
      more = fill(ring_[filled_ % pieces_ahead]);
      lock.lock();
      ++filled_;
      lock.unlock();
      changed_.notify_all();
    }
  }

  bool fill(Piece& piece) const {
    try {
      piece.bytes.resize(piece_bytes);
      piece.size = source_->read(piece.bytes);
      piece.consumed = source_->consumed();
    } catch (...) {
      piece.size = 0;
      piece.failure = std::current_exception();
    }
    return piece.size > 0;
  }

  std::unique_ptr<ByteSource> source_;
  bool alone_;
  bool started_;
  std::array<Piece, pieces_ahead> ring_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t filled_ = 0;
  std::uint64_t read_ = 0;
  bool stopped_ = false;
  std::size_t at_ = 0;
  std::uint64_t consumed_ = 0;
  std::jthread thread_;  ///< last: it ends before what it uses
};

}  // namespace

std::unique_ptr<ByteSource> in_pieces(std::unique_ptr<ByteSource> source, Unpacking unpacking) {
  return std::make_unique<ReadAhead>(std::move(source), unpacking);
}

}  // namespace troupe
