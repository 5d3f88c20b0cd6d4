#include "messages/payload.hpp"

#include "messages/visit.hpp"

namespace troupe {

std::size_t payload_bytes(const Payload& payload) {
  return std::visit(Overload{[](std::monostate) { return std::size_t{0}; },
                             [](const DenseValues& dense) { return dense.values.size() * 4; },
                             [](const AlignedValues& aligned) { return aligned.values.size() * 4; },
                             [](const ListedValues& listed) { return listed.values.size() * 8; },
                             [](const auto& listed) { return listed.indices.size() * 8; }},
                    payload);
}

}  // namespace troupe
