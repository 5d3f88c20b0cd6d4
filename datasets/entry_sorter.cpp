#include "datasets/entry_sorter.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <queue>
#include <tuple>

#include "datasets/byte_source.hpp"

namespace troupe {
namespace {

bool before(const MatrixEntry& a, const MatrixEntry& b) {
  return std::tie(a.row, a.index, a.file, a.line) < std::tie(b.row, b.index, b.file, b.line);
}

int nameless_file(const std::string& near) {
  const std::string folder = std::filesystem::path(near).parent_path().string();
  const std::string place = folder.empty() ? "." : folder;
  const int descriptor = open(place.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (descriptor >= 0 || (errno != EOPNOTSUPP && errno != EISDIR)) return descriptor;
  // Some network file systems know no files without names: it loses its own at once.
  std::string name = place + "/.troupe-XXXXXX";
  const int named = mkostemp(name.data(), O_CLOEXEC);
  if (named >= 0) unlink(name.c_str());
  return named;
}

}  // namespace

/// A sorted part of the file, of which a piece is in memory.
struct EntrySorter::Run {
  std::uint64_t next = 0;  ///< entry in the file that follows the piece
  std::uint64_t end = 0;
  std::vector<MatrixEntry> piece;
  std::size_t at = 0;
};

EntrySorter::EntrySorter(std::string out, std::size_t held_bytes)
    : out_(std::move(out)), held_max_(std::max<std::size_t>(held_bytes / sizeof(MatrixEntry), 2)) {}

EntrySorter::~EntrySorter() {
  if (descriptor_ >= 0) close(descriptor_);
}

void EntrySorter::fail(int error) const {
  refuse_file(out_, std::string("cannot be written: entries wait beside it for their turn: ") +
                        std::strerror(error) + "; free some space or write elsewhere");
}

void EntrySorter::add(const MatrixEntry& entry) {
  if (held_.size() == held_max_) spill();
  held_.push_back(entry);
  ++size_;
}

void EntrySorter::sort_held() { std::sort(held_.begin(), held_.end(), before); }

void EntrySorter::spill() {
  sort_held();
  if (descriptor_ < 0) descriptor_ = nameless_file(out_);
  if (descriptor_ < 0) fail(errno);
  const auto* bytes = reinterpret_cast<const char*>(held_.data());
  std::size_t left = held_.size() * sizeof(MatrixEntry);
  while (left > 0) {
    const ssize_t written = write(descriptor_, bytes, left);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail(errno);
    bytes += written;
    left -= static_cast<std::size_t>(written);
  }
  run_sizes_.push_back(held_.size());
  held_.clear();
}

void EntrySorter::refill(Run& run, std::size_t most) const {
  run.at = 0;
  run.piece.resize(std::min<std::uint64_t>(most, run.end - run.next));
  auto* bytes = reinterpret_cast<char*>(run.piece.data());
  std::size_t left = run.piece.size() * sizeof(MatrixEntry);
  std::uint64_t offset = run.next * sizeof(MatrixEntry);
  while (left > 0) {
    const ssize_t got = pread(descriptor_, bytes, left, static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) fail(got < 0 ? errno : EIO);
    bytes += got;
    left -= static_cast<std::size_t>(got);
    offset += static_cast<std::uint64_t>(got);
  }
  run.next += run.piece.size();
}

void EntrySorter::drain(const std::function<void(const MatrixEntry&)>& take) {
  if (run_sizes_.empty()) {
    sort_held();
    for (const MatrixEntry& entry : held_) take(entry);
    return;
  }
  spill();
  held_.shrink_to_fit();
  const std::size_t most = std::max<std::size_t>(held_max_ / run_sizes_.size(), 128);
  std::vector<Run> runs;
  std::uint64_t begin = 0;
  for (const std::uint64_t size : run_sizes_) {
    runs.push_back({.next = begin, .end = begin + size, .piece = {}, .at = 0});
    refill(runs.back(), most);
    begin += size;
  }
  const auto later = [&](std::size_t a, std::size_t b) {
    return before(runs[b].piece[runs[b].at], runs[a].piece[runs[a].at]);
  };
  std::priority_queue<std::size_t, std::vector<std::size_t>, decltype(later)> heads(later);
  for (std::size_t i = 0; i < runs.size(); ++i)
    if (!runs[i].piece.empty()) heads.push(i);
  while (!heads.empty()) {
    const std::size_t i = heads.top();
    heads.pop();
    Run& run = runs[i];
    take(run.piece[run.at]);
    if (++run.at == run.piece.size()) refill(run, most);
    if (!run.piece.empty()) heads.push(i);
  }
}

}  // namespace troupe
