/// Reads SVMlight text. A row with any doubt about it is an error: nothing is
/// guessed but the base of the indices, and that is said.
#include <algorithm>
#include <thread>

#include "datasets/import_watch.hpp"
#include "datasets/in_order.hpp"
#include "datasets/line_blocks.hpp"
#include "datasets/svmlight_block.hpp"
#include "datasets/text_source.hpp"
#include "datasets/writer.hpp"

namespace troupe {
namespace {

/// Lines of one file, on their way from text to rows.
struct Lines {
  LineBlock text;
  SvmlightBlock block;
};

/// Passes rows on with indices from 0. The first rows are held back until it is
/// clear where the files start to count.
class Rebaser {
 public:
  Rebaser(const std::vector<std::string>& paths, const ImportOptions& options, const RowTarget& out)
      : paths_(paths), features_(options.features), writer_(out, {.features = options.features}) {
    if (options.base) settle(*options.base);
  }

  /// Blocks come in the order of the text.
  void add(Lines& piece) {
    if (piece.text.file != file_) lines_ = 0;
    file_ = piece.text.file;
    const Place place{file_, lines_};
    lines_ += piece.block.lines;
    if (settled_)
      write(piece.block, place);
    else
      hold(piece.block, place);
    if (!piece.block.wrong.empty()) refuse_line(paths_[file_], lines_, piece.block.wrong);
    if (piece.text.too_long) refuse_line(paths_[file_], lines_ + 1, too_long_a_line);
  }

  ImportSummary finish() {
    if (!settled_) settle(1);
    ImportSummary summary;
    summary.facts = writer_.finish();
    summary.found = base_ == 0 ? "0-based indices" : "1-based indices";
    return summary;
  }

 private:
  /// Where a block begins: lines of its file before it.
  struct Place {
    std::size_t file = 0;
    std::uint64_t lines = 0;
  };
  struct Held {
    SvmlightBlock block;
    Place place;
  };
  static constexpr std::size_t held_row_bytes = 72;

  void hold(const SvmlightBlock& block, Place place) {
    held_.push_back({block, place});
    std::uint64_t begin = 0;
    for (const SvmlightRow& row : block.rows) {
      const bool zero = row.end > begin && block.index[begin] == 0;
      held_bytes_ += (row.end - begin) * 8 + held_row_bytes;
      begin = row.end;
      if (zero) return settle(0);
      if (held_bytes_ > segment_bytes_standard) return settle(1);
    }
  }

  void settle(std::uint32_t base) {
    base_ = base;
    settled_ = true;
    for (Held& held : held_) write(held.block, held.place);
    held_ = {};
  }

  void write(SvmlightBlock& block, Place place) {
    std::uint64_t begin = 0;
    for (const SvmlightRow& row : block.rows) {
      const auto size = static_cast<std::uint32_t>(row.end - begin);
      std::uint32_t* index = block.index.data() + begin;
      if (size > 0) {
        const std::string wrong = unfit(index[0], index[size - 1]);
        if (!wrong.empty()) refuse_line(paths_[place.file], place.lines + row.line, wrong);
        for (std::uint32_t i = 0; i < size; ++i) index[i] -= base_;
      }
      writer_.add({index, block.value.data() + begin, size, row.label});
      begin = row.end;
    }
  }

  // What is wrong with a row from its first to its last index; empty when nothing is.
  std::string unfit(std::uint32_t first, std::uint32_t last) const {
    if (first < base_)
      return "index 0, but the rows before it count from 1; import with --base 0 if it is right";
    if (features_ > 0 && last - base_ >= features_)
      return "index " + std::to_string(last) + " is too large for " + std::to_string(features_) +
             " features counted from " + std::to_string(base_);
    if (features_ == 0 && last > features_unsaid_max)
      return "index " + std::to_string(last) + " is too large, expected at most " +
             std::to_string(features_unsaid_max) + "; import with --features N if it is right";
    return {};
  }

  const std::vector<std::string>& paths_;
  std::uint32_t features_;
  DatasetWriter writer_;
  std::size_t file_ = 0;
  std::uint64_t lines_ = 0;
  std::uint32_t base_ = 0;
  bool settled_ = false;
  std::vector<Held> held_;
  std::size_t held_bytes_ = 0;
};

// Rows are written in order, one at a time, which takes a third of the work.
constexpr unsigned threads_most = 4;

unsigned threads_of(const ImportOptions& options) {
  const unsigned cores = std::max(std::thread::hardware_concurrency(), 1U);
  return options.threads == 0 ? std::min(cores, threads_most) : options.threads;
}

}  // namespace

bool looks_like_svmlight(std::string_view head) {
  // Up to the first row: a label, and then nothing or index:value.
  while (!head.empty()) {
    const std::string_view line = head.substr(0, head.find('\n'));
    head.remove_prefix(std::min(head.size(), line.size() + 1));
    const std::size_t first = line.find_first_not_of(" \t\r");
    if (first == std::string_view::npos || line[first] == '#') continue;
    if (line.find_first_not_of("+-.0123456789eE", first) == first) return false;
    const std::size_t second = line.find_first_not_of(" \t\r", line.find_first_of(" \t", first));
    if (line.find_first_of(" \t", first) == std::string_view::npos)
      return line.find(',') == line.npos;
    return second == std::string_view::npos || line[second] == '#' ||
           line.find(':', second) != std::string_view::npos;
  }
  return false;
}

ImportSummary import_svmlight(const std::vector<std::string>& paths, const ImportOptions& options,
                              const RowTarget& out) {
  const unsigned threads = threads_of(options);
  LineBlocks blocks(paths, threads > 1 ? Unpacking::ahead : Unpacking::here);
  Rebaser rows(paths, options, out);
  ImportWatch watch(paths, options.progress);
  in_order<Lines>(
      threads, [&](Lines& piece) { return blocks.next(piece.text); },
      [&](Lines& piece) {
        piece.block.unlabelled = options.unlabelled;
        piece.block.parse(piece.text.text());
      },
      [&](Lines& piece) {
        rows.add(piece);
        watch.tell(piece.text.file, piece.text.consumed);
      });
  return rows.finish();
}

}  // namespace troupe
