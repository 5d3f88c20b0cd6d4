/// A text file of rows, plain or compressed.
#include "tests/fuzz/importing.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  troupe::try_import(data, size, {.format = "svmlight", .features = 1000});
  return 0;
}
