#include "apps/library/compare/plot.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace troupe {
namespace {

constexpr double width = 720;
constexpr double height = 440;
constexpr double left = 74;
constexpr double right = 36;
constexpr double top = 44;
constexpr double bottom = 58;
constexpr double legend_line = 20;
constexpr int ticks_wanted = 6;

struct Style {
  const char* colour;
  const char* dash;
};
/// Colours after Okabe and Ito.
constexpr std::array<Style, 6> styles = {{{"#0072b2", "none"},
                                          {"#c2510a", "8 4"},
                                          {"#00785a", "2 4"},
                                          {"#9c4579", "12 4 2 4"},
                                          {"#8a6a00", "5 3"},
                                          {"#3f51a5", "10 3 3 3"}}};

/// Beyond the sixth, colours come again with other dashes.
Style style_of(std::size_t i) {
  const std::size_t n = styles.size();
  return {styles[i % n].colour, styles[(i + i / n) % n].dash};
}

std::string tick_text(double value) {
  const double size = std::abs(value);
  if (size >= 1e9) return fmt::format("{:g} G", value / 1e9);
  if (size >= 1e6) return fmt::format("{:g} M", value / 1e6);
  if (size >= 1e4) return fmt::format("{:g} k", value / 1e3);
  return fmt::format("{:.6g}", value);
}

/// From values to places, with ticks at 1, 2 or 5 times a power of ten.
class Scale {
 public:
  Scale(double low, double high, double from, double to) : from_(from), to_(to) {
    if (!(high > low)) high = low + std::max(1e-9, std::abs(low) * 0.1);
    const double raw = (high - low) / ticks_wanted;
    const double power = std::pow(10, std::floor(std::log10(raw)));
    const double part = raw / power;
    step_ = power * (part <= 1 ? 1 : part <= 2 ? 2 : part <= 5 ? 5 : 10);
    low_ = std::floor(low / step_ + 1e-9) * step_;
    high_ = std::ceil(high / step_ - 1e-9) * step_;
  }
  double at(double value) const { return from_ + (to_ - from_) * (value - low_) / (high_ - low_); }
  std::vector<double> ticks() const {
    std::vector<double> all;
    for (double tick = low_; tick <= high_ + step_ / 2; tick += step_)
      all.push_back(std::abs(tick) < step_ / 1000 ? 0 : tick);
    return all;
  }

 private:
  double from_;
  double to_;
  double low_ = 0;
  double high_ = 1;
  double step_ = 1;
};

struct Range {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();
  void hold(double value) {
    low = std::min(low, value);
    high = std::max(high, value);
  }
};

std::string escaped(const std::string& text) {
  std::string safe;
  for (const char c : text) {
    if (c == '&')
      safe += "&amp;";
    else if (c == '<')
      safe += "&lt;";
    else if (c == '>')
      safe += "&gt;";
    else
      safe += c;
  }
  return safe;
}

std::string text(double x, double y, const char* anchor, const std::string& words) {
  return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\">{}</text>\n", x, y, anchor,
                     escaped(words));
}

std::string grid(const Scale& across, const Scale& up, double floor) {
  std::string svg;
  for (const double tick : across.ticks()) {
    svg += fmt::format("<line x1=\"{0:.1f}\" x2=\"{0:.1f}\" y1=\"{1}\" y2=\"{2}\" class=\"g\"/>\n",
                       across.at(tick), top, floor);
    svg += text(across.at(tick), floor + 18, "middle", tick_text(tick));
  }
  for (const double tick : up.ticks()) {
    svg += fmt::format("<line x1=\"{1}\" x2=\"{2}\" y1=\"{0:.1f}\" y2=\"{0:.1f}\" class=\"g\"/>\n",
                       up.at(tick), left, width - right);
    svg += text(left - 8, up.at(tick) + 4, "end", tick_text(tick));
  }
  return svg;
}

std::string curve_line(const PlotCurve& curve, const Style& style, const Scale& across,
                       const Scale& up) {
  std::string points;
  for (const auto& [x, y] : curve.points)
    points += fmt::format("{:.1f},{:.1f} ", across.at(x), up.at(y));
  return fmt::format(
      "<polyline points=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"2\" "
      "stroke-dasharray=\"{}\"/>\n",
      points, style.colour, style.dash);
}

std::string legend(const Plot& plot, double from) {
  std::string svg;
  for (std::size_t i = 0; i < plot.curves.size(); ++i) {
    const Style style = style_of(plot.curves[i].style);
    const double y = from + legend_line * static_cast<double>(i);
    svg += fmt::format(
        "<line x1=\"{}\" x2=\"{}\" y1=\"{:.1f}\" y2=\"{:.1f}\" stroke=\"{}\" stroke-width=\"2\" "
        "stroke-dasharray=\"{}\"/>\n",
        left, left + 40, y - 4, y - 4, style.colour, style.dash);
    svg += text(left + 48, y, "start", plot.curves[i].name);
  }
  return svg;
}

}  // namespace

std::string to_svg(const Plot& plot) {
  Range x;
  Range y;
  for (const PlotCurve& curve : plot.curves)
    for (const auto& [at, value] : curve.points) {
      x.hold(at);
      y.hold(value);
    }
  if (x.low > x.high) x = y = {0, 1};
  const double floor = height - bottom;
  const Scale across(x.low, x.high, left, width - right);
  const Scale up(y.low, y.high, floor, top);
  const double tall = height + legend_line * static_cast<double>(plot.curves.size());
  std::string svg = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" "
      "height=\"{1}\" font-family=\"sans-serif\" font-size=\"13\" fill=\"#222\">\n"
      "<style>.g{{stroke:#ddd}}</style>\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n",
      width, tall);
  svg += text(left, 24, "start", plot.title);
  svg += grid(across, up, floor);
  svg += text((left + width - right) / 2, floor + 40, "middle", plot.across);
  for (const PlotCurve& curve : plot.curves)
    svg += curve_line(curve, style_of(curve.style), across, up);
  return svg + legend(plot, height) + "</svg>\n";
}

}  // namespace troupe
