/// What it costs two processes to add up a vector that each has one half of the sum
/// of, and to send one way: by Troupe's data plane, in the clear and through TLS, or by
/// Asio's sockets alone.
/// usage: bench_exchange plane|plane-tls|asio both|oneway BYTES REPETITIONS
/// It prints microseconds (median; both) or megabytes a second (oneway), and the
/// memory of this process after a tenth of the repetitions and after all of them.
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/block.hpp"
#include "base/kernels/kernels.hpp"
#include "runtime/cluster/data_plane.hpp"
#include "runtime/cluster/inbox.hpp"
#include "tests/cluster/certificates.hpp"

namespace {

using namespace troupe;
using Clock = std::chrono::steady_clock;
constexpr auto patience = std::chrono::seconds(60);
// A long vector travels in parts, so that a part is added while it is in the cache.
constexpr std::size_t part_floats = (std::size_t{512} << 10) / sizeof(float);

/// How one of the two processes exchanges.
class Way {
 public:
  virtual ~Way() = default;
  /// sum = mine + theirs, for vectors of the length given to the constructor.
  virtual void both_ways() = 0;
  virtual void send() = 0;
  virtual void receive() = 0;
};

std::vector<Block> vector_of(std::size_t floats, float value) {
  std::vector<Block> parts;
  for (std::size_t first = 0; first < floats; first += part_floats) {
    parts.emplace_back(std::min(part_floats, floats - first));
    std::ranges::fill(parts.back().values(), value);
  }
  return parts;
}

/// Blocks, each a message; what comes is added as it comes.
class Plane final : public Way {
 public:
  Plane(std::uint32_t process, std::size_t floats, int ports[2],
        std::shared_ptr<const TlsIdentity> tls)
      : other_(1 - process), sum_(vector_of(floats, 0)), entrance_({.tls = std::move(tls)}) {
    for (Block& part : vector_of(floats, 1)) mine_.push_back(std::move(part).freeze());
    plane_.admit({1, 2}, process);
    std::uint16_t port = entrance_.port();
    if (process == 0) {
      if (write(ports[1], &port, sizeof port) != sizeof port) std::abort();
    } else {
      if (read(ports[0], &port, sizeof port) != sizeof port) std::abort();
      plane_.connect(0, {"127.0.0.1", port}, patience);
      send();  // until this is there, the other side has no connection
    }
    if (process == 0) receive();
  }

  void both_ways() override {
    send();
    for (std::size_t i = 0; i < sum_.size(); ++i) {
      // What came is in the cache and nobody else's: it becomes the sum.
      sum_[i] = next().thaw();
      kernels().axpy(1.0F, mine_[i].values().data(), sum_[i].values().data(), sum_[i].size());
    }
  }
  void send() override {
    for (const SharedBlock& part : mine_) plane_.send(other_, {.message = Evaluate{.model = part}});
  }
  void receive() override {
    for (std::size_t i = 0; i < sum_.size(); ++i) next();
  }

 private:
  struct Arrival {
    Envelope envelope;
    std::shared_ptr<Receipt> receipt;
  };
  SharedBlock next() {
    auto arrival = inbox_.next(Clock::now() + patience);
    if (!arrival) std::abort();
    return std::get<Evaluate>(std::move(arrival->envelope.message)).model;
  }

  std::uint32_t other_;
  std::vector<SharedBlock> mine_;
  std::vector<Block> sum_;
  Inbox<Arrival> inbox_;
  Entrance entrance_;
  DataPlane plane_{entrance_,
                   {.arrived =
                        [this](std::uint32_t, Envelope envelope, std::shared_ptr<Receipt> receipt) {
                          inbox_.post({std::move(envelope), std::move(receipt)});
                        },
                    .lost = [](std::uint32_t, const std::string&) {}}};
};

/// What one would write by hand: a thread that writes, one that reads and adds.
class Bare final : public Way {
 public:
  Bare(std::uint32_t process, std::size_t floats, int ports[2])
      : mine_(floats, 1), sum_(floats, 0), theirs_(std::min(floats, part_floats)) {
    using boost::asio::ip::tcp;
    if (process == 0) {
      tcp::acceptor acceptor(io_, {boost::asio::ip::address_v4::loopback(), 0});
      const std::uint16_t port = acceptor.local_endpoint().port();
      if (write(ports[1], &port, sizeof port) != sizeof port) std::abort();
      acceptor.accept(socket_);
    } else {
      std::uint16_t port = 0;
      if (read(ports[0], &port, sizeof port) != sizeof port) std::abort();
      socket_.connect({boost::asio::ip::address_v4::loopback(), port});
    }
    socket_.set_option(tcp::no_delay(true));
    if (floats > part_floats) writer_ = std::thread([this] { serve(); });
  }
  ~Bare() override {
    orders_.post(false);
    if (writer_.joinable()) writer_.join();
  }

  void both_ways() override {
    if (writer_.joinable())
      orders_.post(true);
    else
      send();
    for (std::size_t first = 0; first < sum_.size(); first += theirs_.size()) {
      const std::size_t count = std::min(theirs_.size(), sum_.size() - first);
      boost::asio::read(socket_, boost::asio::buffer(theirs_.data(), count * sizeof(float)));
      for (std::size_t k = 0; k < count; ++k) sum_[first + k] = mine_[first + k] + theirs_[k];
    }
  }
  void send() override { boost::asio::write(socket_, boost::asio::buffer(mine_)); }
  void receive() override { boost::asio::read(socket_, boost::asio::buffer(sum_)); }

 private:
  void serve() {
    while (orders_.next(Clock::now() + patience).value_or(false)) send();
  }

  std::vector<float> mine_;
  std::vector<float> sum_;
  std::vector<float> theirs_;
  boost::asio::io_context io_;
  boost::asio::ip::tcp::socket socket_{io_};
  Inbox<bool> orders_;
  std::thread writer_;
};

std::size_t resident_kib() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmRSS:")) return std::stoul(line.substr(6));
  return 0;
}

double seconds_of(const std::function<void()>& work) {
  const auto start = Clock::now();
  work();
  return std::chrono::duration<double>(Clock::now() - start).count();
}

void measure(Way& way, std::uint32_t process, bool both, std::size_t bytes, int repetitions) {
  std::vector<double> seconds;
  std::size_t early = 0;
  for (int n = 0; n < repetitions; ++n) {
    if (n == repetitions / 10) early = resident_kib();
    seconds.push_back(seconds_of([&] {
      if (both)
        way.both_ways();
      else if (process == 0)
        way.receive();
      else
        way.send();
    }));
  }
  if (process == 1) return;
  double total = 0;
  for (const double each : seconds) total += each;
  std::ranges::nth_element(seconds, seconds.begin() + repetitions / 2);
  if (both)
    std::printf("%.1f us", seconds[static_cast<std::size_t>(repetitions / 2)] * 1e6);
  else
    std::printf("%.1f MB/s", static_cast<double>(bytes) * repetitions / total / 1e6);
  std::printf(", memory %zu to %zu KiB\n", early, resident_kib());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) return 2;
  const std::string how = argv[1];
  const bool both = std::string(argv[2]) == "both";
  const std::size_t bytes = std::stoul(argv[3]);
  const int repetitions = std::atoi(argv[4]);
  int ports[2];
  int done[2];
  if (pipe(ports) != 0 || pipe(done) != 0) return 1;
  std::shared_ptr<const TlsIdentity> tls;  // one certificate serves both
  if (how == "plane-tls") tls = toys::TestAuthority().identity();
  const pid_t child = fork();  // before there are threads
  const std::uint32_t process = child == 0 ? 1 : 0;
  {
    std::unique_ptr<Way> way;
    if (how.starts_with("plane"))
      way = std::make_unique<Plane>(process, bytes / sizeof(float), ports, tls);
    else
      way = std::make_unique<Bare>(process, bytes / sizeof(float), ports);
    measure(*way, process, both, bytes, repetitions);
    // Nobody hangs up while the other one still expects something.
    char word = 0;
    if (write((process == 0 ? ports : done)[1], &word, 1) != 1) std::abort();
    if (read((process == 0 ? done : ports)[0], &word, 1) != 1) std::abort();
  }
  int fate = 0;
  if (process == 0) waitpid(child, &fate, 0);
  return process == 0 ? fate : 0;
}
