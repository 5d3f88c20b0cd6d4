/// The generator of dense linear problems. It plants no bias.
#include <cmath>

#include "base/random.hpp"
#include "base/user_error.hpp"
#include "datasets/generators.hpp"
#include "datasets/writer.hpp"

namespace troupe {
namespace {

constexpr std::uint64_t of_hyperplane = 10;
constexpr std::uint64_t of_linear_row = 11;
constexpr std::uint64_t of_noise = 12;

void check(const LinearOptions& options) {
  if (options.rows == 0 || options.features == 0)
    throw UserError(ExitCode::usage, "data make linear: rows and features must be at least 1");
  if (!(options.noise >= 0) || (!options.real_labels && options.noise > 1))
    throw UserError(ExitCode::usage,
                    "data make linear: noise must be a share from 0 to 1, or with real labels a "
                    "standard deviation of at least 0");
}

}  // namespace

std::vector<float> linear_hyperplane(std::uint64_t seed, std::uint32_t features) {
  RandomStream stream(seed, Purpose::generate, of_hyperplane);
  std::vector<double> weights(features);
  double square = 0;
  for (double& weight : weights) {
    weight = stream.normal();
    square += weight * weight;
  }
  std::vector<float> unit;
  for (const double weight : weights)
    unit.push_back(static_cast<float>(weight / std::sqrt(square)));
  return unit;
}

DataFacts make_linear(const LinearOptions& options, const std::string& path) {
  check(options);
  const std::vector<float> plane = linear_hyperplane(options.seed, options.features);
  DatasetWriter writer(path, {.sparse = false, .features = options.features});
  std::vector<float> values(options.features);
  for (std::uint64_t i = 0; i < options.rows; ++i) {
    const std::uint64_t row = options.first_row + i;
    RandomStream stream(options.seed, Purpose::generate, of_linear_row, row);
    double score = 0;
    for (std::uint32_t j = 0; j < options.features; ++j) {
      values[j] = static_cast<float>(stream.normal());
      score += static_cast<double>(plane[j]) * static_cast<double>(values[j]);
    }
    RandomStream noise(options.seed, Purpose::generate, of_noise, row);
    double label = score > 0 ? 1 : -1;
    if (options.real_labels)
      label = score + options.noise * noise.normal();
    else if (noise.uniform() < options.noise)
      label = -label;
    writer.add({nullptr, values.data(), options.features, static_cast<float>(label)});
    if (options.progress && i % 4096 == 0) options.progress(i, options.rows);
  }
  return writer.finish();
}

}  // namespace troupe
