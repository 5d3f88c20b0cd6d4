/// How fast the segments of a data set come into memory: one way of reading each time,
/// repeated, of which it prints the best in GB/s. It measures; it asserts nothing.
/// usage: bench_segments WAY FILE [REPEATS]
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include "base/user_error.hpp"
#include "datasets/file_dataset.hpp"
#include "datasets/segment_source.hpp"

namespace troupe {
namespace {

std::uint64_t bytes_in(const Manifest& manifest) {
  const DataFacts& facts = manifest.facts;
  const std::uint64_t entry = facts.sparse ? 8 : 4;
  return facts.rows * (facts.sparse ? 12 : 4) + facts.entries * entry;
}

/// Memory for the largest segment, used again for each: no page of it is new.
struct Buffers {
  explicit Buffers(const Manifest& manifest) {
    for (const SegmentEntry& part : manifest.segments) {
      rows = std::max(rows, part.rows);
      entries = std::max(entries, part.entries);
    }
    label.resize(rows);
    offsets.resize(rows + 1);
    index.resize(manifest.facts.sparse ? entries : 0);
    value.resize(entries);
  }
  SegmentSpace of(const Manifest& manifest, const SegmentEntry& part) {
    SegmentSpace space;
    space.label = std::span(label).first(part.rows);
    space.value = std::span(value).first(part.entries);
    if (!manifest.facts.sparse) return space;
    space.offsets = std::span(offsets).first(part.rows + 1);
    space.index = std::span(index).first(part.entries);
    // The reader takes the edges from the table.
    space.offsets.front() = part.first_entry;
    space.offsets.back() = part.first_entry + part.entries;
    return space;
  }
  std::uint64_t rows = 0, entries = 0;
  std::vector<float> label, value;
  std::vector<std::uint64_t> offsets;
  std::vector<std::uint32_t> index;
};

using Action = std::function<void()>;

// What the operating system gives: the file's bytes, 8 MiB at a time.
Action system_read(const std::string& path) {
  return [path, buffer = std::vector<char>(std::size_t{8} << 20)]() mutable {
    const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    while (read(file, buffer.data(), buffer.size()) > 0) {
    }
    close(file);
  };
}

// The same amount moved within memory, 8 MiB at a time.
Action memory_copy(std::uint64_t bytes) {
  static constexpr std::size_t piece = std::size_t{8} << 20;
  // The last piece is whole, too.
  return
      [bytes, from = std::vector<char>(bytes + piece, 1), to = std::vector<char>(piece)]() mutable {
        for (std::uint64_t at = 0; at < bytes; at += piece)
          std::memcpy(to.data(), from.data() + at, piece);
      };
}

/// The arrays as libhdf5 gives them, nothing compared: no program of ours does that.
Action plain_read(const std::string& path) {
  const auto file = std::make_shared<H5Reader>(path, "");
  const auto manifest = std::make_shared<const Manifest>(read_manifest(*file));
  const DataFacts& all = manifest->facts;
  const auto column = [&](const char* name, H5Element element, H5Shape shape) {
    return std::make_shared<H5Column>(file->column(name, element, shape));
  };
  const auto label = column("labels", H5Element::f32, {all.rows, 0});
  const H5Shape shape = all.sparse ? H5Shape{all.entries, 0} : H5Shape{all.rows, all.features};
  const auto value = column("values", H5Element::f32, shape);
  std::shared_ptr<H5Column> offsets, index;
  if (all.sparse) {
    offsets = column("offsets", H5Element::u64, {all.rows + 1, 0});
    index = column("indices", H5Element::u32, {all.entries, 0});
  }
  return [=, buffers = Buffers(*manifest)]() mutable {
    for (const SegmentEntry& part : manifest->segments) {
      const SegmentSpace space = buffers.of(*manifest, part);
      bool good = label->read(part.first_row, part.rows, space.label.data());
      if (offsets) {
        good &= offsets->read(part.first_row, part.rows + 1, space.offsets.data()) &&
                index->read(part.first_entry, part.entries, space.index.data()) &&
                value->read(part.first_entry, part.entries, space.value.data());
      } else {
        good &= value->read(part.first_row, part.rows, space.value.data());
      }
      if (!good) file->refuse("cannot be read");
    }
  };
}

Action verified_read(const std::string& path) {
  const std::shared_ptr<SegmentSource> source = open_segment_file(path);
  return [source, buffers = Buffers(source->manifest())]() mutable {
    const auto& parts = source->manifest().segments;
    for (std::size_t i = 0; i < parts.size(); ++i)
      source->read({i, i + 1}, buffers.of(source->manifest(), parts[i]));
  };
}

Action way(const std::string& name, const std::string& path) {
  if (name == "read") return system_read(path);
  if (name == "memcpy") return memory_copy(bytes_in(open_segment_file(path)->manifest()));
  if (name == "plain") return plain_read(path);
  if (name == "verified") return verified_read(path);
  const std::shared_ptr<const FileDataset> set = open_file_dataset(path);
  if (name == "all") return [set] { set->load({0, set->facts().rows}); };
  if (name == "each")
    return [set] {
      for (std::size_t i = 0; i < set->segments().size(); ++i) set->segment(i);
    };
  throw UserError(ExitCode::usage,
                  "no way '" + name + "', expected memcpy, read, plain, verified, each or all");
}

int run(const std::string& name, const std::string& path, int repeats) {
  const Action action = way(name, path);
  const double bytes = static_cast<double>(bytes_in(open_segment_file(path)->manifest()));
  double best = 1e9;
  for (int i = 0; i <= repeats; ++i) {
    const auto start = std::chrono::steady_clock::now();
    action();
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
    if (i > 0) best = std::min(best, taken.count());  // the first one warms the memory
  }
  std::printf("%.3f GB/s\n", bytes / best / 1e9);
  return 0;
}

}  // namespace
}  // namespace troupe

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: bench_segments WAY FILE [REPEATS]\n");
    return 2;
  }
  try {
    return troupe::run(argv[1], argv[2], argc > 3 ? std::atoi(argv[3]) : 5);
  } catch (const troupe::UserError& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return static_cast<int>(error.code());
  }
}
