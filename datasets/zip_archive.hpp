/// The members of a ZIP archive as streams, stored or deflated, each held to its
/// size and checksum. It reads no encrypted or split archive.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "datasets/byte_source.hpp"

namespace troupe {

struct ZipMember {
  std::string name;
  std::uint32_t method = 0;
  std::uint32_t crc32 = 0;
  std::uint64_t packed = 0;
  std::uint64_t size = 0;
  std::uint64_t header = 0;  ///< where its local header is
};

class ZipArchive {
 public:
  /// Reads the directory; throws UserError (exit 3) as every member does.
  explicit ZipArchive(const std::string& path);
  ~ZipArchive();
  ZipArchive(const ZipArchive&) = delete;
  ZipArchive& operator=(const ZipArchive&) = delete;

  const std::string& path() const { return path_; }
  const std::vector<ZipMember>& members() const { return members_; }
  /// Lives no longer than the archive; several may be read by turns.
  std::unique_ptr<ByteSource> open(const ZipMember& member) const;
  /// How messages name a member: "<path>: member 'X.npy'".
  std::string name_of(const ZipMember& member) const;

 private:
  class Parts;
  void read_directory();
  std::string path_;
  std::unique_ptr<Parts> parts_;
  std::vector<ZipMember> members_;
};

}  // namespace troupe
