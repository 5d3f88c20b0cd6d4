/// Plays for node processes: the test program runs itself again as a node, and
/// the settings text says which play it takes part in.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <fstream>
#include <iostream>
#include <iterator>
#include <limits>
#include <numeric>

#include "base/user_error.hpp"
#include "runtime/tls/bundle.hpp"
#include "tests/cluster/toys.hpp"

namespace troupe::toys {

inline constexpr auto serve = "serve as a node of another test";
inline constexpr std::size_t big = 11'000'000;  // floats: 44 MB

inline std::string program() {
  std::array<char, 4096> path{};
  const auto size = readlink("/proc/self/exe", path.data(), path.size());
  return {path.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))};
}

/// What the starting process hands over to nodes when there is TLS.
inline std::optional<Credentials> credentials_on_input() {
  return unbundle(std::string(std::istreambuf_iterator<char>(std::cin), {}));
}

inline std::string last_argument() {
  std::ifstream file("/proc/self/cmdline");
  std::string word;
  std::string last;
  while (std::getline(file, word, '\0')) last = word;
  return last;
}

/// Sends a dense gradient and says Finished when it comes back bit for bit.
inline std::unique_ptr<Toy> echoer(std::size_t size) {
  auto toy = std::make_unique<Toy>();
  toy->begin = [size](Context& context) {
    Block block(size);
    std::iota(block.values().begin(), block.values().end(), 1.0F);
    const std::array odd{std::numeric_limits<float>::quiet_NaN(),
                         -std::numeric_limits<float>::infinity(),
                         std::numeric_limits<float>::denorm_min(), -0.0F, 1e-39F};
    std::ranges::copy(odd, block.values().begin());
    Parameters sent{1, 0, {}, DenseValues{std::move(block).freeze()}};
    context.send(server, std::move(sent));
  };
  toy->hear = [size](Context& context, ActorId, Message& message) {
    const auto* back = std::get_if<Parameters>(&message);
    if (back == nullptr) return;
    const auto values = std::get<DenseValues>(back->payload).values.values();
    const bool same = values.size() == size &&
                      std::bit_cast<std::uint32_t>(values[0]) == 0x7fc00000U &&
                      std::bit_cast<std::uint32_t>(values[1]) == 0xff800000U &&
                      std::bit_cast<std::uint32_t>(values[2]) == 1U &&
                      std::bit_cast<std::uint32_t>(values[3]) == 0x80000000U &&
                      values[4] == 1e-39F && values[size - 1] == static_cast<float>(size);
    if (same)
      context.send(Plan::coordinator, Finished{1});
    else
      context.send(Plan::coordinator, Failed{1, "the block came back changed"});
  };
  return toy;
}

inline std::unique_ptr<Toy> mirror() {
  auto toy = answerer();
  toy->hear = [pull = toy->hear](Context& context, ActorId from, Message& message) {
    if (std::holds_alternative<Parameters>(message))
      context.send(from, std::move(message));
    else
      pull(context, from, message);
  };
  return toy;
}

/// Tells the server its process, over and over, so that somebody can be killed.
inline std::unique_ptr<Toy> pid_teller() {
  auto toy = std::make_unique<Toy>();
  toy->begin = [](Context& context) {
    context.send(server, Pull{static_cast<std::uint64_t>(getpid()), {}});
  };
  return toy;
}

/// A ring: every worker passes a token on to the next one, `laps` times round.
inline std::unique_ptr<Toy> runner(ActorId self, std::uint32_t workers, std::uint64_t laps) {
  auto toy = std::make_unique<Toy>();
  const ActorId next = first_worker + (self - first_worker + 1) % workers;
  if (self == first_worker)
    toy->begin = [next](Context& context) { context.send(next, Pull{1, {}}); };
  toy->hear = [=](Context& context, ActorId, Message& message) {
    const auto* token = std::get_if<Pull>(&message);
    if (token == nullptr) return;
    if (token->known_version == laps * workers)
      context.send(Plan::coordinator, Finished{token->known_version});
    else
      context.send(next, Pull{token->known_version + 1, {}});
  };
  return toy;
}

inline std::shared_ptr<Plan> plan_of(const std::string& play) {
  if (play == "no plan") throw UserError(ExitCode::data, "d.h5: no such file");
  auto plan = star(play == "ring" ? 3 : 2);
  if (play == "ring")
    for (std::uint32_t w = 0; w < 3; ++w) plan->drawing.edges.push_back({w + 1, (w + 1) % 3 + 1});
  if (play == "other model") plan->parameters = 5;
  return plan;
}

inline std::unique_ptr<Actor> worker_of(const std::string& play, ActorId id) {
  if (play == "pull") return puller(300);
  if (play == "pull for ever") return puller(UINT64_MAX);
  if (play == "echo") return echoer(big);
  if (play == "odd") return echoer(5000);
  if (play == "die") return pid_teller();
  if (play == "mutiny") {
    auto toy = std::make_unique<Toy>();
    toy->begin = [](Context& context) {
      context.send(Plan::coordinator, StopRequested{"mutiny", 1});
      context.send(server, Stop{.at_once = true});
      context.send(Plan::coordinator, Finished{1});
    };
    return toy;
  }
  if (play == "ring") return runner(id, 3, 200);
  if (play == "throw") {
    auto toy = std::make_unique<Toy>();
    toy->begin = [](Context&) { throw UserError(ExitCode::data, "d.h5: segment 3 is damaged"); };
    return toy;
  }
  return std::make_unique<Toy>();
}

inline ClusterRequest play_on_nodes(const std::string& play, Ending& ending, Cast cast) {
  auto plan = plan_of(play == "no plan" || play == "other model" ? "" : play);
  auto request = toys::request(plan, ending, std::move(cast));
  request.nodes = play == "ring" ? 3 : 2;
  request.settings_text = play;
  request.node_command = {program(), std::string("-tc=") + serve, "--no-skip"};
  request.start_seconds = 20;
  request.lost_after_seconds = 5;  // a loaded machine is not a dead node
  return request;
}

inline Cast usual(std::uint32_t workers, std::vector<std::string>* lost = nullptr) {
  return [=](ActorId id) -> std::unique_ptr<Actor> {
    if (id == Plan::coordinator) return counter(workers, lost);
    return id == server ? mirror() : nullptr;
  };
}

inline bool has_children() { return waitpid(-1, nullptr, WNOHANG) != -1; }

}  // namespace troupe::toys
