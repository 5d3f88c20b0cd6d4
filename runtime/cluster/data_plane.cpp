#include "runtime/cluster/data_plane.hpp"

#include <fmt/format.h>
#include <sys/random.h>
#include <sys/socket.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <cerrno>
#include <future>
#include <map>
#include <thread>

#include "base/user_error.hpp"
#include "runtime/cluster/connection.hpp"

namespace troupe {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr auto hello_time = std::chrono::seconds(5);
constexpr auto accept_pause = std::chrono::milliseconds(100);
constexpr std::size_t strangers_max = 32;
constexpr std::uint64_t magic = 0x6174'6164'6570'7274;

/// A connection's first bytes; the answer is the magic number alone.
struct Hello {
  std::uint64_t magic = troupe::magic;
  Secret secret{};
  std::uint32_t wire = wire_version;
  std::uint32_t process = 0;
};

// Takes as long for a near miss as for a far one.
bool same(const Secret& a, const Secret& b) { return ((a[0] ^ b[0]) | (a[1] ^ b[1])) == 0; }

/// Somebody who has not said who it is.
struct Stranger {
  Stranger(asio::io_context& io, tcp::socket from) : socket(std::move(from)), deadline(io) {}
  tcp::socket socket;
  asio::steady_timer deadline;
  Hello hello;
};

}  // namespace

Secret make_secret() {
  Secret secret{};
  if (getrandom(secret.data(), sizeof secret, 0) != sizeof secret)
    throw UserError(ExitCode::cluster, "no random numbers from the system");
  return secret;
}

class DataPlane::Hub {
 public:
  explicit Hub(DataPlane::Ears ears);
  ~Hub();
  Hub(const Hub&) = delete;
  Hub& operator=(const Hub&) = delete;

  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
  void admit(const Secret& secret, std::uint32_t mine);
  void connect(std::uint32_t process, std::uint16_t port, std::chrono::steady_clock::duration time);
  std::shared_ptr<Connection> to(std::uint32_t process) {
    const std::lock_guard lock(mutex_);
    const auto found = connections_.find(process);
    return found == connections_.end() ? nullptr : found->second;
  }
  void drop(std::uint32_t process);

 private:
  void accept();
  void hear(const std::shared_ptr<Stranger>& stranger);
  void answer(const std::shared_ptr<Stranger>& stranger);
  bool adopt(std::uint32_t process, tcp::socket socket);

  DataPlane::Ears ears_;
  Connection::Ears connection_ears_;
  std::shared_ptr<asio::io_context> io_ = std::make_shared<asio::io_context>(1);
  asio::executor_work_guard<asio::io_context::executor_type> work_{io_->get_executor()};
  tcp::acceptor acceptor_;
  asio::steady_timer pause_{*io_};
  std::size_t strangers_ = 0;
  std::mutex mutex_;  // of what follows
  std::map<std::uint32_t, std::shared_ptr<Connection>> connections_;
  bool admits_ = false;
  Secret secret_{};
  std::uint32_t mine_ = 0;
  std::thread thread_;
};

DataPlane::Hub::Hub(DataPlane::Ears ears) : ears_(std::move(ears)), acceptor_(*io_) {
  connection_ears_.arrived = [this](Connection& from, Envelope envelope,
                                    std::shared_ptr<Receipt> receipt) {
    ears_.arrived(from.process(), std::move(envelope), std::move(receipt));
  };
  connection_ears_.ended = [this](Connection& from, const std::string& why) {
    const std::uint32_t process = from.process();
    {
      const std::lock_guard lock(mutex_);
      connections_.erase(process);
    }
    ears_.lost(process, why);
  };
  error_code error;
  acceptor_.open(tcp::v4(), error);
  if (!error) acceptor_.bind({asio::ip::address_v4::loopback(), 0}, error);
  if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
  if (error) throw UserError(ExitCode::cluster, "cannot listen on 127.0.0.1: " + error.message());
  accept();
  thread_ = std::thread([this] { io_->run(); });
}

DataPlane::Hub::~Hub() {
  io_->stop();
  thread_.join();
  for (auto& [process, connection] : connections_) connection->close();
  error_code ignored;
  acceptor_.close(ignored);
  // What waits for these sockets holds them, and they hold what it waits in: it is told
  // that it waits in vain.
  io_->restart();
  io_->poll();
}

void DataPlane::Hub::admit(const Secret& secret, std::uint32_t mine) {
  const std::lock_guard lock(mutex_);
  secret_ = secret;
  mine_ = mine;
  admits_ = true;
}

void DataPlane::Hub::accept() {
  acceptor_.async_accept([this](error_code error, tcp::socket socket) {
    if (error == asio::error::operation_aborted) return;
    if (error) {  // no descriptors, for one: not at once again
      pause_.expires_after(accept_pause);
      pause_.async_wait([this](error_code cancelled) {
        if (!cancelled) accept();
      });
      return;
    }
    if (strangers_ < strangers_max) hear(std::make_shared<Stranger>(*io_, std::move(socket)));
    accept();
  });
}

void DataPlane::Hub::hear(const std::shared_ptr<Stranger>& stranger) {
  ++strangers_;
  stranger->deadline.expires_after(hello_time);
  stranger->deadline.async_wait([stranger](error_code error) {
    error_code ignored;
    if (!error) stranger->socket.close(ignored);
  });
  asio::async_read(stranger->socket, asio::buffer(&stranger->hello, sizeof stranger->hello),
                   [this, stranger](error_code error, std::size_t) {
                     --strangers_;
                     stranger->deadline.cancel();
                     if (!error) answer(stranger);
                   });
}

void DataPlane::Hub::answer(const std::shared_ptr<Stranger>& stranger) {
  const Hello& hello = stranger->hello;
  {
    const std::lock_guard lock(mutex_);
    if (!admits_ || hello.magic != magic || !same(hello.secret, secret_) ||
        hello.wire != wire_version || hello.process == mine_)
      return;  // nobody we know: the connection ends here
  }
  // Known here before it hears so; nobody else writes to it yet.
  const int handle = stranger->socket.native_handle();
  if (adopt(hello.process, std::move(stranger->socket)))
    ::send(handle, &magic, sizeof magic, MSG_NOSIGNAL);
}

bool DataPlane::Hub::adopt(std::uint32_t process, tcp::socket socket) {
  error_code error;
  socket.non_blocking(true, error);
  if (!error) socket.set_option(tcp::no_delay(true), error);
  if (error) return false;
  auto connection = std::make_shared<Connection>(io_, std::move(socket), process, connection_ears_);
  {
    const std::lock_guard lock(mutex_);
    if (!connections_.emplace(process, connection).second) return false;
  }
  asio::post(*io_, [connection] { connection->begin(); });
  return true;
}

void DataPlane::Hub::connect(std::uint32_t process, std::uint16_t port,
                             std::chrono::steady_clock::duration time) {
  tcp::socket socket(*io_);
  error_code error;
  socket.connect({asio::ip::address_v4::loopback(), port}, error);
  Hello hello;
  {
    const std::lock_guard lock(mutex_);
    hello.secret = secret_;
    hello.process = mine_;
  }
  if (!error) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time);
    const timeval limit{std::max<std::int64_t>(1, seconds.count()), 0};
    setsockopt(socket.native_handle(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    asio::write(socket, asio::buffer(&hello, sizeof hello), error);
  }
  std::uint64_t answer = 0;
  // Asio would wait on where the system's own deadline ends.
  ssize_t got = -1;
  do {
    got = error ? -1 : recv(socket.native_handle(), &answer, sizeof answer, MSG_WAITALL);
  } while (!error && got < 0 && errno == EINTR);
  if (got != sizeof answer || answer != magic)
    throw UserError(ExitCode::cluster,
                    fmt::format("cannot reach 127.0.0.1:{}: {}", port,
                                error ? error.message() : "it did not let this process in"));
  if (!adopt(process, std::move(socket)))
    throw UserError(ExitCode::cluster,
                    fmt::format("process {} is connected to this one already", process));
}

void DataPlane::Hub::drop(std::uint32_t process) {
  std::shared_ptr<Connection> connection;
  {
    const std::lock_guard lock(mutex_);
    const auto found = connections_.find(process);
    if (found == connections_.end()) return;
    connection = std::move(found->second);
    connections_.erase(found);
  }
  asio::post(*io_, [connection] { connection->close(); });
}

DataPlane::DataPlane(Ears ears) : hub_(std::make_unique<Hub>(std::move(ears))) {}
DataPlane::~DataPlane() = default;
std::uint16_t DataPlane::port() const { return hub_->port(); }
void DataPlane::admit(const Secret& secret, std::uint32_t mine) { hub_->admit(secret, mine); }
void DataPlane::connect(std::uint32_t process, std::uint16_t port,
                        std::chrono::steady_clock::duration time) {
  hub_->connect(process, port, time);
}
void DataPlane::send(std::uint32_t process, const Envelope& envelope) {
  if (const auto connection = hub_->to(process)) connection->send(envelope);
}
void DataPlane::drop(std::uint32_t process) { hub_->drop(process); }

}  // namespace troupe
