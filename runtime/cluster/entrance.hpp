/// The one listening socket of a process, and the thread that serves its connections.
/// Whoever connects says first what for, under a deadline; nobody behind it sees a byte
/// of one who does not, may not, or shows no certificate where one is needed.
#pragma once

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "runtime/address.hpp"
#include "runtime/cluster/secret.hpp"
#include "runtime/cluster/stream.hpp"
#include "runtime/cluster/tls_stream.hpp"
#include "runtime/cluster/wire.hpp"

namespace troupe {

/// What a connection is for.
enum class Errand : std::uint32_t { control, data, segments };
inline constexpr std::size_t errands = 3;

/// What every connection begins with, in this layout whatever the version.
struct FirstWord {
  static constexpr std::uint64_t right_magic = 0x6570'7561'7274'0a0d;
  std::uint64_t magic = right_magic;
  std::uint32_t wire = wire_version;
  Errand errand = Errand::control;
  Secret secret{};
  std::uint32_t process = 0;
  std::uint32_t unused = 0;
};

/// A connection that was let in. The stream belongs to the socket.
struct Line {
  boost::asio::ip::tcp::socket socket;
  std::unique_ptr<Stream> stream;
  bool plain = true;
};

class Entrance {
 public:
  using Duration = std::chrono::steady_clock::duration;
  struct Options {
    Address listen = {"127.0.0.1", 0};
    std::shared_ptr<const TlsIdentity> tls = nullptr;  ///< null: in the clear
    /// Who was turned away, and why; from the entrance's thread.
    std::function<void(const std::string& who, const std::string& why)> refused = {};
    Duration hello_time = std::chrono::seconds(5);
    std::size_t strangers_max = 256;  ///< undecided at a time; more push the oldest out
    /// With TLS: of those who do not look like members so many a second are heard out and
    /// told why not; the others are closed at once.
    double heard_a_second = 20;
  };
  /// What becomes of those who come for one errand; from the entrance's thread.
  struct Usher {
    /// Why not; empty: it may come in.
    std::function<std::string(const FirstWord&)> why_not;
    /// False: it may not after all.
    std::function<bool(const FirstWord&, Line)> enter;
  };

  /// Throws UserError: exit 2 for an address of other machines without TLS, 4 when the
  /// system does not let us listen.
  explicit Entrance(Options options);
  /// Nobody is let in any more, and nothing is called.
  ~Entrance();
  Entrance(const Entrance&) = delete;
  Entrance& operator=(const Entrance&) = delete;

  /// Where it really listens.
  const Address& address() const;
  std::uint16_t port() const { return address().port; }
  const std::shared_ptr<boost::asio::io_context>& io() const;
  /// From now on, or with an empty usher no longer.
  void admit(Errand errand, Usher usher);

  /// A connection to another process's entrance, on the caller's time. Throws UserError
  /// (exit 4) with the reason.
  Line dial(const Address& to, const FirstWord& word, Duration time) const;

 private:
  class Porter;
  std::unique_ptr<Porter> porter_;
};

/// What a configuration's words come to. Throws UserError (exit 2).
Entrance::Options entrance_options(const std::string& listen,
                                   const std::optional<Credentials>& credentials);

}  // namespace troupe
