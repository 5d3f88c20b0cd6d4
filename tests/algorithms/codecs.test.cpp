#include <doctest/doctest.h>

#include <algorithm>

#include "algorithms/codec.hpp"
#include "base/random.hpp"

namespace troupe {
CodecKind dense_codec();
CodecKind sparse_codec();
CodecKind changed_codec();
}  // namespace troupe

using namespace troupe;

namespace {

constexpr std::size_t size = 50;
const std::vector<CodecKind> codecs{dense_codec(), sparse_codec(), changed_codec()};

Accumulator random_sum(std::uint64_t n) {
  RandomStream stream(1, Purpose::test, n);
  Accumulator sum(size);
  for (int i = 0; i < 10; ++i)
    sum.add(static_cast<std::uint32_t>(stream.below(size)), static_cast<float>(stream.below(4)));
  return sum;
}

bool equal(const Accumulator& a, const Accumulator& b) {
  return std::ranges::equal(a.values(), b.values());
}

}  // namespace

TEST_CASE("codecs: what was encoded comes out bit for bit, message after message") {
  for (const CodecKind& kind : codecs) {
    CAPTURE(kind.kind.name);
    const auto sender = kind.make(Settings(), size);
    const auto receiver = kind.make(Settings(), size);
    for (std::uint64_t n = 0; n < 20; ++n) {
      const Accumulator sum = random_sum(n);
      Accumulator out(size);
      REQUIRE(receiver->decode({0, 3}, sender->encode({0, 3}, sum), out));
      CHECK(equal(out, sum));
    }
  }
}

TEST_CASE("codecs: decoding adds to what is there") {
  for (const CodecKind& kind : codecs) {
    CAPTURE(kind.kind.name);
    const Accumulator sum = random_sum(1);
    Accumulator out = random_sum(1);
    REQUIRE(
        kind.make(Settings(), size)->decode({}, kind.make(Settings(), size)->encode({}, sum), out));
    for (std::uint32_t i = 0; i < size; ++i) CHECK(out.at(i) == 2 * sum.at(i));
  }
}

TEST_CASE("codecs: a payload that does not fit is refused and adds nothing") {
  const std::vector<Payload> wrong{Payload{}, DenseValues{Block::zeros(size + 1).freeze()},
                                   SparseValues{.indices = {1, size}, .values = {1, 1}},
                                   SparseValues{.indices = {1}, .values = {}},
                                   ChangedValues{.fresh = true, .indices = {size}, .values = {1}}};
  for (const CodecKind& kind : codecs)
    for (const Payload& payload : wrong) {
      CAPTURE(kind.kind.name);
      Accumulator out(size);
      CHECK_FALSE(kind.make(Settings(), size)->decode({}, payload, out));
      CHECK(out.entries() == 0);
    }
}

TEST_CASE("changed: an entry that is zero again is sent once, one that stays is not sent") {
  const auto codec = changed_codec().make(Settings(), size);
  Accumulator sum(size);
  sum.add(3, 1.0F);
  sum.add(4, 2.0F);
  CHECK(std::get<ChangedValues>(codec->encode({}, sum)).indices.size() == 2);
  Accumulator next(size);
  next.add(4, 2.0F);
  const Payload second = codec->encode({}, next);
  const auto& changed = std::get<ChangedValues>(second);
  CHECK_FALSE(changed.fresh);
  CHECK(changed.indices == std::vector<std::uint32_t>{3});
  CHECK(changed.values == std::vector<float>{0.0F});
  CHECK(std::get<ChangedValues>(codec->encode({}, next)).indices.empty());
}

TEST_CASE("changed: slots of one edge are remembered apart") {
  const auto codec = changed_codec().make(Settings(), size);
  const Accumulator sum = random_sum(2);
  codec->encode({.level = 0, .index = 0}, sum);
  CHECK(std::get<ChangedValues>(codec->encode({.level = 1, .index = 0}, sum)).fresh);
}

TEST_CASE("sparse: as many entries as were touched") {
  const Accumulator sum = random_sum(3);
  const Payload payload = sparse_codec().make(Settings(), size)->encode({}, sum);
  CHECK(std::get<SparseValues>(payload).indices.size() == sum.touched().size());
}
