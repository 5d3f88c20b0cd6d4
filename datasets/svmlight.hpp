/// The text format of SVMlight and LIBSVM: one row a line, `label index:value ...`.
#pragma once

#include <ostream>

#include "datasets/dataset.hpp"

namespace troupe {

/// Rows of the range with 1-based indices, as liblinear reads them.
void export_svmlight(const Dataset& set, RowRange range, std::ostream& out);

}  // namespace troupe
