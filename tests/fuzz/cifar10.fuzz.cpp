/// Records of CIFAR-10. The record is large, so an input is repeated to fill some.
#include <string>

#include "tests/fuzz/importing.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string bytes;
  while (size > 0 && bytes.size() < 2 * 3073)
    bytes.append(reinterpret_cast<const char*>(data), size);
  troupe::try_import(data, size, {.format = "cifar10"});
  troupe::try_import(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size(),
                     {.format = "cifar10"});
  return 0;
}
