#include "runtime/cluster/switchboard.hpp"

#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/post.hpp>
#include <caf/io/basp_broker.hpp>
#include <caf/io/middleman.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>
#include <set>

#include "base/user_error.hpp"
#include "runtime/cluster/greeting.hpp"
#include "runtime/cluster/tunnel.hpp"

namespace troupe {
namespace {

namespace io = caf::io;

// Where no socket stands behind a number, any will do that no other has.
constexpr std::int64_t first_handle = std::int64_t{1} << 40;

std::uint16_t port_of(Errand errand) { return static_cast<std::uint16_t>(errand); }

caf::actor broker_of(caf::actor_system& system) {
  return system.middleman().named_broker<io::basp_broker>(caf::atom("BASP"));
}

/// Hands CAF's broker whom somebody else has accepted.
class Doorman final : public io::doorman {
 public:
  Doorman(io::network::multiplexer& loop, Errand errand)
      : io::doorman(io::accept_handle::from_int(first_handle + port_of(errand))),
        loop_(loop),
        errand_(errand) {}

  /// From any thread.
  void take(int socket) {
    loop_.post([self = caf::intrusive_ptr<Doorman>(this), socket] { self->enter(socket); });
  }

  bool new_connection() override { return false; }  // there is nothing to wait at
  void graceful_shutdown() override {
    const caf::intrusive_ptr<Doorman> self(this);  // the broker's may be the last
    detach(&loop_, false);
  }
  void launch() override {}
  void add_to_loop() override {}
  void remove_from_loop() override {}
  std::string addr() const override { return "an entrance"; }
  std::uint16_t port() const override { return port_of(errand_); }

 private:
  void enter(int socket) {
    if (detached()) {
      ::close(socket);
      return;
    }
    io::scribe_ptr scribe = loop_.new_scribe(socket);
    const io::connection_handle handle = scribe->hdl();
    parent()->add_scribe(std::move(scribe));
    io::doorman::new_connection(&loop_, handle);
  }

  io::network::multiplexer& loop_;
  Errand errand_;
};

/// The end of a line that CAF gets: the socket itself, or one side of a tunnel through
/// TLS. -1 when the system has no more.
int end_for_caf(const std::shared_ptr<boost::asio::io_context>& context, Line line) {
  boost::system::error_code error;
  if (line.plain) {
    const int socket = line.socket.release(error);
    return error ? -1 : socket;
  }
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) != 0) return -1;
  boost::asio::post(*context, [tunnel = std::make_shared<Tunnel>(*context, std::move(line),
                                                                 ends[1])] { tunnel->begin(); });
  return ends[0];
}

}  // namespace

Switchboard::~Switchboard() {
  for (std::size_t errand = 0; errand < errands; ++errand)
    if (static_cast<Errand>(errand) != Errand::data)
      entrance_.admit(static_cast<Errand>(errand), {});
}

void Switchboard::publish(Errand errand, const caf::actor& actor) {
  const auto doorman = caf::make_counted<Doorman>(system_.middleman().backend(), errand);
  caf::anon_send(broker_of(system_), caf::publish_atom::value, io::doorman_ptr(doorman),
                 port_of(errand), caf::actor_cast<caf::strong_actor_ptr>(actor),
                 std::set<std::string>());
  Entrance::Usher usher;
  usher.enter = [doorman, context = entrance_.io()](const FirstWord&, Line line) {
    if (!answer(*line.stream, Answer::welcome)) return false;
    const int socket = end_for_caf(context, std::move(line));
    if (socket >= 0) doorman->take(socket);
    return socket >= 0;
  };
  entrance_.admit(errand, std::move(usher));
}

Switchboard::Reached Switchboard::reach(const Address& to, Errand errand, Entrance::Duration time) {
  const auto until = std::chrono::steady_clock::now() + time;
  Line line = entrance_.dial(to, {.errand = errand}, time);
  Reached reached;
  boost::system::error_code ignored;
  reached.own_host = line.socket.local_endpoint(ignored).address().to_string();
  std::string why = "no descriptors are left";
  const int socket = end_for_caf(entrance_.io(), std::move(line));
  if (socket >= 0) {
    caf::scoped_actor self(system_);
    const auto left = std::max<Entrance::Duration>(until - std::chrono::steady_clock::now(),
                                                   std::chrono::milliseconds(1));
    self->request(broker_of(system_), caf::duration(left), caf::connect_atom::value,
                  system_.middleman().backend().new_scribe(socket), port_of(errand))
        .receive(
            [&](const caf::node_id&, const caf::strong_actor_ptr& actor,
                const std::set<std::string>&) {
              reached.actor = caf::actor_cast<caf::actor>(actor);
            },
            [&](const caf::error& error) { why = system_.render(error); });
  }
  if (!reached.actor)
    throw UserError(ExitCode::cluster, fmt::format("cannot reach {}: {}", text_of(to), why));
  return reached;
}

}  // namespace troupe
