#include "datasets/zip_archive.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "datasets/decoders.hpp"
#include "datasets/element_type.hpp"
#include "datasets/text_source.hpp"

namespace troupe {
namespace {

constexpr std::size_t end_bytes = 22;
constexpr std::size_t comment_max = 65535;
constexpr std::size_t wide_locator_bytes = 20;
constexpr std::size_t wide_end_bytes = 56;
constexpr std::size_t entry_bytes = 46;
constexpr std::size_t local_bytes = 30;
constexpr std::uint64_t directory_max = std::uint64_t{1} << 24;
constexpr std::uint32_t stored = 0;
constexpr std::uint32_t deflated = 8;

std::uint64_t little(const char* bytes, std::size_t size) {
  std::uint64_t value = 0;
  for (std::size_t i = size; i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[i]);
  return value;
}

}  // namespace

/// Any part of the file by its place.
class ZipArchive::Parts {
 public:
  explicit Parts(const std::string& path) : path_(path) {
    open_bytes(path);  // says what every format says: missing, empty, a folder
    struct stat status {};
    descriptor_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor_ < 0 || fstat(descriptor_, &status) != 0)
      refuse_file(path, std::string("cannot be opened: ") + std::strerror(errno));
    size_ = static_cast<std::uint64_t>(status.st_size);
  }
  ~Parts() { close(descriptor_); }
  Parts(const Parts&) = delete;
  Parts& operator=(const Parts&) = delete;

  std::uint64_t size() const { return size_; }

  std::size_t read_some(std::uint64_t offset, std::span<char> out) const {
    ssize_t size = -1;
    do size = pread(descriptor_, out.data(), out.size(), static_cast<off_t>(offset));
    while (size < 0 && errno == EINTR);
    if (size < 0) refuse_file(path_, std::string("cannot be read: ") + std::strerror(errno));
    return static_cast<std::size_t>(size);
  }

  std::string read(std::uint64_t offset, std::uint64_t size, const char* what) const {
    if (offset > size_ || size > size_ - offset)
      refuse_file(path_, std::string("is no whole ZIP archive: ") + what +
                             " lies beyond its end at byte " + std::to_string(size_));
    std::string bytes(size, '\0');
    for (std::size_t got = 0; got < size;) {
      const std::size_t more = read_some(offset + got, std::span(bytes).subspan(got));
      if (more == 0) refuse_file(path_, "became shorter while it was read");
      got += more;
    }
    return bytes;
  }

 private:
  std::string path_;
  int descriptor_ = -1;
  std::uint64_t size_ = 0;
};

namespace {

/// Where the directory lies.
struct Directory {
  std::uint64_t entries = 0;
  std::uint64_t bytes = 0;
  std::uint64_t offset = 0;
};

// Sizes that do not fit into 32 bits stand in an extra field, in this order.
void widen(ZipMember& member, std::string_view extra) {
  while (extra.size() >= 4) {
    const std::uint64_t kind = little(extra.data(), 2);
    const std::uint64_t size =
        std::min<std::uint64_t>(little(extra.data() + 2, 2), extra.size() - 4);
    std::string_view field = extra.substr(4, size);
    extra.remove_prefix(4 + size);
    if (kind != 1) continue;
    for (std::uint64_t* value : {&member.size, &member.packed, &member.header}) {
      if (*value != UINT32_MAX || field.size() < 8) continue;
      *value = little(field.data(), 8);
      field.remove_prefix(8);
    }
  }
}

/// The bytes of a member as they lie in the file.
template <class Parts>
class PackedPart final : public ByteSource {
 public:
  PackedPart(const Parts& parts, std::uint64_t begin, std::uint64_t size)
      : parts_(parts), at_(begin), left_(size) {}
  std::size_t read(std::span<char> out) override {
    const auto most = static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), left_));
    const std::size_t size = most == 0 ? 0 : parts_.read_some(at_, out.first(most));
    at_ += size;
    left_ -= size;
    consumed_ += size;
    return size;
  }
  std::uint64_t consumed() const override { return consumed_; }

 private:
  const Parts& parts_;
  std::uint64_t at_;
  std::uint64_t left_;
  std::uint64_t consumed_ = 0;
};

/// Holds what comes out of a member to what the directory says.
class CheckedPart final : public ByteSource {
 public:
  CheckedPart(std::string name, const ZipMember& member, std::unique_ptr<ByteSource> source)
      : name_(std::move(name)), member_(member), source_(std::move(source)) {}

  std::size_t read(std::span<char> out) override {
    const std::size_t size = source_->read(out);
    total_ += size;
    if (total_ > member_.size || (size == 0 && !out.empty() && total_ < member_.size))
      refuse_file(name_, "holds " + std::string(size == 0 ? "" : "more than ") +
                             std::to_string(size == 0 ? total_ : member_.size) +
                             " bytes, expected " + std::to_string(member_.size));
    for (std::size_t at = 0; at < size;) {
      const auto part = static_cast<unsigned>(std::min<std::size_t>(size - at, 1U << 30));
      sum_ = static_cast<std::uint32_t>(
          crc32(sum_, reinterpret_cast<const Bytef*>(out.data() + at), part));
      at += part;
    }
    if (total_ == member_.size && sum_ != member_.crc32)
      refuse_file(name_, "is damaged: its checksum is not the stored one; copy the file again");
    return size;
  }
  std::uint64_t consumed() const override { return source_->consumed(); }

 private:
  std::string name_;
  ZipMember member_;
  std::unique_ptr<ByteSource> source_;
  std::uint64_t total_ = 0;
  std::uint32_t sum_ = 0;
};

}  // namespace

ZipArchive::ZipArchive(const std::string& path)
    : path_(path), parts_(std::make_unique<Parts>(path)) {
  read_directory();
}
ZipArchive::~ZipArchive() = default;

void ZipArchive::read_directory() {
  const std::uint64_t tail =
      std::min<std::uint64_t>(parts_->size(), end_bytes + comment_max + wide_locator_bytes);
  const std::string end = parts_->read(parts_->size() - tail, tail, "its end");
  const std::size_t at = end.rfind("PK\5\6");
  if (at == std::string::npos || end.size() - at < end_bytes)
    refuse_file(path_,
                "is no whole ZIP archive: its directory is missing at the end; copy the "
                "file again");
  Directory where{little(&end[at + 10], 2), little(&end[at + 12], 4), little(&end[at + 16], 4)};
  const bool wide =
      where.entries == UINT16_MAX || where.bytes == UINT32_MAX || where.offset == UINT32_MAX;
  if (wide && at >= wide_locator_bytes && end.compare(at - wide_locator_bytes, 4, "PK\6\7") == 0) {
    const std::string record =
        parts_->read(little(&end[at - wide_locator_bytes + 8], 8), wide_end_bytes, "its directory");
    where = {little(&record[32], 8), little(&record[40], 8), little(&record[48], 8)};
  }
  if (where.bytes > directory_max)
    refuse_file(path_, "has a directory of " + std::to_string(where.bytes) +
                           " bytes, expected at most " + std::to_string(directory_max));
  const std::string directory = parts_->read(where.offset, where.bytes, "its directory");
  std::size_t begin = 0;
  for (std::uint64_t i = 0; i < where.entries; ++i) {
    const char* entry = directory.data() + begin;
    if (directory.size() - begin < entry_bytes || std::memcmp(entry, "PK\1\2", 4) != 0)
      refuse_file(path_, "is a damaged ZIP archive: entry " + std::to_string(i + 1) +
                             " of its directory is none; copy the file again");
    const std::size_t name = little(entry + 28, 2);
    const std::size_t extra = little(entry + 30, 2);
    const std::size_t whole = entry_bytes + name + extra + little(entry + 32, 2);
    if (directory.size() - begin < whole)
      refuse_file(path_, "is a damaged ZIP archive: its directory ends within entry " +
                             std::to_string(i + 1) + "; copy the file again");
    ZipMember member{.name = std::string(entry + entry_bytes, name),
                     .method = static_cast<std::uint32_t>(little(entry + 10, 2)),
                     .crc32 = static_cast<std::uint32_t>(little(entry + 16, 4)),
                     .packed = little(entry + 20, 4),
                     .size = little(entry + 24, 4),
                     .header = little(entry + 42, 4)};
    widen(member, {entry + entry_bytes + name, extra});
    members_.push_back(std::move(member));
    begin += whole;
  }
}

std::string ZipArchive::name_of(const ZipMember& member) const {
  return path_ + ": member " + in_quotes(member.name);
}

std::unique_ptr<ByteSource> ZipArchive::open(const ZipMember& member) const {
  if (member.method != stored && member.method != deflated)
    refuse_file(name_of(member), "is packed by method " + std::to_string(member.method) +
                                     ", expected 0 (stored) or 8 (deflated)");
  const std::string local = parts_->read(member.header, local_bytes, "a member");
  if (local.compare(0, 4, "PK\3\4") != 0)
    refuse_file(name_of(member), "does not begin where the directory says; copy the file again");
  if ((little(&local[6], 2) & 1U) != 0) refuse_file(name_of(member), "is encrypted");
  const std::uint64_t begin =
      member.header + local_bytes + little(&local[26], 2) + little(&local[28], 2);
  if (begin > parts_->size() || member.packed > parts_->size() - begin)
    refuse_file(name_of(member), "lies beyond the end of the file; copy the file again");
  std::unique_ptr<ByteSource> source =
      std::make_unique<PackedPart<Parts>>(*parts_, begin, member.packed);
  if (member.method == deflated)
    source = unpacked(name_of(member), std::move(source), deflate_decoder());
  return std::make_unique<CheckedPart>(name_of(member), member, std::move(source));
}

}  // namespace troupe
