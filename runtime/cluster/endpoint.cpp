#include "runtime/cluster/endpoint.hpp"

#include <caf/actor_system_config.hpp>
#include <caf/deserializer.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>
#include <caf/serializer.hpp>
#include <map>
#include <new>

#include "runtime/cluster/wire.hpp"

namespace troupe {

// A piece as bytes; CAF's own serialisation never sees what is inside.
struct PieceHead {
  std::uint32_t size;
  std::uint32_t credits;
  std::uint8_t kind;
  std::uint8_t last;
};

caf::error inspect(caf::serializer& sink, Piece& piece) {
  PieceHead head{static_cast<std::uint32_t>(piece.bytes.size()), piece.credits,
                 static_cast<std::uint8_t>(piece.kind), std::uint8_t{piece.last}};
  if (auto error = sink(head.size, head.credits, head.kind, head.last)) return error;
  if (head.size == 0) return caf::none;
  // The interface is shared with reading and so not const.
  return sink.apply_raw(head.size, const_cast<std::byte*>(piece.bytes.view().data()));
}

caf::error inspect(caf::deserializer& source, Piece& piece) {
  PieceHead head{};
  if (auto error = source(head.size, head.credits, head.kind, head.last)) return error;
  if (head.size > piece_bytes || head.last > 1 ||
      head.kind > static_cast<std::uint8_t>(Piece::Kind::acknowledgement))
    return caf::sec::malformed_basp_message;
  piece.kind = static_cast<Piece::Kind>(head.kind);
  piece.last = head.last == 1;
  piece.credits = head.credits;
  caf::error error;
  piece.bytes = Bytes::make(head.size, [&](std::span<std::byte> into) {
    if (head.size > 0) error = source.apply_raw(head.size, into.data());
  });
  return error;
}

namespace {

struct Link {
  PeerId peer = 0;
  caf::actor remote;
  std::shared_ptr<Credit> credit = std::make_shared<Credit>();
  Outbound outbound;
  Inbound inbound;
};

class Endpoint final : public caf::event_based_actor {
 public:
  Endpoint(caf::actor_config& config, std::function<void(EndpointEvent)> listener)
      : caf::event_based_actor(config), listener_(std::move(listener)) {
    set_down_handler([this](caf::down_msg& down) { lost(down); });
    set_default_handler(caf::drop);
  }

  caf::behavior make_behavior() override;
  const char* name() const override { return "troupe.endpoint"; }

 private:
  void take(const Piece& piece);
  void whole(Link& link, const Piece& piece);
  void deliver(Link& link, Parcel parcel);
  Link& adopt(PeerId peer, const caf::actor& remote);
  Link* link_to(PeerId peer);
  Link* link_of_sender();
  void say(const Link& link, const Handshake& sentence);
  void flush(Link& link);
  void settle(Link& link);
  void lost(const caf::down_msg& down);
  void break_off(Link& link, const std::string& detail);

  std::function<void(EndpointEvent)> listener_;
  std::shared_ptr<Process> process_;
  std::map<caf::actor_addr, Link> links_;
  PeerId next_visitor_ = first_visitor;
};

caf::behavior Endpoint::make_behavior() {
  return {
      [this](const Piece& piece) { take(piece); },
      [this](Shipment& shipment) {
        Link* link = link_to(shipment.process);
        if (link == nullptr) return;  // lost: the coordinator has been told
        link->outbound.push(shipment.control, std::move(shipment.bytes));
        flush(*link);
      },
      [this](const Settle&) {
        for (auto& [address, link] : links_) settle(link);
      },
      [this](const Adopt& order) { adopt(order.peer, order.remote); },
      [this](const Bind& order) {
        if (Link* link = link_to(order.visitor)) link->peer = order.peer;
      },
      [this](const Tell& order) {
        if (const Link* link = link_to(order.peer)) say(*link, order.sentence);
      },
      [this](const Attach& order) { process_ = order.process; },
      [this](const Drop& order) {
        if (Link* link = link_to(order.peer)) {
          demonitor(link->remote);
          links_.erase(link->remote.address());
        }
      },
      [this](const Quit&) {
        links_.clear();
        process_.reset();
        quit();
      },
  };
}

void Endpoint::take(const Piece& piece) {
  Link* link = link_of_sender();
  if (link == nullptr) {
    const auto remote = caf::actor_cast<caf::actor>(current_sender());
    if (!remote || piece.kind != Piece::Kind::handshake) return;
    link = &adopt(next_visitor_++, remote);
  }
  if (piece.kind == Piece::Kind::acknowledgement) {
    link->outbound.acknowledged(piece.credits);
    flush(*link);
  } else if (piece.kind == Piece::Kind::handshake) {
    auto sentence = decode_handshake(piece.bytes);
    if (auto* said = std::get_if<Handshake>(&sentence))
      listener_(Heard{link->peer, std::move(*said)});
    else
      break_off(*link, "malformed handshake: " + std::get<Malformed>(sentence).why);
  } else {
    switch (link->inbound.take(piece)) {
      case Inbound::State::more:
        if (link->credit->add()) settle(*link);
        return;
      case Inbound::State::whole:
        whole(*link, piece);
        return;
      case Inbound::State::too_long:
        break_off(*link, "a message of more than " + std::to_string(message_bytes_max) + " bytes");
    }
  }
}

void Endpoint::whole(Link& link, const Piece& piece) {
  const std::vector<Bytes> pieces = link.inbound.message(piece.kind);
  std::variant<Envelope, Malformed> message;
  try {
    message = decode(pieces);
  } catch (const std::bad_alloc&) {
    message = Malformed{"no memory left for it"};
  }
  if (auto* envelope = std::get_if<Envelope>(&message)) {
    Parcel parcel;
    parcel.envelope = std::move(*envelope);
    parcel.credit = link.credit;
    deliver(link, std::move(parcel));
  } else {
    break_off(link, "malformed message: " + std::get<Malformed>(message).why);
  }
}

// Whoever sends for an actor that does not live where it says gets nowhere.
void Endpoint::deliver(Link& link, Parcel parcel) {
  if (process_ && receives(*process_, link.peer, parcel.envelope))
    caf::anon_send(process_->place_of[parcel.envelope.to], std::move(parcel));
  else if (link.credit->add())
    settle(link);
}

Link& Endpoint::adopt(PeerId peer, const caf::actor& remote) {
  Link& link = links_[remote.address()];
  link.peer = peer;
  link.remote = remote;
  monitor(remote);
  return link;
}

Link* Endpoint::link_to(PeerId peer) {
  for (auto& [address, link] : links_)
    if (link.peer == peer) return &link;
  return nullptr;
}

Link* Endpoint::link_of_sender() {
  const auto found = links_.find(caf::actor_cast<caf::actor_addr>(current_sender()));
  return found == links_.end() ? nullptr : &found->second;
}

void Endpoint::say(const Link& link, const Handshake& sentence) {
  Piece piece;
  piece.bytes = encode_handshake(sentence);
  send(link.remote, std::move(piece));
}

void Endpoint::flush(Link& link) {
  while (auto piece = link.outbound.next()) send(link.remote, std::move(*piece));
}

void Endpoint::settle(Link& link) {
  Piece piece;
  piece.kind = Piece::Kind::acknowledgement;
  piece.credits = link.credit->take();
  if (piece.credits > 0) send(link.remote, std::move(piece));
}

void Endpoint::lost(const caf::down_msg& down) {
  const auto found = links_.find(down.source);
  if (found == links_.end()) return;
  const PeerId peer = found->second.peer;
  links_.erase(found);
  listener_(LinkLost{peer, "gave no sign of life"});
}

// Our side of a peer that does not keep to the rules.
void Endpoint::break_off(Link& link, const std::string& detail) {
  const PeerId peer = link.peer;
  demonitor(link.remote);
  links_.erase(link.remote.address());
  listener_(LinkLost{peer, detail});
}

}  // namespace

caf::actor spawn_endpoint(caf::actor_system& system, std::function<void(EndpointEvent)> listener) {
  return system.spawn<Endpoint>(std::move(listener));
}

void add_piece_type(caf::actor_system_config& config) {
  config.add_message_type<Piece>("troupe.piece");
}

}  // namespace troupe
