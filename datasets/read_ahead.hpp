/// Reads a source in pieces, on a thread of its own that is a few of them ahead, or
/// when one is wanted. What is read does not depend on that.
#pragma once

#include <memory>

#include "datasets/byte_source.hpp"

namespace troupe {

/// What the source throws is thrown when its piece is wanted, whole pieces before it
/// are given out. The thread starts with the first read and ends with the result.
std::unique_ptr<ByteSource> in_pieces(std::unique_ptr<ByteSource> source, Unpacking unpacking);

}  // namespace troupe
