/// A drawing as text, as a graph for dot, and as an SVG picture. It computes nothing
/// but where to put what.
#pragma once

#include <string>

#include "topologies/drawing.hpp"

namespace troupe {

std::string text_of(const Drawing& drawing);
std::string dot_of(const Drawing& drawing);
std::string svg_of(const Drawing& drawing);

}  // namespace troupe
