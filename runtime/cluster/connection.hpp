/// One connection of the data plane: envelopes to bytes on a socket and back. Floats
/// of blocks are sent from where they are and received where they stay.
#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "runtime/cluster/data_plane.hpp"
#include "runtime/cluster/wire.hpp"

namespace troupe {

/// In front of every message: how long its head is, and the floats behind it.
struct FrameHead {
  std::uint64_t head_bytes = 0;
  std::uint64_t block_bytes = 0;
};

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  struct Ears {
    std::function<void(Connection&, Envelope, std::shared_ptr<Receipt>)> arrived;
    std::function<void(Connection&, const std::string& why)> ended;
  };

  /// The io_context outlives whoever holds this connection last.
  Connection(std::shared_ptr<boost::asio::io_context> io, Line line, std::uint32_t process,
             const Ears& ears);

  std::uint32_t process() const { return process_; }
  /// Reads from now on; on the plane's thread, like close().
  void begin();
  /// Tells nobody.
  void close();
  /// From any thread, as what follows.
  void send(const Envelope& envelope);
  /// True when the system has all that was sent.
  bool drained();

 private:
  struct Outgoing {
    FrameHead frame;
    Encoded message;
    std::size_t sent = 0;
    std::size_t size() const;
  };

  void end(const std::string& why);
  void await_input();
  void read();
  Stream::State read_some();
  bool understand();
  bool begin_frame();
  bool read_head();
  void deliver();
  bool crowded();
  void go_on();
  void taken();
  void await_output();
  Stream::State write_some();

  std::shared_ptr<boost::asio::io_context> io_;
  boost::asio::ip::tcp::socket socket_;
  std::unique_ptr<Stream> stream_;
  std::uint32_t process_;
  const Ears& ears_;
  bool closed_ = false;

  // Input: bytes not understood yet are buffer_[first_, last_).
  std::vector<std::byte> buffer_;
  std::size_t first_ = 0;
  std::size_t last_ = 0;
  FrameHead frame_;
  enum class Part { frame, head, blocks } part_ = Part::frame;
  std::vector<std::byte> head_;
  Envelope envelope_;
  wire::Awaited awaited_;
  std::size_t block_ = 0;   // the one being filled
  std::size_t filled_ = 0;  // bytes of it
  bool held_ = false;       // understanding stopped at messages that nobody has taken
  std::string why_;
  std::atomic<std::size_t> untaken_ = 0;
  std::atomic<bool> paused_ = false;

  std::mutex mutex_;  // of what follows
  std::deque<Outgoing> out_;
  bool awaits_output_ = false;
  bool open_ = true;
};

}  // namespace troupe
