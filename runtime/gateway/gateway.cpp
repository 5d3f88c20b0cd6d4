#include "runtime/gateway/gateway.hpp"

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
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
  return {std::string(request.method_string()), std::string(request.target()),
          header(request, http::field::host), header(request, http::field::origin),
          header(request, http::field::authorization)};
}

/// What could not be read as a request within the limits still gets an answer.
Reply refusal(const error_code& error) {
  if (error == http::error::body_limit) return {413, error_line("the body is too large")};
  if (error == http::error::header_limit || error == http::error::buffer_overflow)
    return {431, error_line("the header is too large")};
  return {400, error_line("this is not an HTTP request")};
}

/// One request, one answer, the end: nobody holds a connection.
class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(tcp::socket socket, const GatewayService& service, const GatewayLimits& limits,
          std::size_t& open)
      : stream_(std::move(socket)),
        service_(service),
        limits_(limits),
        open_(open),
        buffer_(limits.header_bytes + limits.body_bytes) {
    ++open_;
    parser_.header_limit(limits.header_bytes);
    parser_.body_limit(limits.body_bytes);
  }
  ~Session() { --open_; }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  void start() {
    stream_.expires_after(limits_.request);
    http::async_read(
        stream_, buffer_, parser_,
        [self = shared_from_this()](error_code error, std::size_t) { self->heard(error); });
  }

 private:
  void heard(error_code error) {
    if (error == beast::error::timeout || error == http::error::end_of_stream ||
        error == asio::error::operation_aborted || error == asio::error::connection_reset)
      return;
    say(error ? refusal(error) : answer(knock_of(parser_.get()), service_));
  }

  void say(const Reply& reply) {
    response_.version(11);
    response_.result(reply.status);
    response_.keep_alive(false);
    response_.set(http::field::content_type, "application/json");
    response_.set(http::field::cache_control, "no-store");
    response_.set("X-Content-Type-Options", "nosniff");
    if (reply.status == 401) response_.set(http::field::www_authenticate, "Bearer");
    response_.body() = reply.body + "\n";
    response_.prepare_payload();
    stream_.expires_after(limits_.request);
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
  const GatewayService& service_;
  const GatewayLimits& limits_;
  std::size_t& open_;
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
      : service_(std::move(service)), limits_(limits), acceptor_(context_), pause_(context_) {
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

 private:
  void accept() {
    acceptor_.async_accept([this](error_code error, tcp::socket socket) {
      if (error == asio::error::operation_aborted) return;
      if (error) return accept_later();
      if (open_ < limits_.connections)
        std::make_shared<Session>(std::move(socket), service_, limits_, open_)->start();
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

  GatewayService service_;
  GatewayLimits limits_;
  std::size_t open_ = 0;  ///< before the context: its last sessions still count down
  asio::io_context context_{1};
  tcp::acceptor acceptor_;
  asio::steady_timer pause_;
  std::thread thread_;
};

Gateway::Gateway(GatewayService service, GatewayLimits limits)
    : server_(std::make_unique<Server>(std::move(service), limits)), address_(server_->address()) {}

Gateway::~Gateway() = default;

}  // namespace troupe
