/// The generator of clusters: normal clouds about uniform centres. It does not
/// keep centres apart, so some clouds overlap.
#include "base/random.hpp"
#include "base/user_error.hpp"
#include "datasets/generators.hpp"
#include "datasets/writer.hpp"

namespace troupe {
namespace {

constexpr std::uint64_t of_centres = 30;
constexpr std::uint64_t of_blob_row = 31;
constexpr double half_side = 10;
// Labels are floats, which count no further.
constexpr std::uint32_t centres_max = 1U << 24;

void check(const BlobsOptions& options) {
  if (options.rows == 0 || options.features == 0 || options.centres == 0)
    throw UserError(ExitCode::usage,
                    "data make blobs: rows, features and centres must be at least 1");
  if (options.centres > centres_max)
    throw UserError(ExitCode::usage, "data make blobs: there may be at most 16777216 centres");
  if (!(options.noise >= 0 && options.noise <= 1e6))
    throw UserError(ExitCode::usage,
                    "data make blobs: noise must be a standard deviation from 0 to 1e6");
}

}  // namespace

std::vector<float> blob_centres(std::uint64_t seed, std::uint32_t centres, std::uint32_t features) {
  RandomStream stream(seed, Purpose::generate, of_centres);
  std::vector<float> values(std::size_t{centres} * features);
  for (float& value : values) value = static_cast<float>((2 * stream.uniform() - 1) * half_side);
  return values;
}

DataFacts make_blobs(const BlobsOptions& options, const std::string& path) {
  check(options);
  const std::vector<float> centres = blob_centres(options.seed, options.centres, options.features);
  DatasetWriter writer(path, {.sparse = false, .features = options.features});
  std::vector<float> values(options.features);
  for (std::uint64_t i = 0; i < options.rows; ++i) {
    RandomStream stream(options.seed, Purpose::generate, of_blob_row, options.first_row + i);
    const std::uint64_t which = stream.below(options.centres);
    const float* const centre = centres.data() + which * options.features;
    for (std::uint32_t j = 0; j < options.features; ++j)
      values[j] =
          static_cast<float>(static_cast<double>(centre[j]) + options.noise * stream.normal());
    writer.add({nullptr, values.data(), options.features, static_cast<float>(which)});
    if (options.progress && i % 4096 == 0) options.progress(i, options.rows);
  }
  return writer.finish();
}

}  // namespace troupe
