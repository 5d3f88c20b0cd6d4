#include "datasets/text_source.hpp"

#include <fcntl.h>
#include <lzma.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "base/user_error.hpp"

namespace troupe {
namespace {

constexpr std::size_t piece = std::size_t{1} << 18;
constexpr std::size_t line_max = std::size_t{1} << 28;
constexpr std::uint64_t lzma_memory_max = std::uint64_t{1} << 28;

[[noreturn]] void refuse(const std::string& path, const std::string& what) {
  throw UserError(ExitCode::data, path + ": " + what);
}

/// The file as it is.
class RawFile final : public ByteSource {
 public:
  explicit RawFile(const std::string& path) : path_(path) {
    struct stat status {};
    descriptor_ = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor_ < 0 || fstat(descriptor_, &status) != 0)
      refuse(path, std::string("cannot be opened: ") + std::strerror(errno));
    if (!S_ISDIR(status.st_mode)) return;
    close(descriptor_);
    refuse(path, "is a folder, expected a file");
  }
  ~RawFile() override { close(descriptor_); }
  RawFile(const RawFile&) = delete;
  RawFile& operator=(const RawFile&) = delete;

  std::size_t read(std::span<char> out) override {
    ssize_t size = -1;
    do size = ::read(descriptor_, out.data(), out.size());
    while (size < 0 && errno == EINTR);
    if (size < 0) refuse(path_, std::string("cannot be read: ") + std::strerror(errno));
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

class XzFile final : public ByteSource {
 public:
  XzFile(const std::string& path, std::unique_ptr<ByteSource> raw)
      : path_(path), raw_(std::move(raw)), input_(piece) {
    if (lzma_stream_decoder(&stream_, lzma_memory_max, LZMA_CONCATENATED) != LZMA_OK)
      refuse(path, "cannot be decompressed: out of memory");
  }
  ~XzFile() override { lzma_end(&stream_); }
  XzFile(const XzFile&) = delete;
  XzFile& operator=(const XzFile&) = delete;

  std::size_t read(std::span<char> out) override {
    stream_.next_out = reinterpret_cast<std::uint8_t*>(out.data());
    stream_.avail_out = out.size();
    while (stream_.avail_out > 0 && !ended_) {
      if (stream_.avail_in == 0 && !input_ended_) {
        stream_.avail_in = raw_->read(input_);
        stream_.next_in = reinterpret_cast<const std::uint8_t*>(input_.data());
        input_ended_ = stream_.avail_in == 0;
      }
      const lzma_ret state = lzma_code(&stream_, input_ended_ ? LZMA_FINISH : LZMA_RUN);
      if (state == LZMA_STREAM_END)
        ended_ = true;
      else if (state != LZMA_OK)
        refuse(path_, explain(state));
    }
    return out.size() - stream_.avail_out;
  }
  std::uint64_t consumed() const override { return raw_->consumed(); }

 private:
  std::string explain(lzma_ret state) const {
    const std::string where = " after " + std::to_string(stream_.total_out) + " bytes of text";
    if (state == LZMA_MEMLIMIT_ERROR)
      return "needs more than 256 MiB to be decompressed; unpack it with `xz -d` first";
    if (state == LZMA_BUF_ERROR) return "xz data end too early" + where + "; copy the file again";
    return "xz data are damaged" + where + "; copy the file again";
  }

  std::string path_;
  std::unique_ptr<ByteSource> raw_;
  std::vector<char> input_;
  lzma_stream stream_ = LZMA_STREAM_INIT;
  bool input_ended_ = false;
  bool ended_ = false;
};

template <class Source>
std::unique_ptr<ByteSource> wrap(const std::string& path, std::unique_ptr<ByteSource> raw) {
  return std::make_unique<Source>(path, std::move(raw));
}

/// One line for each compression.
struct Compression {
  std::string_view magic;
  std::unique_ptr<ByteSource> (*open)(const std::string&, std::unique_ptr<ByteSource>);
};
constexpr std::string_view xz_magic{
    "\xfd"
    "7zXZ\0",
    6};
constexpr std::array<Compression, 1> compressions = {{{xz_magic, wrap<XzFile>}}};

}  // namespace

std::unique_ptr<ByteSource> open_bytes(const std::string& path) {
  auto raw = std::make_unique<RawFile>(path);
  const std::string_view head = raw->head();
  if (head.empty()) refuse(path, "is empty");
  for (const Compression& compression : compressions)
    if (head.starts_with(compression.magic)) return compression.open(path, std::move(raw));
  return raw;
}

void refuse_line(const std::string& path, std::uint64_t line, const std::string& what) {
  refuse(path + ":" + std::to_string(line), what);
}

LineReader::LineReader(const std::string& path)
    : path_(path), source_(open_bytes(path)), buffer_(2 * piece) {}

void LineReader::fail(const std::string& what) const { refuse_line(path_, line_, what); }

// Moves the unfinished line to the front and reads on behind it.
bool LineReader::fill() {
  if (ended_) return false;
  std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(begin_),
            buffer_.begin() + static_cast<std::ptrdiff_t>(end_), buffer_.begin());
  end_ -= begin_;
  begin_ = 0;
  if (buffer_.size() - end_ < piece) {
    if (buffer_.size() > line_max) {
      ++line_;
      fail("the line is longer than 256 MiB");
    }
    buffer_.resize(2 * buffer_.size());
  }
  const std::size_t size = source_->read(std::span(buffer_).subspan(end_));
  end_ += size;
  ended_ = size == 0;
  return !ended_;
}

bool LineReader::next(std::string_view& line) {
  std::size_t searched = 0;
  for (;;) {
    const char* start = buffer_.data() + begin_;
    const void* found = std::memchr(start + searched, '\n', end_ - begin_ - searched);
    if (found != nullptr) {
      line = {start, static_cast<std::size_t>(static_cast<const char*>(found) - start)};
      begin_ += line.size() + 1;
      break;
    }
    searched = end_ - begin_;
    if (fill()) continue;
    if (begin_ == end_) return false;
    line = {buffer_.data() + begin_, end_ - begin_};
    begin_ = end_;
    break;
  }
  ++line_;
  if (line.ends_with('\r')) line.remove_suffix(1);
  return true;
}

}  // namespace troupe
