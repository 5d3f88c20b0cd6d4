/// Reads maximum-flow problems of DIMACS: a row for each node, an entry for each arc
/// with its capacity; the label says whether a node is a terminal.
#include <algorithm>
#include <limits>

#include "base/user_error.hpp"
#include "datasets/entry_sorter.hpp"
#include "datasets/import_watch.hpp"
#include "datasets/text_source.hpp"
#include "datasets/writer.hpp"

namespace troupe {
namespace {

using Words = std::vector<std::string_view>;

constexpr float source_label = 1;
constexpr float sink_label = 2;

class GraphReader {
 public:
  GraphReader(const std::string& path, const RowTarget& out)
      : reader_(path), out_(out), sorter_(out.path()) {}

  void read(ImportWatch& watch) {
    std::string_view line;
    while (reader_.next(line)) {
      watch.at(reader_.consumed());
      split_words(line, " ", words_);
      if (words_.empty() || words_[0] == "c") continue;
      if (words_[0] == "p")
        problem();
      else if (words_[0] == "n")
        terminal();
      else if (words_[0] == "a")
        arc();
      else
        reader_.fail(in_quotes(words_[0]) + " begins no line, expected c, p, n or a");
    }
    check_whole();
  }

  ImportSummary finish() {
    DatasetWriter writer(out_, {.features = nodes_});
    MatrixEntry last;
    std::uint64_t parallel = 0;
    sorter_.drain([&](const MatrixEntry& entry) {
      const bool again = !index_.empty() && entry.row == last.row && entry.index == last.index;
      last = entry;
      while (entry.row > row_) end_row(writer);
      if (again) {
        // Two pipes between the same nodes carry what one of both capacities does.
        value_.back() += entry.value;
        check_sum(entry);
        ++parallel;
      } else {
        index_.push_back(entry.index);
        value_.push_back(entry.value);
      }
    });
    while (row_ < nodes_) end_row(writer);
    ImportSummary summary;
    summary.facts = writer.finish();
    summary.found = "source " + std::to_string(source_) + ", sink " + std::to_string(sink_) +
                    ", stored as rows " + std::to_string(source_ - 1) + " and " +
                    std::to_string(sink_ - 1) + " with the labels 1 and 2";
    if (parallel > 0)
      summary.found += ", arcs added to one between the same nodes: " + std::to_string(parallel);
    return summary;
  }

 private:
  void expect_words(std::size_t count, const char* form) {
    if (words_.size() != count)
      reader_.fail("has " + std::to_string(words_.size()) + " words, expected " + form);
  }

  void problem() {
    expect_words(4, "p max NODES ARCS");
    if (words_[1] != "max") reader_.fail(in_quotes(words_[1]) + " is no problem, expected max");
    if (nodes_ > 0) reader_.fail("a second problem line, expected one");
    nodes_ = whole_of(reader_, words_[2], "number of nodes");
    arcs_ = whole_of(reader_, words_[3], "number of arcs");
    if (nodes_ < 2 || nodes_ > features_unsaid_max)
      reader_.fail("there are " + std::to_string(nodes_) + " nodes, expected 2 to " +
                   std::to_string(features_unsaid_max));
  }

  std::uint32_t node(std::string_view word) {
    if (nodes_ == 0) reader_.fail("comes before the problem line, expected p max NODES ARCS");
    const std::uint32_t number = whole_of(reader_, word, "node");
    if (number == 0 || number > nodes_)
      reader_.fail("node " + std::to_string(number) + " is none of the nodes 1 to " +
                   std::to_string(nodes_));
    return number;
  }

  void terminal() {
    expect_words(3, "n NODE s or n NODE t");
    const std::uint32_t number = node(words_[1]);
    if (words_[2] != "s" && words_[2] != "t")
      reader_.fail(in_quotes(words_[2]) + " is no kind of terminal, expected s or t");
    std::uint32_t& place = words_[2] == "s" ? source_ : sink_;
    if (place != 0) reader_.fail("a second " + std::string(words_[2]) + ", expected one");
    place = number;
    if (source_ == sink_)
      reader_.fail("node " + std::to_string(number) + " is source and sink, expected two nodes");
  }

  void arc() {
    expect_words(4, "a FROM TO CAPACITY");
    const std::uint32_t from = node(words_[1]);
    const std::uint32_t to = node(words_[2]);
    const float capacity = number_of(reader_, words_[3], "capacity");
    if (capacity < 0) reader_.fail("capacity " + in_quotes(words_[3]) + ", expected at least 0");
    if (from == to) reader_.fail("an arc from node " + std::to_string(from) + " to itself");
    if (sorter_.size() == arcs_)
      reader_.fail("one arc more than the " + std::to_string(arcs_) + " of the problem line");
    sorter_.add(
        {.row = from - 1, .index = to - 1, .value = capacity, .file = 0, .line = reader_.line()});
  }

  void check_whole() const {
    if (nodes_ == 0)
      refuse_file(reader_.path(), "holds no problem line, expected p max NODES ARCS");
    if (sorter_.size() != arcs_)
      refuse_file(reader_.path(), "holds " + std::to_string(sorter_.size()) + " arcs, expected " +
                                      std::to_string(arcs_) + " as its problem line says");
    if (nodes_ > std::max<std::uint64_t>(sparse_rows_max, 8 * arcs_))
      refuse_file(reader_.path(), "has " + std::to_string(nodes_) + " nodes for only " +
                                      std::to_string(arcs_) + " arcs; leave out those without");
    if (source_ == 0) refuse_file(reader_.path(), "names no source, expected n NODE s");
    if (sink_ == 0) refuse_file(reader_.path(), "names no sink, expected n NODE t");
  }

  void check_sum(const MatrixEntry& entry) const {
    if (!(value_.back() <= std::numeric_limits<float>::max()))
      refuse_line(reader_.path(), entry.line,
                  "the capacities of arcs between the same nodes are not finite together");
  }

  void end_row(DatasetWriter& writer) {
    const float label = row_ + 1 == source_ ? source_label : row_ + 1 == sink_ ? sink_label : 0;
    writer.add({index_.data(), value_.data(), static_cast<std::uint32_t>(index_.size()), label});
    index_.clear();
    value_.clear();
    ++row_;
  }

  LineReader reader_;
  RowTarget out_;
  EntrySorter sorter_;
  Words words_;
  std::uint32_t nodes_ = 0;
  std::uint64_t arcs_ = 0;
  std::uint32_t source_ = 0;
  std::uint32_t sink_ = 0;
  std::uint32_t row_ = 0;
  std::vector<std::uint32_t> index_;
  std::vector<float> value_;
};

}  // namespace

bool looks_like_dimacs(std::string_view head) {
  while (!head.empty()) {
    const std::string_view line = head.substr(0, head.find('\n'));
    head.remove_prefix(std::min(head.size(), line.size() + 1));
    if (line.starts_with("p ")) return true;
    const bool comment = line == "c" || line.starts_with("c ") || line == "c\r";
    if (!comment && line.find_first_not_of(" \t\r") != std::string_view::npos) return false;
  }
  return false;
}

ImportSummary import_dimacs(const std::vector<std::string>& paths, const ImportOptions& options,
                            const RowTarget& out) {
  if (paths.size() != 1)
    throw UserError(ExitCode::usage,
                    "data import: a graph is one file, not " + std::to_string(paths.size()));
  ImportWatch watch(paths, options.progress);
  GraphReader graph(paths.front(), out);
  graph.read(watch);
  return graph.finish();
}

}  // namespace troupe
