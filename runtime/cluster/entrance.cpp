#include "runtime/cluster/entrance.hpp"

#include <fmt/format.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <cstring>
#include <list>
#include <mutex>
#include <string_view>
#include <thread>

#include "base/user_error.hpp"
#include "runtime/cluster/allowance.hpp"
#include "runtime/cluster/greeting.hpp"

namespace troupe {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr auto accept_pause = std::chrono::milliseconds(20);
constexpr auto farewell_time = std::chrono::seconds(1);
// Lines about strangers in a while, so that a flood of them does not fill the log.
constexpr auto report_window = std::chrono::seconds(10);
constexpr std::size_t reports_a_window = 8;
constexpr char tls_record = 0x16;
constexpr std::size_t first_flight_bytes = 2048;
constexpr std::size_t strangers_min = 8;
constexpr std::size_t descriptors_reserved = 64;

// As many descriptors as the system lets us, and a part of them for strangers alone: an
// attack by idle connections is one on the descriptors of everything else.
std::size_t room_for_strangers() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return strangers_min;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur > descriptors_reserved
             ? std::max<std::size_t>((limit.rlim_cur - descriptors_reserved) / 2, strangers_min)
             : strangers_min;
}

/// Somebody who has not said who it is.
struct Stranger : std::enable_shared_from_this<Stranger> {
  Stranger(asio::io_context& io, tcp::socket from) : socket(std::move(from)), deadline(io) {}
  tcp::socket socket;
  asio::steady_timer deadline;
  std::string where;
  std::unique_ptr<TlsStream> tls;
  std::unique_ptr<Stream> stream;  // what comes through it, once the handshake is over
  FirstWord word;
  std::size_t heard = 0;  // bytes of it
  bool came_silent = false;
  bool turned_away = false;
  std::list<std::shared_ptr<Stranger>>::iterator at;
};
using StrangerPtr = std::shared_ptr<Stranger>;

std::string where_from(const tcp::socket& socket) {
  error_code error;
  const tcp::endpoint end = socket.remote_endpoint(error);
  return error ? "somebody" : text_of({end.address().to_string(), end.port()});
}

}  // namespace

class Entrance::Porter {
 public:
  explicit Porter(Options options);
  ~Porter();
  Porter(const Porter&) = delete;
  Porter& operator=(const Porter&) = delete;

  const Address& address() const { return address_; }
  const std::shared_ptr<asio::io_context>& io() const { return io_; }
  const TlsIdentity* tls() const { return options_.tls.get(); }
  void admit(Errand errand, Usher usher);

 private:
  void open();
  void accept();
  void out_of_descriptors();
  void receive(tcp::socket socket);
  void release(const StrangerPtr& stranger);
  void expire(const StrangerPtr& stranger, Duration time);
  template <class Next>
  void when(const StrangerPtr& stranger, tcp::socket::wait_type what, Next next);
  bool stays_unheard(int socket);
  void await_first_byte(const StrangerPtr& stranger) {
    stranger->came_silent = true;
    when(stranger, tcp::socket::wait_read, &Porter::look);
  }
  void look(const StrangerPtr& stranger);
  void shake(const StrangerPtr& stranger);
  void hear(const StrangerPtr& stranger);
  std::string why_not(const FirstWord& word) const;
  void judge(const StrangerPtr& stranger);
  void turn_away(const StrangerPtr& stranger, const std::string& why,
                 Answer word = Answer::refused);
  void see_off(const StrangerPtr& stranger);
  void report(const StrangerPtr& stranger, const std::string& why);

  Options options_;
  Address address_;
  std::shared_ptr<asio::io_context> io_ = std::make_shared<asio::io_context>(1);
  asio::executor_work_guard<asio::io_context::executor_type> work_{io_->get_executor()};
  tcp::acceptor acceptor_{*io_};
  asio::steady_timer pause_{*io_};
  std::list<StrangerPtr> strangers_;  // the oldest first
  Allowance hearings_;
  std::chrono::steady_clock::time_point window_;
  std::size_t reported_ = 0;
  std::size_t unreported_ = 0;
  std::mutex mutex_;  // of the ushers, which are called with it locked
  std::array<Usher, errands> ushers_;
  std::thread thread_;
};

Entrance::Porter::Porter(Options options)
    : options_(std::move(options)), hearings_(options_.heard_a_second) {
  if (!is_loopback(options_.listen) && !options_.tls)
    throw UserError(ExitCode::usage,
                    fmt::format("cluster.listen = \"{}\" is reached from other machines, so it "
                                "needs TLS: make certificates with 'troupe keys new DIR HOST...' "
                                "and give cluster.tls = {{ ca, certificate, key }}",
                                options_.listen.host));
  options_.strangers_max = std::min(options_.strangers_max, room_for_strangers());
  open();
  accept();
  thread_ = std::thread([this] { io_->run(); });
}

Entrance::Porter::~Porter() {
  io_->stop();
  thread_.join();
  error_code ignored;
  for (const StrangerPtr& stranger : strangers_) {
    stranger->at = strangers_.end();
    stranger->deadline.cancel();
    stranger->socket.close(ignored);
  }
  acceptor_.close(ignored);
  // What waits for these sockets holds them, and they hold what it waits in: it is told
  // that it waits in vain.
  pause_.cancel();
  strangers_.clear();
  io_->restart();
  io_->poll();
}

void Entrance::Porter::open() {
  error_code error;
  tcp::resolver resolver(*io_);
  const auto found = resolver.resolve(options_.listen.host, std::to_string(options_.listen.port),
                                      tcp::resolver::passive, error);
  if (!error) {
    const tcp::endpoint end = found.begin()->endpoint();
    acceptor_.open(end.protocol(), error);
    if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
    // Members speak first: until somebody does, its connection is the system's.
    const asio::detail::socket_option::integer<IPPROTO_TCP, TCP_DEFER_ACCEPT> until_it_speaks(1);
    if (!error && options_.tls) acceptor_.set_option(until_it_speaks, error);
    if (!error) acceptor_.bind(end, error);
    if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
  }
  if (error)
    throw UserError(ExitCode::cluster, fmt::format("cannot listen on {}: {}",
                                                   text_of(options_.listen), error.message()));
  const tcp::endpoint end = acceptor_.local_endpoint();
  address_ = {end.address().to_string(), end.port()};
}

void Entrance::Porter::admit(Errand errand, Usher usher) {
  const std::lock_guard lock(mutex_);
  ushers_.at(static_cast<std::size_t>(errand)) = std::move(usher);
}

void Entrance::Porter::accept() {
  acceptor_.async_accept([this](error_code error, tcp::socket socket) {
    if (error == asio::error::operation_aborted) return;
    if (error) return out_of_descriptors();
    receive(std::move(socket));
    accept();
  });
}

// Whoever keeps us waiting longest makes room; without such it is not tried at once again.
void Entrance::Porter::out_of_descriptors() {
  if (!strangers_.empty()) {
    release(StrangerPtr(strangers_.front()));
    return accept();
  }
  pause_.expires_after(accept_pause);
  pause_.async_wait([this](error_code cancelled) {
    if (!cancelled) accept();
  });
}

void Entrance::Porter::receive(tcp::socket socket) {
  if (stays_unheard(socket.native_handle())) return;
  if (strangers_.size() >= options_.strangers_max) release(StrangerPtr(strangers_.front()));
  auto stranger = std::make_shared<Stranger>(*io_, std::move(socket));
  stranger->where = where_from(stranger->socket);
  stranger->at = strangers_.insert(strangers_.end(), stranger);
  error_code error;
  stranger->socket.non_blocking(true, error);
  if (!error) stranger->socket.set_option(tcp::no_delay(true), error);
  if (error) return release(stranger);
  expire(stranger, options_.hello_time);
  look(stranger);
}

void Entrance::Porter::release(const StrangerPtr& stranger) {
  if (stranger->at == strangers_.end()) return;
  strangers_.erase(std::exchange(stranger->at, strangers_.end()));
  stranger->deadline.cancel();
  error_code ignored;
  stranger->socket.close(ignored);
}

void Entrance::Porter::expire(const StrangerPtr& stranger, Duration time) {
  stranger->deadline.expires_after(time);
  stranger->deadline.async_wait([this, stranger](error_code cancelled) {
    if (cancelled) return;
    if (!stranger->turned_away) report(stranger, "it did not say who it is in time");
    release(stranger);
  });
}

template <class Next>
void Entrance::Porter::when(const StrangerPtr& stranger, tcp::socket::wait_type what, Next next) {
  stranger->socket.async_wait(what, [this, stranger, next](error_code error) {
    if (!error && stranger->at != strangers_.end()) (this->*next)(stranger);
  });
}

// A handshake costs us ten times what it costs a stranger, so who lacks the mark may be sent
// away unheard, before anything is kept of it; a member's first flight is one packet with it.
bool Entrance::Porter::stays_unheard(int socket) {
  if (!options_.tls) return false;
  std::array<char, first_flight_bytes> flight;
  const ssize_t size = recv(socket, flight.data(), flight.size(), MSG_PEEK | MSG_DONTWAIT);
  if (size <= 0) return false;
  const std::string_view said(flight.data(), static_cast<std::size_t>(size));
  if (said.find(options_.tls->mark()) != std::string_view::npos || hearings_.take()) return false;
  ++unreported_;
  return true;
}

// The first byte tells whether it speaks TLS; until it comes there is nothing to keep.
void Entrance::Porter::look(const StrangerPtr& stranger) {
  char first = 0;
  const int handle = stranger->socket.native_handle();
  const ssize_t size = recv(handle, &first, 1, MSG_PEEK | MSG_DONTWAIT);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return await_first_byte(stranger);
  if (size <= 0) return release(stranger);  // nothing said, nothing to say
  if (stranger->came_silent && stays_unheard(handle)) return release(stranger);
  const bool speaks_tls = first == tls_record;
  if (options_.tls && speaks_tls) {
    stranger->tls = std::make_unique<TlsStream>(handle, *options_.tls, TlsStream::Role::answers);
    return shake(stranger);
  }
  stranger->stream = plain_stream(handle);
  if (options_.tls)
    return turn_away(stranger,
                     "this port takes TLS only: a node needs --ca, --certificate and --key");
  if (!speaks_tls) return hear(stranger);
  // In its own language: a fatal alert, "unexpected message".
  constexpr unsigned char alert[] = {0x15, 3, 3, 0, 2, 2, 10};
  ::send(handle, alert, sizeof alert, MSG_NOSIGNAL | MSG_DONTWAIT);
  report(stranger, "it speaks TLS, and this port does not; give both sides the same cluster.tls");
  see_off(stranger);
}

void Entrance::Porter::shake(const StrangerPtr& stranger) {
  switch (stranger->tls->shake_hands()) {
    case Stream::State::again:
      return when(stranger,
                  stranger->tls->wants_output() ? tcp::socket::wait_write : tcp::socket::wait_read,
                  &Porter::shake);
    case Stream::State::ended:
      report(stranger, stranger->tls->why());
      return see_off(stranger);  // its alert has been sent
    case Stream::State::done:
      stranger->stream = std::move(stranger->tls);
      return hear(stranger);
  }
}

void Entrance::Porter::hear(const StrangerPtr& stranger) {
  while (stranger->heard < sizeof stranger->word) {
    auto* const word = reinterpret_cast<std::byte*>(&stranger->word);
    const iovec rest{word + stranger->heard, sizeof stranger->word - stranger->heard};
    const Stream::Moved moved = stranger->stream->read({&rest, 1});
    if (moved.state == Stream::State::again)
      return when(stranger, tcp::socket::wait_read, &Porter::hear);
    if (moved.state == Stream::State::ended) {
      report(stranger, stranger->stream->why());
      return release(stranger);
    }
    stranger->heard += moved.bytes;
    // Nonsense is known by its beginning.
    if (stranger->heard >= sizeof stranger->word.magic &&
        stranger->word.magic != FirstWord::right_magic)
      return turn_away(stranger, "it does not speak as a node does");
  }
  judge(stranger);
}

std::string Entrance::Porter::why_not(const FirstWord& word) const {
  if (word.wire != wire_version)
    return fmt::format("it speaks wire version {}, this process {}", word.wire, wire_version);
  const auto errand = static_cast<std::size_t>(word.errand);
  if (errand >= errands) return fmt::format("it comes for {}, which is nothing here", errand);
  const Usher& usher = ushers_[errand];
  return usher.why_not ? usher.why_not(word) : "";
}

void Entrance::Porter::judge(const StrangerPtr& stranger) {
  const std::lock_guard lock(mutex_);
  const std::string why = why_not(stranger->word);
  if (!why.empty()) return turn_away(stranger, why);
  if (!ushers_[static_cast<std::size_t>(stranger->word.errand)].enter)
    return turn_away(stranger, "this process takes nobody for that now", Answer::not_now);
  strangers_.erase(std::exchange(stranger->at, strangers_.end()));
  stranger->deadline.cancel();
  const Usher& usher = ushers_[static_cast<std::size_t>(stranger->word.errand)];
  Line line{std::move(stranger->socket), std::move(stranger->stream), options_.tls == nullptr};
  if (!usher.enter(stranger->word, std::move(line)))
    report(stranger, "it came twice, or was gone before it was in");
}

void Entrance::Porter::turn_away(const StrangerPtr& stranger, const std::string& why, Answer word) {
  report(stranger, why);
  answer(*stranger->stream, word, why);
  see_off(stranger);
}

// Closed at once, with bytes of it unread, it would never read why.
void Entrance::Porter::see_off(const StrangerPtr& stranger) {
  if (!std::exchange(stranger->turned_away, true)) {
    error_code ignored;
    stranger->socket.shutdown(tcp::socket::shutdown_send, ignored);
    expire(stranger, std::min<Duration>(farewell_time, options_.hello_time));
  }
  std::array<char, 4096> unread;
  for (int n = 0; n < 16; ++n) {
    const ssize_t size =
        recv(stranger->socket.native_handle(), unread.data(), unread.size(), MSG_DONTWAIT);
    if (size < 0 && errno == EAGAIN)
      return when(stranger, tcp::socket::wait_read, &Porter::see_off);
    if (size <= 0) break;
  }
  release(stranger);
}

void Entrance::Porter::report(const StrangerPtr& stranger, const std::string& why) {
  const auto now = std::chrono::steady_clock::now();
  if (now - window_ >= report_window) {
    window_ = now;
    reported_ = 0;
    if (unreported_ > 0 && options_.refused)
      options_.refused("others", fmt::format("{} of them", std::exchange(unreported_, 0)));
  }
  if (++reported_ > reports_a_window)
    ++unreported_;
  else if (options_.refused)
    options_.refused(stranger->where, why);
}

Entrance::Options entrance_options(const std::string& listen,
                                   const std::optional<Credentials>& credentials) {
  const auto address = parse_address(listen);
  if (!address)
    throw UserError(ExitCode::usage, fmt::format("cannot listen at \"{}\": give HOST, HOST:PORT "
                                                 "or [ADDRESS]:PORT",
                                                 listen));
  Entrance::Options options{.listen = *address};
  if (credentials) options.tls = std::make_shared<TlsIdentity>(*credentials);
  return options;
}

Entrance::Entrance(Options options) : porter_(std::make_unique<Porter>(std::move(options))) {}
Entrance::~Entrance() = default;
const Address& Entrance::address() const { return porter_->address(); }
const std::shared_ptr<asio::io_context>& Entrance::io() const { return porter_->io(); }
void Entrance::admit(Errand errand, Usher usher) { porter_->admit(errand, std::move(usher)); }
Line Entrance::dial(const Address& to, const FirstWord& word, Duration time) const {
  return troupe::dial({.io = *porter_->io(), .tls = porter_->tls()}, to, word, time);
}

}  // namespace troupe
