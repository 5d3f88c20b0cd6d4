#include "messages/condition.hpp"

#include <array>

#include "messages/visit.hpp"

namespace troupe {

std::size_t message_bytes(const Message& message) {
  const auto of_model = [](const SharedBlock& model) { return model.size() * sizeof(float); };
  return std::visit(Overload{[](const Push& push) {
                               std::size_t sum = 0;
                               for (const Contribution& part : push.contributions)
                                 sum += payload_bytes(part.payload);
                               for (const Wish& wish : push.wishes)
                                 sum += wish.features.size() * sizeof(std::uint32_t);
                               return sum;
                             },
                             [](const Parameters& said) { return payload_bytes(said.payload); },
                             [&](const PeerState& peer) { return of_model(peer.state); },
                             [&](const Tally& tally) { return of_model(tally.state); },
                             [&](const Evaluate& order) { return of_model(order.model); },
                             [&](const Final& final) { return of_model(final.model); },
                             [&](const Segment& part) {
                               return of_model(part.values) +
                                      part.sums.size() * sizeof(std::int64_t);
                             },
                             [](const Deposit& deposit) {
                               std::size_t sum = 0;
                               for (const Payload& part : deposit.payloads)
                                 sum += payload_bytes(part);
                               return sum;
                             },
                             [&](const Slice& slice) { return of_model(slice.values); },
                             [](const auto&) { return std::size_t{0}; }},
                    message);
}

const char* name_of_happening(std::uint8_t what) {
  static constexpr std::array names = {
      "lease",     "pull",           "push",   "parameters", "progress", "evaluate", "evaluated",
      "proceed",   "stop",           "final",  "finish",     "finished", "failed",   "refused",
      "lost",      "stop requested", "notice", "peer state", "received", "tally",    "leaving",
      "joined",    "segment",        "merged", "outlook",    "advice",   "fence",    "deposit",
      "deposited", "order",          "slice"};
  static_assert(names.size() == std::variant_size_v<Message>);
  if (what == Happening::woken) return "woken";
  return what < names.size() ? names[what] : "a message";
}

}  // namespace troupe
