/// A gate of our own: everybody goes on at once, but never more than `length` steps
/// ahead of the slowest. It keeps nobody for longer than that.
#include <algorithm>
#include <map>

#include "kinds.hpp"

namespace {

class Leash : public troupe::Gate {
 public:
  explicit Leash(std::uint64_t length) : length_(length) {}

  void enter(std::uint32_t partition, std::uint64_t step) override { next_[partition] = step; }

  troupe::Verdict arrive(std::uint32_t partition, std::uint64_t step) override {
    next_[partition] = step + 1;
    held_[partition] = step + 1;
    return {.merge = true, .released = release()};
  }

  troupe::Verdict leave(std::uint32_t partition) override {
    next_.erase(partition);
    held_.erase(partition);
    return {.merge = false, .released = release()};
  }

 private:
  std::vector<std::uint32_t> release() {
    std::uint64_t slowest = UINT64_MAX;
    for (const auto& [partition, step] : next_) slowest = std::min(slowest, step);
    std::vector<std::uint32_t> released;
    std::erase_if(held_, [&](const auto& entry) {
      const bool goes = entry.second <= slowest + length_;
      if (goes) released.push_back(entry.first);
      return goes;
    });
    return released;
  }

  std::uint64_t length_;
  std::map<std::uint32_t, std::uint64_t> next_;  ///< step that each partition takes next
  std::map<std::uint32_t, std::uint64_t> held_;  ///< those of them that wait
};

}  // namespace

troupe::GateKind leash() {
  return {.kind = {.name = "leash",
                   .sentence = "nobody gets further ahead of the slowest than the leash is long",
                   .keys = {{.path = "length",
                             .type = troupe::KeyType::integer,
                             .unit = "steps",
                             .minimum = 0,
                             .standard = troupe::Value{std::int64_t{2}},
                             .sentence = "Steps that the fastest may be ahead of the slowest."}}},
          .rounds = false,
          .make = [](const troupe::Settings& settings) {
            return std::make_unique<Leash>(
                static_cast<std::uint64_t>(settings.integer("training.leash.length")));
          }};
}
