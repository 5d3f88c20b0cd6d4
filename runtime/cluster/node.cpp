/// A node's life: join, agree, connect, serve, leave. It starts nothing before the
/// coordinator has agreed to its plan.
#include "runtime/cluster/node.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <caf/send.hpp>
#include <cstdlib>
#include <iostream>
#include <thread>

#include "base/cpu_level.hpp"
#include "base/user_error.hpp"
#include "messages/visit.hpp"
#include "runtime/cluster/greeting.hpp"
#include "runtime/cluster/lookout.hpp"
#include "runtime/cluster/process.hpp"

namespace troupe {
namespace {

constexpr auto first_pause = std::chrono::milliseconds(20);
constexpr auto longest_pause = std::chrono::milliseconds(500);
constexpr auto grace = std::chrono::seconds(1);
constexpr auto linger = std::chrono::milliseconds(200);

}  // namespace

Address address_of(const std::string& option, const std::string& text) {
  const auto address = parse_address(text);
  if (!address)
    throw UserError(ExitCode::usage, option + " " + text + ": expected HOST or HOST:PORT");
  return *address;
}

int ServingNode::serve() {
  start_ = address_of("--join", request_.join);
  open_door();
  const Switchboard::Reached reached =
      reach(start_, Errand::control, duration_of(request_.join_seconds));
  caf::anon_send(endpoint_, Adopt{coordinator, reached.actor});
  Join join;
  join.version = request_.version;
  join.cpu_level = static_cast<std::uint32_t>(best_cpu_level());
  join.slots = request_.slots;
  join.address = text_of(advertised(reached.own_host));
  join.ticket = ticket_of(std::getenv(ticket_variable));
  tell(coordinator, std::move(join));
  return live();
}

void ServingNode::open_door() {
  entrance_.emplace(entrance_options(request_.listen, request_.credentials));
  switchboard_.emplace(system_, *entrance_);
  endpoint_ = spawn_endpoint(system_, [this](EndpointEvent event) {
    std::visit([this](auto& each) { inbox_.post(std::move(each)); }, event);
  });
  switchboard_->publish(Errand::control, endpoint_);
  plane_.emplace(*entrance_, ears_of(at_work_, [this](std::uint32_t peer, const std::string& why) {
    inbox_.post(LinkLost{peer, why});
  }));
  process_->data = &*plane_;
  process_->retired = [this] { inbox_.post(Retired{}); };
  process_->first_refused = [this](const std::string& line) {
    tell(coordinator, Told{"message_refused", line});
  };
  if (request_.leave) request_.leave->listen([this] { inbox_.post(AskedToLeave{}); });
}

// Where others reach this process: what it was told, where it listens, or, where that is
// everywhere, by what the starting process sees it.
Address ServingNode::advertised(const std::string& own_host) const {
  Address address = entrance_->address();
  if (!request_.advertise.empty()) {
    const Address told = address_of("--advertise", request_.advertise);
    address = {told.host, told.port != 0 ? told.port : address.port};
  } else if (address.host == "0.0.0.0" || address.host == "::") {
    address.host = own_host;
  }
  return address;
}

// Nobody there yet, or a heartbeat's tick at the wrong moment: it is tried again for a while.
Switchboard::Reached ServingNode::reach(const Address& address, Errand errand,
                                        Clock::duration time) {
  const auto deadline = Clock::now() + time;
  auto pause = first_pause;
  bool said = false;
  while (true) {
    try {
      return switchboard_->reach(address, errand, connect_time);
    } catch (const TurnedAway&) {
      throw;
    } catch (const UserError& error) {
      const double seconds = std::chrono::duration<double>(time).count();
      if (Clock::now() >= deadline)
        throw UserError(error.code(), fmt::format("{}; tried for {:g} s", error.what(), seconds));
      if (request_.leave && request_.leave->asked()) throw;
      if (request_.log && !std::exchange(said, true))
        request_.log(fmt::format("{}; trying for {:g} s", error.what(), seconds));
    }
    std::this_thread::sleep_for(pause);
    pause = std::min(pause * 2, longest_pause);
  }
}

int ServingNode::live() {
  while (!exit_) {
    beat();
    const Clock::time_point next = begun_ ? next_beat_ : Clock::now() + std::chrono::hours(1);
    auto event = inbox_.next(alone_until_ ? std::min(*alone_until_, next) : next);
    if (alone_until_ && Clock::now() >= *alone_until_) give_up();
    if (!event || exit_) continue;
    try {
      std::visit(Overload{[&](const Heard& heard) { hear(heard.peer, heard.sentence); },
                          [&](const LinkLost& lost) { hear(lost); }, [&](AskedToLeave) { go(); },
                          [&](Retired) { retire(); }},
                 *event);
    } catch (const UserError& error) {
      decline(static_cast<int>(error.code()), error.what());
    }
  }
  return leave(*exit_, last_line_);
}

// Where the model is elsewhere, workers and its holder can go on for a while: the one
// that coordinates may only be out of reach.
bool ServingNode::carry_on() {
  if (leaving_ || !begun_ || grace_ <= Clock::duration::zero()) return false;
  if (alone_until_) return true;
  alone_until_ = Clock::now() + grace_;
  exchanges_before_ = process_->arrived;
  if (request_.log)
    request_.log(
        fmt::format("the coordinator's process is out of reach; going on for {:g} s "
                    "(cluster.coordinator_grace)",
                    std::chrono::duration<double>(grace_).count()));
  return true;
}

void ServingNode::give_up() {
  orphaned_ = true;
  exit_ = static_cast<int>(ExitCode::cluster);
  last_line_ = fmt::format(
      "troupe node: the coordinator's process has been out of reach for {:g} s; "
      "{} messages of others came meanwhile",
      std::chrono::duration<double>(grace_).count(), process_->arrived - exchanges_before_);
}

void ServingNode::hear(const LinkLost& lost) {
  if (lost.peer != coordinator || carry_on()) return;
  orphaned_ = begun_ && !leaving_;
  exit_ = static_cast<int>(leaving_ ? ExitCode::done : ExitCode::cluster);
  if (!leaving_) last_line_ = "troupe node: the coordinator's process is gone";
}

// Workers finish the step under way and hand back what they hold; the coordinator asks
// them to when it hears that we would like to go.
void ServingNode::go() {
  if (holds_model_ && stage_) {
    if (request_.log) request_.log("holds the model, so it stays; stop the run, or ask once more");
    return;
  }
  if (std::exchange(leaving_, true)) return;
  if (!stage_) {
    exit_ = static_cast<int>(ExitCode::done);
    return;
  }
  if (request_.log) request_.log("leaving the run");
  // All have been told who lives here: before the start nobody could take it over.
  if (begun_) tell(coordinator, Leaving{});
}

// What the last of them said is on its way before the connections end.
void ServingNode::retire() {
  if (--residents_ > 0 || !leaving_) return;
  const auto deadline = Clock::now() + grace;
  while (Clock::now() < deadline && !plane_->drained()) std::this_thread::sleep_for(first_pause);
  inbox_.next(Clock::now() + linger);
  if (request_.log) request_.log("has left the run");
  exit_ = static_cast<int>(ExitCode::done);
}

int ServingNode::leave(int exit_code, const std::string& line) {
  if (!line.empty()) std::cerr << line + "\n" << std::flush;
  watchdog_.arm(exit_code, grace);
  if (data_) data_->close();
  stage_.reset();
  const std::lock_guard lock(news_mutex_);
  if (request_.log && !last_sum_.empty()) request_.log(last_sum_);
  return exit_code;
}

// From this thread, which computes nothing: a long step is not a death.
void ServingNode::beat() {
  const Clock::time_point now = Clock::now();
  if (!begun_ || now < next_beat_) return;
  next_beat_ = now + look_interval;
  process_->board.coarse_now = std::chrono::duration<double>(now - process_->start).count();
  for (Beat& part : parts_of(process_->board.collect(now))) tell(coordinator, std::move(part));
  process_->board.ask(now);
}

// Whose line it prints is the coordinator's business; it answers with Leave.
void ServingNode::decline(int exit_code, const std::string& line) {
  tell(coordinator, Declined{line, exit_code});
}

void check_addresses(const NodeRequest& request) {
  const Address start = address_of("--join", request.join);
  if (start.port == 0)
    throw UserError(
        ExitCode::usage,
        "--join " + request.join + ": expected HOST:PORT, where the coordinator's process listens");
  address_of("--listen", request.listen);
  if (!request.advertise.empty()) address_of("--advertise", request.advertise);
  if (!is_loopback(start) && !request.credentials)
    throw UserError(
        ExitCode::usage,
        "--join " + request.join +
            ": another machine is reached through TLS alone: give this host's "
            "certificate of 'troupe keys new', --ca FILE --certificate FILE --key FILE");
}

int run_node(const NodeRequest& request) {
  try {
    check_addresses(request);
    while (true) {
      ServingNode node(request);
      const int code = node.serve();
      if (!node.orphaned() || !request.rejoin) return code;
    }
  } catch (const UserError& error) {
    std::cerr << std::string("troupe node: ") + error.what() + "\n" << std::flush;
    return static_cast<int>(error.code());
  }
}

}  // namespace troupe
