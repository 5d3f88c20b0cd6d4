/// How a node comes to an agreement with the starting process about who acts, at first and
/// after each swap. It plays nobody before the other says so.
#include <fmt/format.h>

#include <algorithm>
#include <caf/send.hpp>
#include <cmath>

#include "base/cpu_level.hpp"
#include "base/user_error.hpp"
#include "messages/visit.hpp"
#include "runtime/cluster/node.hpp"

namespace troupe {
namespace {

std::shared_ptr<const Plan> begun_with(const Plan& plan, Handover left) {
  const auto copy = std::make_shared<Plan>(plan);
  copy->opening = std::make_shared<const Handover>(std::move(left));
  return copy;
}

}  // namespace

void ServingNode::hear(PeerId peer, const Handshake& sentence) {
  if (peer != coordinator && !std::holds_alternative<Hello>(sentence)) return;
  std::visit(Overload{[&](const Welcome& welcome) { on(welcome); },
                      [&](const Placement& placement) { on(placement); },
                      [&](const Hello& hello) { on(peer, hello); },
                      [&](const Start&) {
                        if (!stage_) return;
                        begun_ = true;
                        stage_->begin();
                        if (leaving_) tell(coordinator, Leaving{});
                      },
                      [&](const Leave&) {
                        exit_ = static_cast<int>(ExitCode::done);
                        if (request_.log) request_.log("the run is over");
                      },
                      [&](const Moved& moved) { on(moved); },
                      [&](const Numbers& some) {
                        numbers_.insert(numbers_.end(), some.values.begin(), some.values.end());
                      },
                      [&](const Redraw& redraw) { on(redraw); },
                      [&](const Declined& declined) {
                        exit_ = declined.exit_code;
                        last_line_ = "troupe node: " + declined.line;
                      },
                      [](const auto&) {}},
             sentence);
}

void ServingNode::on(const Welcome& welcome) {
  auto [plan, pace] = request_.assemble(welcome.settings_text, data_of(welcome));
  process_->plan = welcome.graph_epoch > 0 ? begun_with(*plan, welcome.left) : std::move(plan);
  process_->graph_epoch = welcome.graph_epoch;
  process_->pace = std::move(pace);
  process_->run = welcome.run;
  process_->mine = welcome.process;
  process_->endpoint = endpoint_;
  if (request_.log)
    request_.log(fmt::format("joined {} as node {}", request_.join, welcome.process));
  plane_->admit({welcome.secret_first, welcome.secret_second}, process_->mine);
  ready();
}

void ServingNode::ready() {
  const Plan& plan = *process_->plan;
  Ready ready;
  ready.manifest_crc32c = plan.data ? plan.data->facts().manifest_crc32c : 0;
  ready.parameters = plan.parameters;
  ready.actors = plan.actors();
  ready.graph_epoch = process_->graph_epoch;
  ready.drawing_crc32c = fingerprint(plan);
  tell(coordinator, ready);
}

// Those that were here rest; what they still have under way is for nobody.
void ServingNode::on(const Redraw& redraw) {
  if (!stage_ || !request_.assemble_again) return;
  stage_.reset();
  Handover left = redraw.left;
  const std::vector<float> numbers = std::exchange(numbers_, {});
  if (numbers.size() != redraw.model + redraw.memory)
    throw UserError(ExitCode::cluster, "other actors came without the model that they begin with");
  const std::span<const float> all(numbers);
  left.model = Block::copy_of(all.first(redraw.model)).freeze();
  left.memory = Block::copy_of(all.subspan(redraw.model)).freeze();
  const auto process = std::make_shared<Process>();
  process->plan =
      begun_with(*request_.assemble_again(redraw.settings_text, *process_->plan), std::move(left));
  process->pace = process_->pace;
  process->run = process_->run;
  process->graph_epoch = redraw.graph_epoch;
  process->mine = process_->mine;
  process->endpoint = endpoint_;
  process->data = process_->data;
  process->retired = process_->retired;
  process->first_refused = process_->first_refused;
  process->start = process_->start;
  process->stale = process_->stale.load();
  process_ = process;
  connected_ = false;
  ready();
}

NodeData ServingNode::data_of(const Welcome& welcome) {
  NodeData data;
  data.news = [this](const DataReport& report) {
    tell(coordinator, Told{report.what, report.detail, report.sum});
    const std::string line = report.what + ": " + report.detail;
    const std::lock_guard lock(news_mutex_);
    if (report.sum)
      last_sum_ = line;
    else if (request_.log)
      request_.log(line);
  };
  if (!welcome.serves) return data;
  data.connect = [this](double patience_seconds) {
    data_ = std::make_shared<DataClient>(
        system_, DataClient::Peer{
                     .server = reach(start_, Errand::segments, connect_time).actor,
                     .name = "the coordinator at " + request_.join,
                     .patience = std::chrono::milliseconds(std::llround(patience_seconds * 1000))});
    return data_;
  };
  return data;
}

// Of two nodes with an edge between them the later one connects to the earlier.
void ServingNode::on(const Placement& placement) {
  if (!process_->plan) return;
  use_cpu_level(static_cast<CpuLevel>(placement.cpu_level));
  process_->processes = placement.processes;
  residents_ = std::ranges::count(placement.processes, process_->mine);
  const std::uint32_t holder = server_of(*process_->plan, placement.processes);
  const std::vector<std::uint32_t> holders = servers_of(*process_->plan, placement.processes);
  holds_model_ = std::ranges::count(holders, process_->mine) > 0;
  if (holder != coordinator) grace_ = duration_of(placement.grace_seconds);
  stage_.emplace(system_, process_, request_.make);
  at_work_.set(process_);
  caf::anon_send(endpoint_, Attach{process_});
  for (const std::uint32_t other :
       neighbours(*process_->plan, placement.processes, process_->mine)) {
    if (dialled_.contains(other)) continue;
    if (other > process_->mine) {
      awaited_.insert(other);
      continue;
    }
    const Address address =
        other == coordinator ? start_ : address_of("node's address", placement.addresses.at(other));
    plane_->connect(other, address, connect_time);
    dialled_.insert(other);
    if (other == coordinator) continue;
    caf::anon_send(endpoint_, Adopt{other, reach(address, Errand::control, connect_time).actor});
    tell(other, Hello{process_->run, process_->mine});
  }
  settle_in();
}

void ServingNode::on(PeerId visitor, const Hello& hello) {
  if (hello.run != process_->run || visitor < first_visitor) return;
  caf::anon_send(endpoint_, Bind{visitor, hello.process});
  visited_.insert(hello.process);
  settle_in();
}

// Somebody new lives where another one did, whose process is not heard any more.
void ServingNode::on(const Moved& moved) {
  if (moved.gone != 0) {
    plane_->drop(moved.gone);
    caf::anon_send(endpoint_, Drop{moved.gone});
  }
  for (const ActorId actor : moved.actors)
    if (actor < process_->processes.size()) process_->processes.move(actor, moved.process);
}

void ServingNode::settle_in() {
  if (!stage_ || connected_) return;
  if (!std::ranges::includes(visited_, awaited_)) return;
  connected_ = true;
  tell(coordinator, Connected{});
}

}  // namespace troupe
