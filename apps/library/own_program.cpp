#include "apps/library/own_program.hpp"

#include <unistd.h>

#include <array>

namespace troupe {

std::string own_program() {
  std::array<char, 4096> path{};
  const ssize_t size = ::readlink("/proc/self/exe", path.data(), path.size() - 1);
  if (size > 0 && ::access(path.data(), X_OK) == 0) return path.data();
  return "/proc/self/exe";
}

}  // namespace troupe
