/// Files of other formats made by hand, and what importing them gives.
#pragma once

#include <bzlib.h>
#include <lzma.h>
#include <zlib.h>

#include <cstdio>
#include <initializer_list>
#include <sstream>
#include <string>
#include <vector>

#include "datasets/dataset.hpp"
#include "datasets/importer.hpp"
#include "datasets/svmlight.hpp"
#include "scratch.hpp"

namespace troupe {

inline std::string xz(const std::string& text) {
  std::string out(text.size() + 1000, '\0');
  std::size_t size = 0;
  REQUIRE(lzma_easy_buffer_encode(6, LZMA_CHECK_CRC64, nullptr,
                                  reinterpret_cast<const std::uint8_t*>(text.data()), text.size(),
                                  reinterpret_cast<std::uint8_t*>(out.data()), &size,
                                  out.size()) == LZMA_OK);
  return out.substr(0, size);
}

// As zlib's deflateInit2 takes the window: 31 is gzip, -15 the bare data.
inline std::string deflated(const std::string& text, int window) {
  z_stream stream{};
  REQUIRE(deflateInit2(&stream, 6, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string in = text;
  std::string out(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}
inline std::string gzip(const std::string& text) { return deflated(text, 31); }

inline std::string bzip2(const std::string& text) {
  std::string in = text;
  std::string out(text.size() + 1000, '\0');
  auto size = static_cast<unsigned>(out.size());
  REQUIRE(BZ2_bzBuffToBuffCompress(out.data(), &size, in.data(), static_cast<unsigned>(in.size()),
                                   9, 0, 0) == BZ_OK);
  return out.substr(0, size);
}

inline std::string bytes_of(std::uint64_t value, std::size_t size, bool big_endian = false) {
  std::string bytes;
  for (std::size_t i = 0; i < size; ++i) {
    const std::size_t place = big_endian ? size - 1 - i : i;
    bytes += static_cast<char>(place < 8 ? value >> 8 * place : 0);
  }
  return bytes;
}

template <class T>
std::string raw(std::initializer_list<T> values) {
  return {reinterpret_cast<const char*>(values.begin()), values.size() * sizeof(T)};
}

inline std::string idx(char type, const std::vector<std::uint32_t>& sizes,
                       const std::string& elements) {
  std::string text = {0, 0, type, static_cast<char>(sizes.size())};
  for (const std::uint32_t size : sizes) text += bytes_of(size, 4, true);
  return text + elements;
}

inline std::string npy(const std::string& type, const std::string& shape,
                       const std::string& elements, const std::string& by_columns = "False") {
  std::string header =
      "{'descr': '" + type + "', 'fortran_order': " + by_columns + ", 'shape': " + shape + ", }";
  header.resize((header.size() + 10) / 64 * 64 + 64 - 11, ' ');
  header += '\n';
  return "\x93NUMPY\x01" + std::string(1, '\0') + bytes_of(header.size(), 2) + header + elements;
}

struct Member {
  std::string name;
  std::string bytes;
};

// With `method` 8 deflated; `wide` states sizes as NumPy does that expects 4 GiB.
inline std::string zip(const std::vector<Member>& members, std::uint32_t method = 0,
                       bool wide = false) {
  std::string file, directory;
  for (const Member& member : members) {
    const std::string packed = method == 8 ? deflated(member.bytes, -15) : member.bytes;
    const auto sum = crc32(0, reinterpret_cast<const Bytef*>(member.bytes.data()),
                           static_cast<uInt>(member.bytes.size()));
    const std::string sizes = wide ? bytes_of(UINT32_MAX, 4) + bytes_of(UINT32_MAX, 4)
                                   : bytes_of(packed.size(), 4) + bytes_of(member.bytes.size(), 4);
    const std::string extra = wide ? bytes_of(1, 2) + bytes_of(16, 2) +
                                         bytes_of(member.bytes.size(), 8) +
                                         bytes_of(packed.size(), 8)
                                   : "";
    const std::string common = bytes_of(45, 2) + bytes_of(0, 2) + bytes_of(method, 2) +
                               bytes_of(0, 4) + bytes_of(sum, 4) + sizes +
                               bytes_of(member.name.size(), 2) + bytes_of(extra.size(), 2);
    directory += "PK\1\2" + bytes_of(45, 2) + common + bytes_of(0, 10) + bytes_of(file.size(), 4) +
                 member.name + extra;
    file += "PK\3\4" + common + member.name + extra + packed;
  }
  const std::string count = bytes_of(members.size(), 2);
  return file + directory + "PK\5\6" + bytes_of(0, 4) + count + count +
         bytes_of(directory.size(), 4) + bytes_of(file.size(), 4) + bytes_of(0, 2);
}

/// What the imported set holds, as text with indices from 1.
inline std::string imported(const Scratch& scratch, const std::vector<std::string>& paths,
                            const ImportOptions& options = {}) {
  import_files(paths, options, scratch.file("out.h5"));
  const auto set = open_dataset(scratch.file("out.h5"));
  std::ostringstream text;
  export_svmlight(*set, {0, set->facts().rows}, text);
  return text.str();
}

/// What was said to be found in the file.
inline std::string found(const Scratch& scratch, const std::string& path,
                         const ImportOptions& options = {}) {
  const ImportSummary summary = import_files({path}, options, scratch.file("out.h5"));
  return summary.format + ": " + summary.found;
}

/// The line that refuses a file of these bytes, without its folder; nothing is left.
inline std::string refused(const Scratch& scratch, const std::string& name,
                           const std::string& bytes, const ImportOptions& options = {}) {
  const std::string path = scratch.write(name, bytes);
  const std::size_t before = scratch.files();
  std::string line = refusal([&] { import_files({path}, options, scratch.file("out.h5")); });
  CHECK(scratch.files() == before);
  const std::string folder = scratch.folder() + "/";
  for (std::size_t at; (at = line.find(folder)) != std::string::npos;)
    line.erase(at, folder.size());
  return line;
}

/// A test that cannot run here says so.
inline void skipped(const std::string& why) { std::printf("SKIPPED: %s\n", why.c_str()); }

inline std::string usage_refusal(const Scratch& scratch, const std::vector<std::string>& paths,
                                 const ImportOptions& options) {
  try {
    import_files(paths, options, scratch.file("out.h5"));
  } catch (const UserError& error) {
    CHECK(error.code() == ExitCode::usage);
    return error.what();
  }
  return "";
}

}  // namespace troupe
