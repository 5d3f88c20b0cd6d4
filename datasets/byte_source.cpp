#include "datasets/byte_source.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "base/user_error.hpp"
#include "datasets/decoders.hpp"
#include "datasets/read_ahead.hpp"

namespace troupe {
namespace {

constexpr std::size_t piece = std::size_t{1} << 18;

/// The file as it is.
class RawFile final : public ByteSource {
 public:
  explicit RawFile(const std::string& path) : path_(path) {
    struct stat status {};
    descriptor_ = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor_ < 0 || fstat(descriptor_, &status) != 0)
      refuse_file(path, std::string("cannot be opened: ") + std::strerror(errno));
    if (!S_ISDIR(status.st_mode)) return;
    close(descriptor_);
    refuse_file(path, "is a folder, expected a file");
  }
  ~RawFile() override { close(descriptor_); }
  RawFile(const RawFile&) = delete;
  RawFile& operator=(const RawFile&) = delete;

  std::size_t read(std::span<char> out) override {
    ssize_t size = -1;
    do size = ::read(descriptor_, out.data(), out.size());
    while (size < 0 && errno == EINTR);
    if (size < 0) refuse_file(path_, std::string("cannot be read: ") + std::strerror(errno));
    consumed_ += static_cast<std::uint64_t>(size);
    return static_cast<std::size_t>(size);
  }
  std::uint64_t consumed() const override { return consumed_; }
  /// The first bytes, without moving on.
  std::string_view head() {
    const ssize_t size = pread(descriptor_, head_.data(), head_.size(), 0);
    return {head_.data(), size > 0 ? static_cast<std::size_t>(size) : 0};
  }

 private:
  std::string path_;
  int descriptor_ = -1;
  std::uint64_t consumed_ = 0;
  std::array<char, 8> head_{};
};

class PackedFile final : public ByteSource {
 public:
  PackedFile(std::string path, std::unique_ptr<ByteSource> raw, std::unique_ptr<Decoder> decoder)
      : path_(std::move(path)), raw_(std::move(raw)), decoder_(std::move(decoder)), input_(piece) {}

  std::size_t read(std::span<char> out) override {
    Decoding step;
    step.out = out;
    while (!step.out.empty() && !ended_) {
      refill();
      step.in = left_;
      step.last = input_ended_;
      const std::size_t before = step.out.size();
      const Decoded state = decoder_->step(step);
      total_ += before - step.out.size();
      const bool stuck = input_ended_ && step.in.empty() && step.out.size() == before;
      left_ = step.in;
      if (state == Decoded::ended)
        end_of_stream();
      else if (state != Decoded::going || stuck)
        refuse(state);
    }
    return out.size() - step.out.size();
  }
  std::uint64_t consumed() const override { return raw_->consumed(); }

 private:
  void refill() {
    if (!left_.empty() || input_ended_) return;
    const std::size_t size = raw_->read(input_);
    left_ = std::span<const char>(input_).first(size);
    input_ended_ = size == 0;
  }

  // Files put behind each other unpack to their texts behind each other.
  void end_of_stream() {
    refill();
    ended_ = left_.empty();
    if (!ended_) decoder_->restart();
  }

  [[noreturn]] void refuse(Decoded state) const {
    const std::string name = decoder_->name();
    const std::string where = " after " + std::to_string(total_) + " bytes of text";
    if (state == Decoded::too_large)
      refuse_file(path_, "needs more than 256 MiB to be decompressed; unpack it with `" + name +
                             " -d` first");
    if (state == Decoded::damaged)
      refuse_file(path_, name + " data are damaged" + where + "; copy the file again");
    refuse_file(path_, name + " data end too early" + where + "; copy the file again");
  }

  std::string path_;
  std::unique_ptr<ByteSource> raw_;
  std::unique_ptr<Decoder> decoder_;
  std::vector<char> input_;
  std::span<const char> left_;
  std::uint64_t total_ = 0;
  bool input_ended_ = false;
  bool ended_ = false;
};

}  // namespace

std::unique_ptr<ByteSource> open_bytes(const std::string& path, Unpacking unpacking) {
  auto raw = std::make_unique<RawFile>(path);
  const std::string_view head = raw->head();
  if (head.empty()) refuse_file(path, "is empty");
  for (const Compression& compression : compressions()) {
    if (!head.starts_with(compression.magic)) continue;
    return in_pieces(unpacked(path, std::move(raw), compression.make()), unpacking);
  }
  return raw;
}

std::unique_ptr<ByteSource> unpacked(const std::string& name, std::unique_ptr<ByteSource> packed,
                                     std::unique_ptr<Decoder> decoder) {
  return std::make_unique<PackedFile>(name, std::move(packed), std::move(decoder));
}

void refuse_file(const std::string& path, const std::string& what) {
  throw UserError(ExitCode::data, path + ": " + what);
}

BinaryReader::BinaryReader(const std::string& path)
    : BinaryReader(path, open_bytes(path, Unpacking::ahead)) {}

BinaryReader::BinaryReader(std::string path, std::unique_ptr<ByteSource> source)
    : path_(std::move(path)), source_(std::move(source)), buffer_(piece) {}

bool BinaryReader::fill() {
  begin_ = 0;
  end_ = source_->read(buffer_);
  return end_ > 0;
}

bool BinaryReader::at_end() { return begin_ == end_ && !fill(); }

void BinaryReader::read(std::span<char> out, const std::string& what) {
  while (!out.empty()) {
    if (at_end())
      refuse_file(path_, "ends at byte " + std::to_string(offset_) + ", expected " + what);
    const std::size_t size = std::min(out.size(), end_ - begin_);
    std::memcpy(out.data(), buffer_.data() + begin_, size);
    out = out.subspan(size);
    begin_ += size;
    offset_ += size;
  }
}

void BinaryReader::read(std::vector<char>& out, std::size_t size, const std::string& what) {
  for (std::size_t got = 0; got < size;) {
    const std::size_t more = std::min(size - got, std::max(out.size() - got, piece));
    if (out.size() < got + more) out.resize(got + more);
    read(std::span(out).subspan(got, more), what);
    got += more;
  }
}

void BinaryReader::fail(const std::string& what) const {
  refuse_file(path_, "at byte " + std::to_string(offset_) + ": " + what);
}

}  // namespace troupe
