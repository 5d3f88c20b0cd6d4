#include "runtime/cluster/data_plane.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <future>
#include <map>
#include <mutex>

#include "base/user_error.hpp"
#include "runtime/cluster/connection.hpp"
#include "runtime/cluster/greeting.hpp"

namespace troupe {

namespace asio = boost::asio;

class DataPlane::Hub {
 public:
  Hub(Entrance& entrance, DataPlane::Ears ears);
  ~Hub();
  Hub(const Hub&) = delete;
  Hub& operator=(const Hub&) = delete;

  void admit(const Secret& secret, std::uint32_t mine);
  void connect(std::uint32_t process, const Address& to, std::chrono::steady_clock::duration time);
  std::shared_ptr<Connection> to(std::uint32_t process) {
    const std::lock_guard lock(mutex_);
    const auto found = connections_.find(process);
    return found == connections_.end() ? nullptr : found->second;
  }
  void drop(std::uint32_t process);
  bool drained() {
    const std::lock_guard lock(mutex_);
    return std::ranges::all_of(connections_,
                               [](const auto& each) { return each.second->drained(); });
  }

 private:
  enum class Greeting { ours, theirs };
  bool adopt(std::uint32_t process, Line line, Greeting greeting);

  Entrance& entrance_;
  DataPlane::Ears ears_;
  Connection::Ears connection_ears_;
  std::mutex mutex_;  // of what follows
  std::map<std::uint32_t, std::shared_ptr<Connection>> connections_;
  Secret secret_{};
  std::uint32_t mine_ = 0;
};

DataPlane::Hub::Hub(Entrance& entrance, DataPlane::Ears ears)
    : entrance_(entrance), ears_(std::move(ears)) {
  connection_ears_.arrived = [this](Connection& from, Envelope envelope,
                                    std::shared_ptr<Receipt> receipt) {
    ears_.arrived(from.process(), std::move(envelope), std::move(receipt));
  };
  connection_ears_.ended = [this](Connection& from, const std::string& why) {
    const std::uint32_t process = from.process();
    {
      const std::lock_guard lock(mutex_);
      connections_.erase(process);
    }
    ears_.lost(process, why);
  };
}

// What a connection calls is here: none may be in the middle of it, nor begin again.
DataPlane::Hub::~Hub() {
  entrance_.admit(Errand::data, {});
  std::promise<void> closed;
  asio::post(*entrance_.io(), [&] {
    std::map<std::uint32_t, std::shared_ptr<Connection>> connections;
    {
      const std::lock_guard lock(mutex_);
      connections.swap(connections_);
    }
    for (auto& [process, connection] : connections) connection->close();
    closed.set_value();
  });
  closed.get_future().wait();
}

void DataPlane::Hub::admit(const Secret& secret, std::uint32_t mine) {
  {
    const std::lock_guard lock(mutex_);
    secret_ = secret;
    mine_ = mine;
  }
  Entrance::Usher usher;
  usher.why_not = [secret, mine](const FirstWord& word) {
    return same(word.secret, secret) && word.process != mine ? "" : "it is not of this run";
  };
  usher.enter = [this](const FirstWord& word, Line line) {
    return adopt(word.process, std::move(line), Greeting::ours);
  };
  entrance_.admit(Errand::data, std::move(usher));
}

bool DataPlane::Hub::adopt(std::uint32_t process, Line line, Greeting greeting) {
  Stream& stream = *line.stream;
  auto connection =
      std::make_shared<Connection>(entrance_.io(), std::move(line), process, connection_ears_);
  {
    const std::lock_guard lock(mutex_);
    if (connections_.contains(process)) return false;
    // Once it hears so it may send, and we to it: nobody gets here before it is known.
    if (greeting == Greeting::ours && !answer(stream, Answer::welcome)) return false;
    connections_.emplace(process, connection);
  }
  asio::post(*entrance_.io(), [connection] { connection->begin(); });
  return true;
}

void DataPlane::Hub::connect(std::uint32_t process, const Address& to,
                             std::chrono::steady_clock::duration time) {
  FirstWord word{.errand = Errand::data};
  {
    const std::lock_guard lock(mutex_);
    word.secret = secret_;
    word.process = mine_;
  }
  if (!adopt(process, entrance_.dial(to, word, time), Greeting::theirs))
    throw UserError(ExitCode::cluster,
                    fmt::format("process {} is connected to this one already", process));
}

void DataPlane::Hub::drop(std::uint32_t process) {
  std::shared_ptr<Connection> connection;
  {
    const std::lock_guard lock(mutex_);
    const auto found = connections_.find(process);
    if (found == connections_.end()) return;
    connection = std::move(found->second);
    connections_.erase(found);
  }
  asio::post(*entrance_.io(), [connection] { connection->close(); });
}

DataPlane::DataPlane(Entrance& entrance, Ears ears)
    : hub_(std::make_unique<Hub>(entrance, std::move(ears))) {}
DataPlane::~DataPlane() = default;
void DataPlane::admit(const Secret& secret, std::uint32_t mine) { hub_->admit(secret, mine); }
void DataPlane::connect(std::uint32_t process, const Address& to,
                        std::chrono::steady_clock::duration time) {
  hub_->connect(process, to, time);
}
void DataPlane::send(std::uint32_t process, const Envelope& envelope) {
  if (const auto connection = hub_->to(process)) connection->send(envelope);
}
bool DataPlane::drained() const { return hub_->drained(); }
void DataPlane::drop(std::uint32_t process) { hub_->drop(process); }

}  // namespace troupe
