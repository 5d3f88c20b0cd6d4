/// An archive of arrays, whole. And its bytes as the array X in a right archive, or
/// checksums would keep most inputs away from the array's reader.
#include <zlib.h>

#include <string>

#include "tests/fuzz/importing.hpp"

using namespace troupe;

namespace {

std::string little(std::uint64_t value, std::size_t size) {
  std::string bytes;
  for (std::size_t i = 0; i < size; ++i) bytes += static_cast<char>(i < 8 ? value >> 8 * i : 0);
  return bytes;
}

std::string archive_of(const std::string& bytes) {
  const auto sum =
      crc32(0, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uInt>(bytes.size()));
  const std::string common = little(20, 2) + little(0, 8) + little(sum, 4) +
                             little(bytes.size(), 4) + little(bytes.size(), 4) + little(5, 2) +
                             little(0, 2);
  const std::string file = "PK\3\4" + common + "X.npy" + bytes;
  const std::string directory = "PK\1\2" + little(20, 2) + common + little(0, 14) + "X.npy";
  return file + directory + "PK\5\6" + little(0, 4) + little(1, 2) + little(1, 2) +
         little(directory.size(), 4) + little(file.size(), 4) + little(0, 2);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ImportOptions options{.format = "npz", .labels = {"labels"}};
  try_import(data, size, options);
  const std::string whole = archive_of({reinterpret_cast<const char*>(data), size});
  try_import(reinterpret_cast<const std::uint8_t*>(whole.data()), whole.size(), options);
  return 0;
}
