/// Users, items and ratings. Many lines of few users are sorted and made rows.
#include "tests/fuzz/importing.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  troupe::try_import(data, size, {.format = "ratings", .features = 1000});
  return 0;
}
