/// A maximum-flow problem.
#include "tests/fuzz/importing.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  troupe::try_import(data, size, {.format = "dimacs"});
  return 0;
}
