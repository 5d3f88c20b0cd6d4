/// What a node is served, and what it may ask for: decoding either gives a reason, or
/// something that is written again as the same bytes. A manifest that holds together
/// can be loaded from, whatever its numbers.
#include <cstring>

#include "base/check.hpp"
#include "base/user_error.hpp"
#include "datasets/file_dataset.hpp"
#include "runtime/cluster/data_wire.hpp"

using namespace troupe;

namespace {

bool same(const Bytes& a, const Bytes& b) {
  return a.size() == b.size() && std::memcmp(a.view().data(), b.view().data(), a.size()) == 0;
}

/// Serves bytes that nobody vouched for.
class Noise final : public SegmentFetcher {
 public:
  Noise(Manifest manifest, Bytes bytes)
      : manifest_(std::move(manifest)), bytes_(std::move(bytes)) {}
  const std::string& from() const override { return from_; }
  Manifest manifest() override { return manifest_; }
  void fetch(const Manifest& manifest, std::span<const SegmentOrder> orders,
             const std::function<void(const SegmentOrder&)>& arrived) override {
    PartWindow window(manifest, orders);
    while (const auto wanted = window.next()) {
      const std::span<const std::byte> image[] = {bytes_.view()};
      if (wanted->offset > bytes_.size()) break;
      const auto part = decode_part(encode_sent(*wanted, image));
      const auto taken = window.take(std::get<PartSent>(part));
      if (!taken.wrong.empty()) throw UserError(ExitCode::cluster, taken.wrong);
      if (taken.whole != nullptr) arrived(*taken.whole);
    }
  }

 private:
  std::string from_ = "noise";
  Manifest manifest_;
  Bytes bytes_;
};

void load(Manifest manifest, const Bytes& bytes) {
  // Right but for its checksum: the worst that a coordinator can send.
  if (manifest.facts.rows > 1000 || manifest.facts.features > 1000) return;
  manifest.facts.manifest_crc32c = checksum(manifest);
  try {
    Serving serving;
    serving.fetcher = std::make_shared<Noise>(manifest, bytes);
    const auto set = open_file_dataset(serve_segments(std::move(serving)));
    set->load({0, set->facts().rows});
  } catch (const UserError&) {
    return;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes bytes = Bytes::make(size, [&](std::span<std::byte> to) {
    if (size > 0) std::memcpy(to.data(), data, size);
  });
  const auto wanted = decode_wanted(bytes);
  if (const auto* one = std::get_if<PartWanted>(&wanted))
    TROUPE_CHECK(same(encode_wanted(*one), bytes), ==, true);
  const auto part = decode_part(bytes);
  if (const auto* one = std::get_if<PartRefused>(&part))
    TROUPE_CHECK(same(encode_refused(*one), bytes), ==, true);
  if (const auto* one = std::get_if<PartSent>(&part))
    TROUPE_CHECK(one->wanted.offset + one->bytes.size(), <=, one->total);
  auto manifest = decode_manifest(bytes);
  if (auto* one = std::get_if<Manifest>(&manifest)) {
    TROUPE_CHECK(same(encode_manifest(*one), bytes), ==, true);
    load(std::move(*one), bytes);
  }
  return 0;
}
