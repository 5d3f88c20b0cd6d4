/// Reads the binary records of CIFAR-10: a label and 3 x 32 x 32 bytes, the red,
/// the green and the blue plane. It scales nothing: pixels stay 0 to 255.
#include <array>

#include "datasets/byte_source.hpp"
#include "datasets/import_watch.hpp"
#include "datasets/writer.hpp"

namespace troupe {
namespace {

constexpr std::uint32_t pixels = 3 * 32 * 32;
constexpr std::uint32_t record_bytes = 1 + pixels;
constexpr unsigned char label_max = 9;

}  // namespace

bool looks_like_cifar10(std::string_view head) {
  const auto label = [&](std::size_t at) {
    return static_cast<unsigned char>(head[at]) <= label_max;
  };
  if (head.size() < record_bytes || !label(0)) return false;
  return head.size() == record_bytes || label(record_bytes);
}

ImportSummary import_cifar10(const std::vector<std::string>& paths, const ImportOptions& options,
                             const RowTarget& out) {
  ImportWatch watch(paths, options.progress);
  DatasetWriter writer(out, {.sparse = false, .features = pixels});
  std::array<char, record_bytes> record{};
  std::array<float, pixels> row{};
  for (const std::string& path : paths) {
    BinaryReader bytes(path);
    for (std::uint64_t number = 1; !bytes.at_end(); ++number) {
      bytes.read(record, "the 3073 bytes of record " + std::to_string(number));
      const auto label = static_cast<unsigned char>(record[0]);
      if (label > label_max)
        bytes.fail("record " + std::to_string(number) + " has the label " + std::to_string(label) +
                   ", expected 0 to 9");
      for (std::uint32_t i = 0; i < pixels; ++i)
        row[i] = static_cast<float>(static_cast<unsigned char>(record[i + 1]));
      writer.add({nullptr, row.data(), pixels, static_cast<float>(label)});
      watch.at(bytes.consumed());
    }
    watch.end_of_file(bytes.consumed());
  }
  return {.facts = writer.finish(), .format = {}, .found = "values as stored, not scaled"};
}

}  // namespace troupe
