/// The instruction set that the kernels use, chosen once for the whole process.
/// It never changes a result: kernels of all levels agree bit for bit.
#pragma once

#include <optional>
#include <string_view>

namespace troupe {

/// Levels of the x86-64 psABI. Other machines have only the portable v2.
enum class CpuLevel { v2 = 2, v3 = 3, v4 = 4 };

std::string_view to_text(CpuLevel level);
std::optional<CpuLevel> cpu_level_named(std::string_view text);

/// The highest level that this machine and this build have.
CpuLevel best_cpu_level();
/// The level in use: the best one unless use_cpu_level() said otherwise.
CpuLevel cpu_level();
/// Called before the first actor starts. Throws UserError (exit 2) for a level
/// above `highest`, what this machine has.
void use_cpu_level(CpuLevel level, CpuLevel highest = best_cpu_level());

}  // namespace troupe
