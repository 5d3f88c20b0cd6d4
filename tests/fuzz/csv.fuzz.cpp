/// Columns of numbers: with the label found, named by number, and in another file.
#include "tests/fuzz/importing.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  troupe::try_import(data, size, {.format = "csv"});
  troupe::try_import(data, size, {.format = "csv", .label_column = "1"});
  troupe::try_import(data, size, {.format = "csv", .labels = {"labels"}});
  return 0;
}
