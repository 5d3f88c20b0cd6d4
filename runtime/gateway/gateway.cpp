#include "runtime/gateway/gateway.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <deque>
#include <future>
#include <set>
#include <thread>

#include "base/user_error.hpp"

namespace troupe {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using boost::system::error_code;

std::string header(const http::request<http::string_body>& request, http::field name) {
  const auto found = request.find(name);
  return found == request.end() ? std::string()
                                : std::string(found->value().data(), found->value().size());
}

Knock knock_of(const http::request<http::string_body>& request) {
  const auto site = request.find("Sec-Fetch-Site");
  return {.method = std::string(request.method_string()),
          .target = std::string(request.target()),
          .host = header(request, http::field::host),
          .origin = header(request, http::field::origin),
          .authorization = header(request, http::field::authorization),
          .site = site == request.end() ? std::string() : std::string(site->value()),
          .body = request.body()};
}

/// The page asks nobody but this address, and stands in nobody else's frame.
constexpr const char* page_policy =
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
    "img-src data: blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'";

/// What could not be read as a request within the limits still gets an answer.
Reply refusal(const error_code& error) {
  if (error == http::error::body_limit) return {413, error_line("the body is too large")};
  if (error == http::error::header_limit || error == http::error::buffer_overflow)
    return {431, error_line("the header is too large")};
  return {400, error_line("this is not an HTTP request")};
}

/// What all sessions share; the gateway's thread owns it.
struct House {
  GatewayService service;
  GatewayLimits limits;
  std::size_t open = 0;
  std::set<class Follower*> followers = {};
  std::atomic<std::size_t> following = 0;
  std::atomic<std::uint64_t> dropped = 0;
  std::atomic<std::size_t> untold = 0;  ///< told to the thread, and not taken by it yet
};

/// One who follows events: what waits for it is bounded, and of states only the newest
/// waits. Who does not read goes.
class Follower : public std::enable_shared_from_this<Follower> {
 public:
  Follower(beast::tcp_stream stream, House& house) : stream_(std::move(stream)), house_(house) {
    house_.followers.insert(this);
    ++house_.following;
  }
  ~Follower() {
    house_.followers.erase(this);
    --house_.following;
    --house_.open;
  }
  Follower(const Follower&) = delete;
  Follower& operator=(const Follower&) = delete;

  void start() {
    put("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\n"
        "X-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\nretry: 1000\n\n");
    for (const StoryLine& line : house_.service.story()) tell(line);
    if (house_.service.state) tell_state(std::make_shared<std::string>(house_.service.state()));
    listen();
  }
  void tell(const StoryLine& line) {
    if (line.number <= heard_) return;
    heard_ = line.number;
    put("event: line\ndata: " + line.text + "\n\n");
  }
  void tell_state(std::shared_ptr<const std::string> state) {
    state_ = std::move(state);
    write();
  }
  bool idle() const { return gone_ || (waiting_.empty() && state_ == nullptr && !writing_); }

 private:
  void put(std::string text) {
    if (gone_) return;
    bytes_ += text.size();
    if (bytes_ > house_.limits.follower_bytes) return drop();
    waiting_.push_back(std::move(text));
    write();
  }
  void write() {
    if (writing_ || gone_) return;
    if (!waiting_.empty()) {
      now_ = std::move(waiting_.front());
      waiting_.pop_front();
      bytes_ -= now_.size();
    } else if (state_ != nullptr) {
      now_ = "event: state\ndata: " + *std::exchange(state_, nullptr) + "\n\n";
    } else {
      return;
    }
    writing_ = true;
    stream_.expires_after(house_.limits.request);
    asio::async_write(stream_, asio::buffer(now_),
                      [self = shared_from_this()](error_code error, std::size_t) {
                        self->writing_ = false;
                        if (error == beast::error::timeout) return self->drop();
                        if (error) return self->leave();
                        self->stream_.expires_never();
                        self->write();
                      });
  }
  /// It says nothing any more; but when it goes, this is how we hear of it.
  void listen() {
    stream_.socket().async_read_some(
        asio::buffer(ignored_), [self = shared_from_this()](error_code error, std::size_t read) {
          self->read_ += read;
          if (error || self->read_ > (std::size_t{1} << 16)) return self->leave();
          self->listen();
        });
  }
  void drop() {
    if (!gone_) ++house_.dropped;
    leave();
  }
  void leave() {
    gone_ = true;
    waiting_.clear();
    state_ = nullptr;
    stream_.cancel();
    error_code ignored;
    stream_.socket().shutdown(tcp::socket::shutdown_both, ignored);
    stream_.socket().close(ignored);
  }

  beast::tcp_stream stream_;
  House& house_;
  std::deque<std::string> waiting_;
  std::size_t bytes_ = 0;  ///< of those
  std::shared_ptr<const std::string> state_;
  std::string now_;
  std::uint64_t heard_ = 0;
  bool writing_ = false;
  bool gone_ = false;
  std::array<char, 512> ignored_ = {};
  std::size_t read_ = 0;
};

/// One request, one answer, the end: nobody but a follower holds a connection.
class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(tcp::socket socket, House& house)
      : stream_(std::move(socket)),
        house_(house),
        buffer_(house.limits.header_bytes + house.limits.body_bytes) {
    ++house_.open;
    parser_.header_limit(house.limits.header_bytes);
    parser_.body_limit(house.limits.body_bytes);
  }
  ~Session() {
    if (!handed_over_) --house_.open;
  }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  void start() {
    stream_.expires_after(house_.limits.request);
    http::async_read(
        stream_, buffer_, parser_,
        [self = shared_from_this()](error_code error, std::size_t) { self->heard(error); });
  }

 private:
  void heard(error_code error) {
    if (error == beast::error::timeout || error == http::error::end_of_stream ||
        error == asio::error::operation_aborted || error == asio::error::connection_reset)
      return;
    const Reply reply = error ? refusal(error) : answer(knock_of(parser_.get()), house_.service);
    if (!reply.follows) return say(reply);
    if (house_.followers.size() >= house_.limits.followers)
      return say({503, error_line("too many follow this run already; close another page")});
    handed_over_ = true;
    stream_.expires_never();
    std::make_shared<Follower>(std::move(stream_), house_)->start();
  }

  void say(const Reply& reply) {
    const bool page = reply.type.rfind("text/html", 0) == 0;
    response_.version(11);
    response_.result(reply.status);
    response_.keep_alive(false);
    response_.set(http::field::content_type, reply.type);
    response_.set(http::field::cache_control, "no-store");
    response_.set("X-Content-Type-Options", "nosniff");
    response_.set("Referrer-Policy", "no-referrer");
    if (page) response_.set("Content-Security-Policy", page_policy);
    if (reply.status == 401) response_.set(http::field::www_authenticate, "Bearer");
    response_.body() = reply.body + "\n";
    response_.prepare_payload();
    stream_.expires_after(house_.limits.request);
    http::async_write(stream_, response_,
                      [self = shared_from_this()](error_code error, std::size_t) {
                        if (!error) self->drain();
                      });
  }

  /// Closing with unread bytes would reset the connection and lose the answer.
  void drain() {
    error_code ignored;
    stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
    stream_.expires_after(std::chrono::seconds(1));
    hear_out();
  }
  void hear_out() {
    stream_.async_read_some(asio::buffer(rest_),
                            [self = shared_from_this()](error_code error, std::size_t read) {
                              self->drained_ += read;
                              if (!error && self->drained_ < (std::size_t{1} << 20))
                                self->hear_out();
                            });
  }

  beast::tcp_stream stream_;
  House& house_;
  bool handed_over_ = false;
  beast::flat_buffer buffer_;
  http::request_parser<http::string_body> parser_;
  http::response<http::string_body> response_;
  std::array<char, 4096> rest_ = {};
  std::size_t drained_ = 0;
};

}  // namespace

class Gateway::Server {
 public:
  Server(GatewayService service, GatewayLimits limits)
      : house_{std::move(service), limits}, acceptor_(context_), pause_(context_) {
    const tcp::endpoint loopback(asio::ip::address_v4::loopback(), 0);
    error_code error;
    acceptor_.open(loopback.protocol(), error);
    if (!error) acceptor_.bind(loopback, error);
    if (!error) acceptor_.listen(64, error);
    if (error)
      throw UserError(ExitCode::cluster, "cannot listen on 127.0.0.1: " + error.message() +
                                             "; 'troupe doctor' says what this machine lacks");
    accept();
    thread_ = std::thread([this] { context_.run(); });
  }
  ~Server() {
    context_.stop();
    thread_.join();
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  std::string address() const {
    return "127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port());
  }

  /// Calls what with each follower, on the thread that serves them.
  template <class What>
  void each(What what) {
    if (house_.following == 0) return;
    if (house_.untold.fetch_add(1) >= untold_max) {
      --house_.untold;
      return;
    }
    asio::post(context_, [this, what = std::move(what)] {
      --house_.untold;
      const std::set<Follower*> now = house_.followers;
      for (Follower* follower : now) what(*follower->shared_from_this());
    });
  }
  const House& house() const { return house_; }

  bool drained() {
    std::promise<bool> done;
    asio::post(context_, [this, &done] {
      done.set_value(std::all_of(house_.followers.begin(), house_.followers.end(),
                                 [](const Follower* each) { return each->idle(); }));
    });
    return done.get_future().get();
  }

 private:
  void accept() {
    acceptor_.async_accept([this](error_code error, tcp::socket socket) {
      if (error == asio::error::operation_aborted) return;
      if (error) return accept_later();
      if (house_.open < house_.limits.connections)
        std::make_shared<Session>(std::move(socket), house_)->start();
      accept();
    });
  }
  /// Out of descriptors: trying again at once would burn a core.
  void accept_later() {
    pause_.expires_after(std::chrono::milliseconds(50));
    pause_.async_wait([this](error_code error) {
      if (!error) accept();
    });
  }

  // At most so many wait for the thread: it never blocks, so more means that it gets no time.
  static constexpr std::size_t untold_max = 10'000;

  House house_;  ///< before the context: its last sessions still count down
  asio::io_context context_{1};
  tcp::acceptor acceptor_;
  asio::steady_timer pause_;
  std::thread thread_;
};

Gateway::Gateway(GatewayService service, GatewayLimits limits)
    : server_(std::make_unique<Server>(std::move(service), limits)), address_(server_->address()) {}

Gateway::~Gateway() = default;

void Gateway::tell(StoryLine line) {
  server_->each([line = std::move(line)](Follower& follower) { follower.tell(line); });
}

void Gateway::tell_state(std::string state) {
  server_->each([state = std::make_shared<const std::string>(std::move(state))](
                    Follower& follower) { follower.tell_state(state); });
}

bool Gateway::has_followers() const { return server_->house().following > 0; }

std::uint64_t Gateway::dropped_followers() const { return server_->house().dropped; }

void Gateway::drain(std::chrono::milliseconds deadline) {
  const auto until = std::chrono::steady_clock::now() + deadline;
  while (has_followers() && !server_->drained() && std::chrono::steady_clock::now() < until)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
}

}  // namespace troupe
