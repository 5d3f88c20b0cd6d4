#include "apps/library/launch/doorbell.hpp"

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

namespace troupe {
namespace {

struct Free {
  void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};

class Socket {
 public:
  explicit Socket(int file) : file_(file) {}
  ~Socket() {
    if (file_ >= 0) ::close(file_);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  int file() const { return file_; }

 private:
  int file_;
};

struct Resolved {
  std::unique_ptr<addrinfo, Free> list;
  std::string why;
};

Resolved resolve(const std::string& address) {
  const std::size_t colon = address.rfind(':');
  if (colon == std::string::npos) return {nullptr, "expected HOST:PORT"};
  std::string host = address.substr(0, colon);
  if (host.size() > 1 && host.front() == '[') host = host.substr(1, host.size() - 2);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  const int error = ::getaddrinfo(host.c_str(), address.c_str() + colon + 1, &hints, &list);
  if (error != 0) return {nullptr, std::string("its name is not known: ") + ::gai_strerror(error)};
  return {std::unique_ptr<addrinfo, Free>(list), {}};
}

bool readable(int file, std::chrono::steady_clock::time_point until, short what) {
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
  pollfd one{file, what, 0};
  return left.count() > 0 && ::poll(&one, 1, static_cast<int>(left.count())) > 0;
}

}  // namespace

std::string answer_at(const std::string& address, std::chrono::seconds time,
                      const std::function<void()>& opened) {
  const auto until = std::chrono::steady_clock::now() + time;
  const Resolved found = resolve(address);
  if (!found.list) return found.why;
  const Socket door(::socket(found.list->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int yes = 1;
  ::setsockopt(door.file(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (::bind(door.file(), found.list->ai_addr, found.list->ai_addrlen) != 0 ||
      ::listen(door.file(), 64) != 0)
    return std::strerror(errno);
  opened();
  for (;;) {
    std::array<pollfd, 2> two = {{{STDIN_FILENO, POLLIN, 0}, {door.file(), POLLIN, 0}}};
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    if (left.count() <= 0 || ::poll(two.data(), two.size(), static_cast<int>(left.count())) == 0)
      return {};
    if (two[1].revents != 0) Socket(::accept(door.file(), nullptr, nullptr));
    std::array<char, 256> ignored{};
    if (two[0].revents != 0 && ::read(STDIN_FILENO, ignored.data(), ignored.size()) <= 0) return {};
  }
}

std::string why_not_reached(const std::string& address, std::chrono::seconds time) {
  const auto until = std::chrono::steady_clock::now() + time;
  const Resolved found = resolve(address);
  if (!found.list) return found.why;
  const Socket visitor(
      ::socket(found.list->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (::connect(visitor.file(), found.list->ai_addr, found.list->ai_addrlen) == 0) return {};
  if (errno != EINPROGRESS) return std::strerror(errno);
  if (!readable(visitor.file(), until, POLLOUT))
    return "no answer within " + std::to_string(time.count()) + " s";
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(visitor.file(), SOL_SOCKET, SO_ERROR, &error, &size);
  return error == 0 ? "" : std::strerror(error);
}

}  // namespace troupe
