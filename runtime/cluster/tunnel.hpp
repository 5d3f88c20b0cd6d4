/// Carries CAF's bytes between a socket of this process and a line through TLS, within
/// fixed buffers. It lets nothing through to CAF whose length CAF would believe blindly.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "runtime/cluster/entrance.hpp"

namespace troupe {

/// Walks over what CAF's peer says, header after header, and stops what no honest one
/// would say: CAF asks for as much memory as a header announces.
class BaspGuard {
 public:
  /// False when it should go no further.
  bool look_at(std::span<const std::byte> bytes);

 private:
  bool judge() const;

  std::vector<std::byte> header_;
  std::uint64_t payload_left_ = 0;
};

/// One direction's bytes under way.
struct Transit {
  std::vector<std::byte> buffer;
  std::size_t first = 0;
  std::size_t last = 0;
  bool empty() const { return first == last; }
};

/// All of it on the entrance's thread; it lives as long as something waits for it.
class Tunnel : public std::enable_shared_from_this<Tunnel> {
 public:
  Tunnel(boost::asio::io_context& io, Line line, int inner);
  void begin();

 private:
  using State = Stream::State;
  void close();
  void inward();
  State inward_some();
  void outward();
  State outward_some();
  template <class Socket, class Next>
  void when(Socket& socket, typename Socket::wait_type what, Next next);

  boost::asio::io_context& io_;
  Line line_;
  boost::asio::local::stream_protocol::socket inner_;
  Transit in_;                // from the line to CAF
  Transit out_;               // and back
  bool await_inner_ = false;  // inward waits for CAF to take what there is
  bool await_line_ = false;   // outward waits for the line to take what there is
  BaspGuard guard_;
};

}  // namespace troupe
