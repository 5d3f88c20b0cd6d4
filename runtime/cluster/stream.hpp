/// The bytes of one connection over a socket that does not block. It moves them, in the
/// clear or through TLS, and never looks at what they say.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <memory>
#include <span>
#include <string>

namespace troupe {

/// One thread may read while another writes.
class Stream {
 public:
  enum class State { done, again, ended };
  struct Moved {
    State state = State::done;  ///< again: nothing moves until the socket is ready
    std::size_t bytes = 0;
  };

  virtual ~Stream() = default;
  /// Fills the pieces in their order, as far as there is something.
  virtual Moved read(std::span<const iovec> into) = 0;
  /// Takes what it can. What it has taken may still wait in here: see flush().
  virtual Moved write(std::span<const iovec> from) = 0;
  /// done: the socket has everything that was taken.
  virtual State flush() = 0;
  /// Why reading ended.
  const std::string& why() const { return why_; }
  /// It would end so again: the other side, or we, refused what was shown.
  bool for_good() const { return for_good_; }

 protected:
  std::string why_;
  bool for_good_ = false;
};

/// Does not own the socket.
std::unique_ptr<Stream> plain_stream(int socket);

}  // namespace troupe
