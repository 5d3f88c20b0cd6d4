/// The connections over which models and gradients travel between processes, one a
/// pair, served by one thread a process. Whoever does not know the run's secret gets
/// nowhere; it carries envelopes and never looks at what they say.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "messages/message.hpp"

namespace troupe {

/// Dealt out by the starting process; who knows it belongs to the run.
using Secret = std::array<std::uint64_t, 2>;
Secret make_secret();

/// What a message that came over a connection costs its sender until it is taken.
class Receipt {
 public:
  explicit Receipt(std::function<void()> taken) : taken_(std::move(taken)) {}
  Receipt(const Receipt&) = delete;
  Receipt& operator=(const Receipt&) = delete;
  ~Receipt() { taken_(); }

 private:
  std::function<void()> taken_;
};

/// Messages of one connection that nobody has taken yet; more are left to the sender.
inline constexpr std::size_t untaken_max = 16;

class DataPlane {
 public:
  /// Called from the plane's thread; they must not block.
  struct Ears {
    std::function<void(std::uint32_t process, Envelope, std::shared_ptr<Receipt>)> arrived;
    std::function<void(std::uint32_t process, const std::string& why)> lost;
  };

  /// Listens on 127.0.0.1, on a port that the system chooses. Throws UserError (exit 4).
  explicit DataPlane(Ears ears);
  /// Nothing is called any more afterwards.
  ~DataPlane();

  std::uint16_t port() const;
  /// Before anybody is to be let in.
  void admit(const Secret& secret, std::uint32_t mine);
  /// Returns when the other side has let us in. Throws UserError (exit 4) when it does
  /// not in time.
  void connect(std::uint32_t process, std::uint16_t port, std::chrono::steady_clock::duration time);
  /// From any thread. To a process that is not connected it goes nowhere.
  void send(std::uint32_t process, const Envelope& envelope);
  /// Ends a connection without calling anybody.
  void drop(std::uint32_t process);

 private:
  class Hub;
  std::unique_ptr<Hub> hub_;
};

}  // namespace troupe
