#include <charconv>

#include "datasets/svmlight.hpp"

namespace troupe {
namespace {

constexpr std::uint64_t rows_at_a_time = 4096;

template <class T>
void append(std::string& line, T value) {
  char text[32];
  line.append(text, std::to_chars(text, text + sizeof text, value).ptr);
}

}  // namespace

void export_svmlight(const Dataset& set, RowRange range, std::ostream& out) {
  std::string line;
  for (std::uint64_t first = range.first; first < range.last; first += rows_at_a_time) {
    const Shard shard = set.load({first, std::min(first + rows_at_a_time, range.last)});
    for (std::size_t i = 0; i < shard.rows().size(); ++i) {
      const RowView row = shard.rows()[i];
      line.clear();
      append(line, row.label);
      for (std::uint32_t j = 0; j < row.size; ++j) {
        if (row.index == nullptr && row.value[j] == 0.0F) continue;
        line += ' ';
        append(line, (row.index == nullptr ? j : row.index[j]) + 1);
        line += ':';
        append(line, row.value[j]);
      }
      line += '\n';
      out << line;
    }
  }
}

}  // namespace troupe
