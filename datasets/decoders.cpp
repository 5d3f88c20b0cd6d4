#include "datasets/decoders.hpp"

#include <bzlib.h>
#include <isa-l/igzip_lib.h>
#include <lzma.h>

#include <algorithm>

#include "base/check.hpp"

namespace troupe {
namespace {

constexpr std::uint64_t lzma_memory_max = std::uint64_t{1} << 28;
// ISA-L and bzip2 count in unsigned int.
constexpr std::size_t most_at_once = std::size_t{1} << 30;

unsigned counted(std::size_t size) { return static_cast<unsigned>(std::min(size, most_at_once)); }

void move_on(Decoding& piece, std::size_t read, std::size_t written) {
  piece.in = piece.in.subspan(read);
  piece.out = piece.out.subspan(written);
}

class XzDecoder final : public Decoder {
 public:
  XzDecoder() {
    const lzma_ret made = lzma_stream_decoder(&stream_, lzma_memory_max, LZMA_CONCATENATED);
    TROUPE_CHECK(static_cast<int>(made), ==, static_cast<int>(LZMA_OK));
  }
  ~XzDecoder() override { lzma_end(&stream_); }
  XzDecoder(const XzDecoder&) = delete;
  XzDecoder& operator=(const XzDecoder&) = delete;
  const char* name() const override { return "xz"; }

  Decoded step(Decoding& piece) override {
    stream_.next_in = reinterpret_cast<const std::uint8_t*>(piece.in.data());
    stream_.avail_in = piece.in.size();
    stream_.next_out = reinterpret_cast<std::uint8_t*>(piece.out.data());
    stream_.avail_out = piece.out.size();
    const lzma_ret state = lzma_code(&stream_, piece.last ? LZMA_FINISH : LZMA_RUN);
    move_on(piece, piece.in.size() - stream_.avail_in, piece.out.size() - stream_.avail_out);
    if (state == LZMA_OK) return Decoded::going;
    if (state == LZMA_STREAM_END) return Decoded::ended;
    if (state == LZMA_MEMLIMIT_ERROR) return Decoded::too_large;
    return state == LZMA_BUF_ERROR ? Decoded::cut_short : Decoded::damaged;
  }
  void restart() override {}  // liblzma itself goes on to the next stream

 private:
  lzma_stream stream_ = LZMA_STREAM_INIT;
};

/// ISA-L's inflate, which takes a third of zlib's time. With `wrapper` ISAL_GZIP it
/// compares the checksum and length at the end of each member.
class InflateDecoder final : public Decoder {
 public:
  InflateDecoder(std::uint32_t wrapper, const char* name) : wrapper_(wrapper), name_(name) {
    restart();
  }
  const char* name() const override { return name_; }

  Decoded step(Decoding& piece) override {
    const unsigned in = counted(piece.in.size());
    const unsigned out = counted(piece.out.size());
    // ISA-L does not write to its input; its type is older than const.
    state_->next_in =
        const_cast<std::uint8_t*>(reinterpret_cast<const std::uint8_t*>(piece.in.data()));
    state_->avail_in = in;
    state_->next_out = reinterpret_cast<std::uint8_t*>(piece.out.data());
    state_->avail_out = out;
    const int answer = isal_inflate(state_.get());
    move_on(piece, in - state_->avail_in, out - state_->avail_out);
    if (answer != ISAL_DECOMP_OK) return Decoded::damaged;
    return state_->block_state == ISAL_BLOCK_FINISH ? Decoded::ended : Decoded::going;
  }
  void restart() override {
    isal_inflate_init(state_.get());
    state_->crc_flag = wrapper_;
  }

 private:
  std::uint32_t wrapper_;
  const char* name_;
  std::unique_ptr<inflate_state> state_ = std::make_unique<inflate_state>();
};

class Bzip2Decoder final : public Decoder {
 public:
  Bzip2Decoder() { start(); }
  ~Bzip2Decoder() override { BZ2_bzDecompressEnd(&stream_); }
  Bzip2Decoder(const Bzip2Decoder&) = delete;
  Bzip2Decoder& operator=(const Bzip2Decoder&) = delete;
  const char* name() const override { return "bzip2"; }

  Decoded step(Decoding& piece) override {
    const unsigned in = counted(piece.in.size());
    const unsigned out = counted(piece.out.size());
    stream_.next_in = const_cast<char*>(piece.in.data());
    stream_.avail_in = in;
    stream_.next_out = piece.out.data();
    stream_.avail_out = out;
    const int state = BZ2_bzDecompress(&stream_);
    move_on(piece, in - stream_.avail_in, out - stream_.avail_out);
    if (state == BZ_STREAM_END) return Decoded::ended;
    return state == BZ_OK ? Decoded::going : Decoded::damaged;
  }
  void restart() override {
    BZ2_bzDecompressEnd(&stream_);
    start();
  }

 private:
  void start() {
    stream_ = {};
    const int made = BZ2_bzDecompressInit(&stream_, 0, 0);
    TROUPE_CHECK(made, ==, BZ_OK);
  }
  bz_stream stream_{};
};

constexpr std::string_view xz_magic{
    "\xfd"
    "7zXZ\0",
    6};

}  // namespace

const std::vector<Compression>& compressions() {
  static const std::vector<Compression> all = {
      {xz_magic, []() -> std::unique_ptr<Decoder> { return std::make_unique<XzDecoder>(); }},
      {"\x1f\x8b",
       []() -> std::unique_ptr<Decoder> {
         return std::make_unique<InflateDecoder>(ISAL_GZIP, "gzip");
       }},
      {"BZh", []() -> std::unique_ptr<Decoder> { return std::make_unique<Bzip2Decoder>(); }}};
  return all;
}

std::unique_ptr<Decoder> deflate_decoder() {
  return std::make_unique<InflateDecoder>(ISAL_DEFLATE, "deflate");
}

}  // namespace troupe
