/// An array of IDX as rows.
#include "tests/fuzz/importing.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  troupe::try_import(data, size, {.format = "idx", .labels = {"labels"}});
  return 0;
}
