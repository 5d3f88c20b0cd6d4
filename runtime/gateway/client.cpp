#include "runtime/gateway/client.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

namespace troupe {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using boost::system::error_code;

/// Connect, write, read: each step starts the next, the first error ends it.
class Dialogue {
 public:
  Dialogue(asio::io_context& context, const ControlRequest& request) : stream_(context) {
    request_.version(11);
    request_.method_string(request.method);
    request_.target(request.target);
    request_.set(http::field::host, request.address);
    request_.set(http::field::connection, "close");
    if (!request.token.empty()) request_.set(http::field::authorization, "Bearer " + request.token);
    if (!request.body.empty()) {
      request_.set(http::field::content_type, "application/json");
      request_.body() = request.body;
    }
    request_.prepare_payload();
    parser_.body_limit(std::size_t{16} << 20);
    stream_.expires_after(request.timeout);
  }

  void start(const tcp::resolver::results_type& where) {
    stream_.async_connect(where, [this](error_code error, const tcp::endpoint&) {
      if (!failed(error)) write();
    });
  }

  ControlAnswer answer() const {
    if (error_) return {0, {}, error_.message(), error_ == beast::error::timeout};
    return {parser_.get().result_int(), parser_.get().body(), {}, false};
  }

 private:
  bool failed(error_code error) {
    error_ = error;
    return static_cast<bool>(error);
  }
  void write() {
    http::async_write(stream_, request_, [this](error_code error, std::size_t) {
      if (!failed(error)) read();
    });
  }
  void read() {
    http::async_read(stream_, buffer_, parser_,
                     [this](error_code error, std::size_t) { failed(error); });
  }

  beast::tcp_stream stream_;
  beast::flat_buffer buffer_;
  http::request<http::string_body> request_;
  http::response_parser<http::string_body> parser_;
  error_code error_;
};

}  // namespace

ControlAnswer ask(const ControlRequest& request) {
  const std::size_t colon = request.address.rfind(':');
  if (colon == std::string::npos) return {0, {}, "the address has no port", false};
  asio::io_context context{1};
  error_code error;
  const auto where = tcp::resolver(context).resolve(request.address.substr(0, colon),
                                                    request.address.substr(colon + 1), error);
  if (error) return {0, {}, error.message(), false};
  Dialogue dialogue(context, request);
  dialogue.start(where);
  context.run();
  return dialogue.answer();
}

}  // namespace troupe
