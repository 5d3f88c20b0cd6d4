#include "runtime/cluster/data_server.hpp"

#include <fmt/format.h>

#include <caf/blocking_actor.hpp>
#include <caf/others.hpp>
#include <caf/send.hpp>
#include <list>

#include "base/user_error.hpp"
#include "messages/visit.hpp"
#include "runtime/cluster/data_wire.hpp"
#include "runtime/cluster/endpoint.hpp"

namespace troupe {
namespace {

// Not event-based: CAF keeps the thread of such a one until the last reference to it
// is gone, and one that is published may never be let go.
class DataServer final : public caf::blocking_actor {
 public:
  DataServer(caf::actor_config& config, std::shared_ptr<const FileDataset> set,
             std::size_t segments_kept)
      : caf::blocking_actor(config), set_(std::move(set)), segments_kept_(segments_kept) {}

  void act() override {
    bool serving = true;
    receive_while(serving)([this](const Piece& piece) { take(piece); },
                           [&](const Quit&) { serving = false; },
                           caf::others >> [](caf::message_view&) -> caf::result<caf::message> {
                             return caf::sec::unexpected_message;
                           });
    recent_.clear();
    set_.reset();
  }
  const char* name() const override { return "troupe.data"; }

 private:
  struct Recent {
    std::size_t number = 0;
    FileDataset::Segment segment;
  };

  void take(const Piece& piece) {
    const auto asker = caf::actor_cast<caf::actor>(current_sender());
    if (!asker || piece.kind != Piece::Kind::data) return;
    Piece answer;
    answer.kind = Piece::Kind::data;
    const auto said = decode_wanted(piece.bytes);
    if (const auto* wanted = std::get_if<PartWanted>(&said))
      answer.bytes = answer_to(*wanted);
    else
      answer.bytes = encode_refused({std::get<Malformed>(said).why, 4});
    send(asker, std::move(answer));
  }

  Bytes answer_to(const PartWanted& wanted) {
    try {
      if (wanted.segment == whole_manifest) {
        if (manifest_.size() == 0) manifest_ = encode_manifest(set_->manifest());
        const std::span<const std::byte> image[] = {manifest_.view()};
        return part_of(wanted, manifest_.size(), image);
      }
      const std::uint32_t mine = set_->facts().manifest_crc32c;
      if (wanted.manifest_crc32c != mine)
        return encode_refused({fmt::format("{}: data with manifest {:08x} was asked for, this "
                                           "process serves {:08x}",
                                           set_->facts().path, wanted.manifest_crc32c, mine),
                               4});
      if (wanted.segment >= set_->segments().size())
        return encode_refused(
            {fmt::format("{}: there is no segment {}", set_->facts().path, wanted.segment), 4});
      const SegmentBytes& bytes = segment(wanted.segment).bytes;
      const std::span<const std::byte> image[] = {
          std::as_bytes(bytes.label), std::as_bytes(bytes.offsets), std::as_bytes(bytes.index),
          std::as_bytes(bytes.value)};
      return part_of(wanted, image_bytes(set_->manifest(), wanted.segment), image);
    } catch (const UserError& error) {
      return encode_refused({error.what(), static_cast<std::int32_t>(error.code())});
    }
  }

  static Bytes part_of(const PartWanted& wanted, std::uint64_t total,
                       std::span<const std::span<const std::byte>> image) {
    if (wanted.offset > total)
      return encode_refused(
          {fmt::format("segment {} has no byte {}", wanted.segment, wanted.offset), 4});
    return encode_sent(wanted, image);
  }

  // The ones asked for last stay in memory: parts of one come in a row.
  const FileDataset::Segment& segment(std::size_t number) {
    for (auto at = recent_.begin(); at != recent_.end(); ++at) {
      if (at->number != number) continue;
      recent_.splice(recent_.begin(), recent_, at);
      return recent_.front().segment;
    }
    recent_.push_front({number, set_->segment(number)});
    if (recent_.size() > segments_kept_) recent_.pop_back();
    return recent_.front().segment;
  }

  std::shared_ptr<const FileDataset> set_;
  std::size_t segments_kept_;
  std::list<Recent> recent_;
  Bytes manifest_;
};

}  // namespace

caf::actor spawn_data_server(caf::actor_system& system, std::shared_ptr<const FileDataset> set,
                             std::uint32_t askers) {
  // Each may be at the end of one segment and the beginning of the next.
  return system.spawn<DataServer, caf::detached>(std::move(set), std::size_t{askers} * 2);
}

}  // namespace troupe
