/// Curves as an SVG file: readable in print, each curve told by its dashes as well as by its
/// colour. It draws numbers and knows nothing of runs.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace troupe {

struct PlotCurve {
  std::string name;
  std::size_t style = 0;  ///< curves of one kind share it
  std::vector<std::pair<double, double>> points = {};
};

struct Plot {
  std::string title;
  std::string across;  ///< what the horizontal axis is, with its unit
  std::vector<PlotCurve> curves;
};

std::string to_svg(const Plot& plot);

}  // namespace troupe
