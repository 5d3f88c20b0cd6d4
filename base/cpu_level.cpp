#include "base/cpu_level.hpp"

#include <array>
#include <atomic>
#include <string>
#include <utility>

#include "base/kernels/kernels.hpp"
#include "base/kernels/states.hpp"
#include "base/user_error.hpp"

namespace troupe {
namespace {

constexpr std::array<std::pair<CpuLevel, std::string_view>, 3> names{
    {{CpuLevel::v2, "v2"}, {CpuLevel::v3, "v3"}, {CpuLevel::v4, "v4"}}};

CpuLevel detect() {
#if defined(TROUPE_X86_KERNELS)
  // Feature by feature: not every compiler knows the levels by name here.
  const bool v3 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
                  __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
  const bool v4 = v3 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                  __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
                  __builtin_cpu_supports("avx512vl");
  if (v4) return CpuLevel::v4;
  if (v3) return CpuLevel::v3;
#endif
  return CpuLevel::v2;
}

// Null until somebody asks; two threads that ask first store the same pointer.
std::atomic<const Kernels*> chosen{nullptr};
std::atomic<CpuLevel> chosen_level{CpuLevel::v2};

}  // namespace

std::string_view to_text(CpuLevel level) {
  for (const auto& [known, name] : names)
    if (known == level) return name;
  return "unknown";
}

std::optional<CpuLevel> cpu_level_named(std::string_view text) {
  for (const auto& [level, name] : names)
    if (name == text) return level;
  return std::nullopt;
}

CpuLevel best_cpu_level() {
  static const CpuLevel best = detect();
  return best;
}

CpuLevel cpu_level() {
  kernels();
  return chosen_level.load(std::memory_order_relaxed);
}

void use_cpu_level(CpuLevel level, CpuLevel highest) {
  if (level > highest)
    throw UserError(ExitCode::usage, "kernels of level " + std::string(to_text(level)) +
                                         " asked for, but this machine has " +
                                         std::string(to_text(highest)) + " at most");
  chosen_level.store(level, std::memory_order_relaxed);
  chosen.store(&kernels_of(level), std::memory_order_release);
}

const Kernels& kernels_of(CpuLevel level) {
#if defined(TROUPE_X86_KERNELS)
  if (level == CpuLevel::v4) return kernels_v4;
  if (level == CpuLevel::v3) return kernels_v3;
#else
  static_cast<void>(level);
#endif
  return kernels_v2;
}

const StateKernels& state_kernels_of(CpuLevel level) {
#if defined(TROUPE_X86_KERNELS)
  if (level == CpuLevel::v4) return state_kernels_v4;
  if (level == CpuLevel::v3) return state_kernels_v3;
#else
  static_cast<void>(level);
#endif
  return state_kernels_v2;
}

const StateKernels& state_kernels() { return state_kernels_of(cpu_level()); }

const Kernels& kernels() {
  const Kernels* found = chosen.load(std::memory_order_acquire);
  if (found != nullptr) [[likely]]
    return *found;
  use_cpu_level(best_cpu_level());
  return *chosen.load(std::memory_order_acquire);
}

}  // namespace troupe
