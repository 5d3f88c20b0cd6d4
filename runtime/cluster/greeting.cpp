#include "runtime/cluster/greeting.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/user_error.hpp"

namespace troupe {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;

/// In front of why not; nothing follows where nothing is against it.
struct AnswerHead {
  std::uint64_t magic = FirstWord::right_magic;
  Answer answer = Answer::welcome;
  std::uint32_t size = 0;
};

/// One attempt at a connection, step by step, until a time.
class Dialling {
 public:
  struct Failure {
    std::string why;
    bool for_good = false;
  };

  Dialling(tcp::socket& socket, Clock::time_point until) : socket_(socket), until_(until) {}

  void connect(const tcp::endpoint& to) {
    error_code error;
    socket_.open(to.protocol(), error);
    if (!error) socket_.non_blocking(true, error);
    if (!error) socket_.set_option(tcp::no_delay(true), error);
    if (error) throw Failure{error.message()};
    if (::connect(socket_.native_handle(), to.data(), static_cast<socklen_t>(to.size())) == 0)
      return;
    if (errno != EINPROGRESS) throw Failure{std::strerror(errno)};
    wait(POLLOUT, "no answer to the connection");
    int problem = 0;
    socklen_t size = sizeof problem;
    getsockopt(socket_.native_handle(), SOL_SOCKET, SO_ERROR, &problem, &size);
    if (problem != 0) throw Failure{std::strerror(problem)};
  }

  void shake_hands(TlsStream& stream) {
    while (true) {
      const Stream::State state = stream.shake_hands();
      if (state == Stream::State::done) return;
      if (state == Stream::State::ended) throw ended(stream);
      wait(stream.wants_output() ? POLLOUT : POLLIN, "no answer to the TLS handshake");
    }
  }

  void write(Stream& stream, std::span<const std::byte> bytes) {
    while (!bytes.empty() || stream.flush() != Stream::State::done) {
      const iovec rest{const_cast<std::byte*>(bytes.data()), bytes.size()};
      Stream::Moved moved = bytes.empty() ? Stream::Moved{} : stream.write({&rest, 1});
      if (moved.state == Stream::State::done) moved.state = stream.flush();
      bytes = bytes.subspan(moved.bytes);
      if (moved.state == Stream::State::ended) return;  // reading will tell why
      if (moved.state == Stream::State::again) wait(POLLOUT, "it takes no bytes");
    }
  }

  void read(Stream& stream, std::span<std::byte> into) {
    while (!into.empty()) {
      const iovec rest{into.data(), into.size()};
      const Stream::Moved moved = stream.read({&rest, 1});
      if (moved.state == Stream::State::ended) throw ended(stream);
      into = into.subspan(moved.bytes);
      if (moved.state == Stream::State::again) wait(POLLIN, "it is silent");
    }
  }

 private:
  static Failure ended(const Stream& stream) {
    if (stream.why() == "connection closed") return {"it did not let this process in"};
    return {stream.why(), stream.for_good()};
  }
  void wait(short what, const char* why) {
    while (true) {
      const auto left =
          std::chrono::duration_cast<std::chrono::milliseconds>(until_ - Clock::now()).count();
      pollfd ready{socket_.native_handle(), what, 0};
      const int count = poll(&ready, 1, static_cast<int>(std::clamp<long>(left, 0, 1'000'000)));
      if (count > 0) return;
      if (count == 0) throw Failure{why};
      if (errno != EINTR) throw Failure{std::strerror(errno)};
    }
  }

  tcp::socket& socket_;
  Clock::time_point until_;
};

void introduce(Dialling& dialling, Stream& stream, const FirstWord& word) {
  dialling.write(stream, std::as_bytes(std::span(&word, 1)));
  AnswerHead head;
  dialling.read(stream, std::as_writable_bytes(std::span(&head, 1)));
  if (head.magic != FirstWord::right_magic || head.size > refusal_bytes_max)
    throw Dialling::Failure{"what listens there is no node", true};
  std::string why(head.size, ' ');
  dialling.read(stream, std::as_writable_bytes(std::span(why)));
  if (head.answer != Answer::welcome) throw Dialling::Failure{why, head.answer == Answer::refused};
}

Line line_to(const DialMeans& means, const tcp::endpoint& end, const FirstWord& word,
             Clock::time_point until) {
  Line line{tcp::socket(means.io), nullptr, means.tls == nullptr};
  Dialling dialling(line.socket, until);
  dialling.connect(end);
  if (means.tls != nullptr) {
    auto stream = std::make_unique<TlsStream>(line.socket.native_handle(), *means.tls,
                                              TlsStream::Role::dials);
    dialling.shake_hands(*stream);
    line.stream = std::move(stream);
  } else {
    line.stream = plain_stream(line.socket.native_handle());
  }
  introduce(dialling, *line.stream, word);
  return line;
}

}  // namespace

bool answer(Stream& stream, Answer word, const std::string& why) {
  const AnswerHead head{
      .answer = word, .size = static_cast<std::uint32_t>(std::min(why.size(), refusal_bytes_max))};
  const iovec both[] = {{const_cast<AnswerHead*>(&head), sizeof head},
                        {const_cast<char*>(why.data()), head.size}};
  // So few bytes that a fresh socket takes them in one go.
  const Stream::Moved moved = stream.write(both);
  return moved.bytes == sizeof head + head.size && stream.flush() == Stream::State::done;
}

Line dial(const DialMeans& means, const Address& to, const FirstWord& word, Clock::duration time) {
  const auto until = Clock::now() + time;
  error_code error;
  tcp::resolver resolver(means.io);
  const auto ends = resolver.resolve(to.host, std::to_string(to.port), error);
  Dialling::Failure last{error.message()};
  if (!error) {
    for (const auto& end : ends) {
      try {
        return line_to(means, end.endpoint(), word, until);
      } catch (const Dialling::Failure& failure) {
        last = failure;
      }
    }
  }
  const std::string line = fmt::format("cannot reach {}: {}", text_of(to), last.why);
  if (last.for_good) throw TurnedAway(ExitCode::cluster, line);
  throw UserError(ExitCode::cluster, line);
}

}  // namespace troupe
