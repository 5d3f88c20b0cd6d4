#include "runtime/cluster/data_client.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include "base/user_error.hpp"
#include "messages/visit.hpp"
#include "runtime/cluster/endpoint.hpp"

namespace troupe {

/// One conversation at a time: questions out, answers in, in order.
class DataClient::Line {
 public:
  Line(caf::actor_system& system, const Peer& peer) : peer_(peer), self_(system) {
    self_->monitor(peer_.server);
  }

  void ask(const PartWanted& wanted) {
    Piece piece;
    piece.kind = Piece::Kind::data;
    piece.bytes = encode_wanted(wanted);
    self_->send(peer_.server, std::move(piece));
  }
  /// `what`: "segment 3", for the line that says what did not come.
  PartSent answer(const std::string& what);
  void hang_up() { caf::anon_send(caf::actor_cast<caf::actor>(self_), Quit{}); }
  [[noreturn]] void fail(const std::string& what, const std::string& why) const {
    throw UserError(ExitCode::cluster, fmt::format("{} of the data: {} {}", what, peer_.name, why));
  }

 private:
  const Peer& peer_;
  caf::scoped_actor self_;
};

PartSent DataClient::Line::answer(const std::string& what) {
  std::optional<Bytes> bytes;
  std::string why;
  self_->receive([&](const Piece& piece) { bytes = piece.bytes; },
                 [&](const caf::down_msg&) { why = "is gone; start the run again"; },
                 [&](const Quit&) { why = "has ended the run"; },
                 caf::after(peer_.patience) >>
                     [&] {
                       why = fmt::format(
                           "did not send it for {:g} s (data.timeout); look at its load "
                           "and its disk",
                           std::chrono::duration<double>(peer_.patience).count());
                     });
  if (!bytes) fail(what, why);
  auto part = decode_part(*bytes);
  if (auto* sent = std::get_if<PartSent>(&part)) return std::move(*sent);
  if (const auto* refused = std::get_if<PartRefused>(&part))
    throw UserError(refused->exit_code == 3 ? ExitCode::data : ExitCode::cluster,
                    fmt::format("{} refuses {}: {}", peer_.name, what, refused->line));
  fail(what, "sent a malformed part: " + std::get<Malformed>(part).why);
}

/// A line that goes back when all went well; after an error, with answers that may
/// still come, it is given up.
class DataClient::Borrowed {
 public:
  explicit Borrowed(DataClient& client) : client_(client) {
    const std::lock_guard lock(client_.mutex_);
    if (client_.closed_)
      throw UserError(ExitCode::cluster, client_.peer_.name + " has ended the run");
    if (client_.idle_.empty()) {
      line_ = std::make_unique<Line>(client_.system_, client_.peer_);
    } else {
      line_ = std::move(client_.idle_.back());
      client_.idle_.pop_back();
    }
    client_.busy_.push_back(line_.get());
  }
  Borrowed(const Borrowed&) = delete;
  Borrowed& operator=(const Borrowed&) = delete;
  ~Borrowed() {
    const std::lock_guard lock(client_.mutex_);
    std::erase(client_.busy_, line_.get());
    if (good_ && !client_.closed_) client_.idle_.push_back(std::move(line_));
  }
  Line* operator->() const { return line_.get(); }
  void all_went_well() { good_ = true; }

 private:
  DataClient& client_;
  std::unique_ptr<Line> line_;
  bool good_ = false;
};

DataClient::DataClient(caf::actor_system& system, Peer peer)
    : system_(system), peer_(std::move(peer)) {}

DataClient::~DataClient() { close(); }

void DataClient::close() {
  std::vector<std::unique_ptr<Line>> idle;
  const std::lock_guard lock(mutex_);
  closed_ = true;
  idle.swap(idle_);
  for (Line* line : busy_) line->hang_up();
}

Manifest DataClient::manifest() {
  const std::string what = "the manifest";
  Borrowed line(*this);
  std::vector<std::byte> image;
  std::uint64_t total = 0;
  do {
    const PartWanted wanted{0, whole_manifest, image.size()};
    line->ask(wanted);
    const PartSent sent = line->answer(what);
    const bool fits = sent.wanted == wanted && (image.empty() || sent.total == total) &&
                      sent.total <= manifest_bytes_max && sent.bytes.size() > 0;
    if (!fits) line->fail(what, "sent parts that do not fit together");
    total = sent.total;
    image.insert(image.end(), sent.bytes.view().begin(), sent.bytes.view().end());
  } while (image.size() < total);
  line.all_went_well();
  auto decoded = decode_manifest(Bytes::make(
      image.size(), [&](std::span<std::byte> into) { std::ranges::copy(image, into.begin()); }));
  if (const auto* wrong = std::get_if<Malformed>(&decoded))
    line->fail(what, "sent a malformed one: " + wrong->why);
  return std::get<Manifest>(std::move(decoded));
}

void DataClient::fetch(const Manifest& manifest, std::span<const SegmentOrder> orders,
                       const std::function<void(const SegmentOrder&)>& arrived) {
  Borrowed line(*this);
  PartWindow window(manifest, orders);
  const auto ask = [&] {
    while (const auto wanted = window.next()) line->ask(*wanted);
  };
  ask();
  while (!window.done()) {
    const std::string what = fmt::format("segment {}", window.segment());
    const PartWindow::Taken taken = window.take(line->answer(what));
    if (!taken.wrong.empty()) line->fail(what, "sent " + taken.wrong);
    ask();
    if (taken.whole != nullptr) arrived(*taken.whole);
  }
  line.all_went_well();
}

}  // namespace troupe
