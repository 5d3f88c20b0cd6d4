/// The connections over which models and gradients travel between processes, one a
/// pair, served by the entrance's thread. Whoever does not know the run's secret gets
/// nowhere; it carries envelopes and never looks at what they say.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "messages/message.hpp"
#include "runtime/cluster/entrance.hpp"

namespace troupe {

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

  /// The entrance outlives it.
  DataPlane(Entrance& entrance, Ears ears);
  /// Nothing is called any more afterwards.
  ~DataPlane();

  /// Lets in who knows the secret, and nobody before.
  void admit(const Secret& secret, std::uint32_t mine);
  /// Returns when the other side has let us in. Throws UserError (exit 4) when it does
  /// not in time.
  void connect(std::uint32_t process, const Address& to, std::chrono::steady_clock::duration time);
  /// From any thread. To a process that is not connected it goes nowhere.
  void send(std::uint32_t process, const Envelope& envelope);
  /// True when the system has all that was sent.
  bool drained() const;
  /// Ends a connection without calling anybody.
  void drop(std::uint32_t process);

 private:
  class Hub;
  std::unique_ptr<Hub> hub_;
};

}  // namespace troupe
