/// One array of an IDX file, row after row as floats. It scales nothing: pixels stay
/// 0 to 255.
#pragma once

#include <string>
#include <vector>

#include "datasets/byte_source.hpp"
#include "datasets/element_type.hpp"

namespace troupe {

class IdxReader {
 public:
  /// Reads the header; throws UserError (exit 3) as every member does.
  explicit IdxReader(const std::string& path);
  std::uint64_t rows() const { return rows_; }
  std::uint32_t width() const { return width_; }  ///< values a row
  std::uint32_t dimensions() const { return dimensions_; }
  std::uint64_t consumed() const { return bytes_.consumed(); }
  /// False after the last row, when the file ends where it should.
  bool next(std::vector<float>& row);

 private:
  BinaryReader bytes_;
  ElementType type_;
  std::uint32_t dimensions_ = 0;
  std::uint64_t rows_ = 0;
  std::uint32_t width_ = 1;
  std::uint64_t row_ = 0;
  std::vector<char> raw_;
};

}  // namespace troupe
