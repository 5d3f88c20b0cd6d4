/// The generator of digits: strokes of a pen, bent, turned, shifted and noisy, as
/// images of 28 x 28. It contains nobody's handwriting.
#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "base/random.hpp"
#include "base/user_error.hpp"
#include "datasets/generators.hpp"
#include "datasets/writer.hpp"

namespace troupe {
namespace {

constexpr std::uint64_t of_image = 50;
constexpr std::uint32_t image_pixels = digit_side * digit_side;

// In pixels; the digit's box is 20 high and 14 wide before it is distorted.
constexpr double shift_max = 2.5;
constexpr double turn_max = 0.3;
constexpr double slant_max = 0.25;
constexpr double bend = 0.7;  ///< standard deviation of each corner

struct Point {
  double x = 0;
  double y = 0;
};
using Stroke = std::vector<Point>;

// Angles in twelfths of a turn, from the right and downwards.
Stroke arc(Point centre, Point radius, int from, int to) {
  Stroke stroke;
  const int step = from < to ? 1 : -1;
  for (int i = from; i != to + step; i += step) {
    const double angle = i * std::numbers::pi / 6;
    stroke.push_back(
        {centre.x + radius.x * std::cos(angle), centre.y + radius.y * std::sin(angle)});
  }
  return stroke;
}

/// Strokes of each digit in the box [-7, 7] x [-10, 10], y downwards.
const std::array<std::vector<Stroke>, 10>& shapes() {
  static const std::array<std::vector<Stroke>, 10> all = {{
      {arc({0, 0}, {6, 10}, 0, 12)},
      {{{-4, -6}, {1, -10}, {1, 10}}},
      {{{-6, -5}, {-4, -9}, {0, -10}, {5, -9}, {6, -5}, {4, -1}, {-6, 10}, {7, 10}}},
      {arc({-1, -5}, {6, 5}, -5, 3), arc({-1, 5}, {7, 5}, -3, 5)},
      {{{3, 10}, {3, -10}, {-7, 4}, {7, 4}}},
      {{{6, -10}, {-4, -10}, {-5, -1}, {0, -3}, {5, -1}, {6, 4}, {4, 8}, {0, 10}, {-6, 8}}},
      {{{4, -10}, {-2, -6}, {-6, 1}, {-6, 5}}, arc({0, 4}, {6, 6}, 0, 12)},
      {{{-7, -10}, {7, -10}, {-1, 10}}},
      {arc({0, -5}, {5, 5}, 0, 12), arc({0, 5}, {6, 5}, 0, 12)},
      {arc({0, -4}, {6, 6}, 0, 12), {{6, -4}, {5, 3}, {1, 10}}},
  }};
  return all;
}

/// Turned, slanted, stretched and shifted, each corner a little out of place.
class Hand {
 public:
  explicit Hand(RandomStream& stream) : stream_(stream) {
    const double turn = within(turn_max);
    cosine_ = std::cos(turn);
    sine_ = std::sin(turn);
    slant_ = within(slant_max);
    stretch_ = {0.95 + within(0.2), 0.95 + within(0.15)};
    shift_ = {digit_side / 2.0 - 0.5 + within(shift_max),
              digit_side / 2.0 - 0.5 + within(shift_max)};
  }
  Point place(Point point) {
    const double x = (point.x - slant_ * point.y) * stretch_.x + bend * stream_.normal();
    const double y = point.y * stretch_.y + bend * stream_.normal();
    return {shift_.x + cosine_ * x - sine_ * y, shift_.y + sine_ * x + cosine_ * y};
  }
  double within(double most) { return most * (2 * stream_.uniform() - 1); }

 private:
  RandomStream& stream_;
  double cosine_ = 1;
  double sine_ = 0;
  double slant_ = 0;
  Point stretch_;
  Point shift_;
};

double distance(Point from, Point to, Point point) {
  const double along_x = to.x - from.x;
  const double along_y = to.y - from.y;
  const double square = along_x * along_x + along_y * along_y;
  const double dot = (point.x - from.x) * along_x + (point.y - from.y) * along_y;
  const double share = square > 0 ? std::clamp(dot / square, 0.0, 1.0) : 0.0;
  const double x = point.x - from.x - share * along_x;
  const double y = point.y - from.y - share * along_y;
  return std::sqrt(x * x + y * y);
}

/// Inks what lies within half the width of a segment, with a soft edge.
class Canvas {
 public:
  explicit Canvas(double width) : half_(width / 2) {}

  void line(Point from, Point to) {
    const double reach = half_ + 1;
    const auto [left, right] = span(std::min(from.x, to.x) - reach, std::max(from.x, to.x) + reach);
    const auto [top, bottom] = span(std::min(from.y, to.y) - reach, std::max(from.y, to.y) + reach);
    for (std::uint32_t y = top; y < bottom; ++y)
      for (std::uint32_t x = left; x < right; ++x) {
        const double away = distance(from, to, {static_cast<double>(x), static_cast<double>(y)});
        double& ink = ink_[y * digit_side + x];
        ink = std::max(ink, std::clamp(half_ + 0.5 - away, 0.0, 1.0));
      }
  }

  // In steps of 1/255, as a scanner gives them, so that another libm gives the same file.
  void scan(RandomStream& stream, double noise, std::vector<float>& image) const {
    for (std::uint32_t i = 0; i < image_pixels; ++i) {
      const double value = std::clamp(ink_[i] + noise * stream.normal(), 0.0, 1.0);
      image[i] = static_cast<float>(std::round(value * 255) / 255);
    }
  }

 private:
  static std::pair<std::uint32_t, std::uint32_t> span(double low, double high) {
    return {static_cast<std::uint32_t>(std::clamp(std::floor(low), 0.0, double{digit_side})),
            static_cast<std::uint32_t>(std::clamp(std::ceil(high), 0.0, double{digit_side}))};
  }
  double half_;
  std::array<double, image_pixels> ink_{};
};

void draw(std::uint64_t digit, RandomStream& stream, double noise, std::vector<float>& image) {
  Hand hand(stream);
  Canvas canvas(2.2 + hand.within(0.8));
  for (const Stroke& stroke : shapes()[digit]) {
    const Point first = hand.place(stroke.front());
    Point last = first;
    for (std::size_t i = 1; i < stroke.size(); ++i) {
      // A full turn, as arc(..., 0, 12) draws it, ends where it began.
      const bool closes = i + 1 == stroke.size() && i > 11;
      const Point next = closes ? first : hand.place(stroke[i]);
      canvas.line(last, next);
      last = next;
    }
  }
  canvas.scan(stream, noise, image);
}

}  // namespace

DataFacts make_digits(const DigitsOptions& options, const std::string& path) {
  if (options.rows == 0) throw UserError(ExitCode::usage, "data make digits: needs at least 1 row");
  if (!(options.noise >= 0 && options.noise <= 10))
    throw UserError(ExitCode::usage,
                    "data make digits: noise must be a standard deviation from 0 to 10");
  DatasetWriter writer(path, {.sparse = false, .features = image_pixels});
  std::vector<float> image(image_pixels);
  for (std::uint64_t i = 0; i < options.rows; ++i) {
    RandomStream stream(options.seed, Purpose::generate, of_image, options.first_row + i);
    const std::uint64_t digit = stream.below(10);
    draw(digit, stream, options.noise, image);
    writer.add({nullptr, image.data(), image_pixels, static_cast<float>(digit)});
    if (options.progress && i % 1024 == 0) options.progress(i, options.rows);
  }
  return writer.finish();
}

}  // namespace troupe
