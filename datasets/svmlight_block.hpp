/// The rows in some lines of SVMlight text, as numbers in a few long arrays. It reads
/// each line by itself and knows neither files nor where indices begin.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace troupe {

struct SvmlightRow {
  std::uint64_t end = 0;   ///< of its entries
  std::uint64_t line = 0;  ///< from 1
  float label = 0;
};

struct SvmlightBlock {
  std::vector<SvmlightRow> rows;
  std::vector<std::uint32_t> index;  ///< as written, ascending in each row
  std::vector<float> value;
  std::uint64_t lines = 0;  ///< read; the last one is wrong if any is
  std::string wrong;        ///< what is wrong with it, else empty
  bool unlabelled = false;  ///< labels may be missing, and are not looked at

  /// Replaces all by what stands in the text, up to the first line that is wrong. The
  /// text ends with an end of line and text_padding readable bytes.
  void parse(std::string_view text);
};

}  // namespace troupe
