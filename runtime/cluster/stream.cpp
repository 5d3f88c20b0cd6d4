#include "runtime/cluster/stream.hpp"

#include <sys/socket.h>

#include <cerrno>
#include <cstring>

namespace troupe {
namespace {

class PlainStream final : public Stream {
 public:
  explicit PlainStream(int socket) : socket_(socket) {}

  Moved read(std::span<const iovec> into) override {
    const ssize_t size = readv(socket_, into.data(), static_cast<int>(into.size()));
    if (size > 0) return {State::done, static_cast<std::size_t>(size)};
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) return {State::again};
    why_ = size == 0 ? "connection closed" : std::strerror(errno);
    return {State::ended};
  }

  Moved write(std::span<const iovec> from) override {
    msghdr message{};
    message.msg_iov = const_cast<iovec*>(from.data());
    message.msg_iovlen = from.size();
    ssize_t size = -1;
    do size = sendmsg(socket_, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    while (size < 0 && errno == EINTR);
    if (size >= 0) return {State::done, static_cast<std::size_t>(size)};
    return {errno == EAGAIN ? State::again : State::ended};
  }

  State flush() override { return State::done; }

 private:
  int socket_;
};

}  // namespace

std::unique_ptr<Stream> plain_stream(int socket) { return std::make_unique<PlainStream>(socket); }

}  // namespace troupe
