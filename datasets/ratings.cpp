/// The generator of ratings: the product of two thin matrices plus noise, seen at
/// some places. It makes no user or item more popular than another.
#include <algorithm>
#include <cmath>

#include "base/random.hpp"
#include "base/user_error.hpp"
#include "datasets/generators.hpp"
#include "datasets/writer.hpp"

namespace troupe {
namespace {

constexpr std::uint64_t of_items = 40;
constexpr std::uint64_t of_user = 41;
constexpr std::uint64_t of_places = 42;
constexpr std::uint64_t of_rating_noise = 43;

void check(const RatingsOptions& options) {
  if (options.rows == 0 || options.features == 0 || options.rank == 0 || options.per_row == 0)
    throw UserError(ExitCode::usage,
                    "data make ratings: rows (users), features (items), rank and ratings a row "
                    "must be at least 1");
  if (!(options.noise >= 0 && options.noise <= 1e6))
    throw UserError(ExitCode::usage,
                    "data make ratings: noise must be a standard deviation from 0 to 1e6");
}

// Entries of this size give products of variance 1.
std::vector<float> factors(RandomStream stream, std::uint32_t rank, std::size_t count) {
  const double scale = std::pow(rank, -0.25);
  std::vector<float> values(count * rank);
  for (float& value : values) value = static_cast<float>(scale * stream.normal());
  return values;
}

/// Some of the items in ascending order, each choice equally likely.
class Places {
 public:
  explicit Places(const RatingsOptions& options) : options_(options), taken_(options.features) {}

  std::vector<std::uint32_t> draw(std::uint64_t user) {
    RandomStream stream(options_.seed, Purpose::generate, of_places, user);
    const std::uint64_t most = options_.per_row;
    const std::uint64_t wanted = most - most / 2 + stream.below(2 * (most / 2) + 1);
    const auto count = static_cast<std::uint32_t>(std::min<std::uint64_t>(wanted, taken_.size()));
    std::vector<std::uint32_t> items;
    // Floyd's sampling: as many draws as items, none in vain.
    for (std::uint32_t last = options_.features - count; last < options_.features; ++last) {
      const auto item = static_cast<std::uint32_t>(stream.below(std::uint64_t{last} + 1));
      items.push_back(taken_[item] ? last : item);
      taken_[items.back()] = true;
    }
    for (const std::uint32_t item : items) taken_[item] = false;
    std::ranges::sort(items);
    return items;
  }

 private:
  const RatingsOptions& options_;
  std::vector<bool> taken_;
};

}  // namespace

DataFacts make_ratings(const RatingsOptions& options, const std::string& path) {
  check(options);
  const std::vector<float> items = factors(RandomStream(options.seed, Purpose::generate, of_items),
                                           options.rank, options.features);
  DatasetWriter writer(path, {.sparse = true, .features = options.features});
  Places places(options);
  std::vector<float> values;
  for (std::uint64_t i = 0; i < options.rows; ++i) {
    const std::uint64_t user = options.first_row + i;
    const std::vector<float> taste =
        factors(RandomStream(options.seed, Purpose::generate, of_user, user), options.rank, 1);
    RandomStream noise(options.seed, Purpose::generate, of_rating_noise, user);
    const std::vector<std::uint32_t> rated = places.draw(user);
    values.clear();
    for (const std::uint32_t item : rated) {
      double rating = options.noise * noise.normal();
      for (std::uint32_t r = 0; r < options.rank; ++r)
        rating += static_cast<double>(taste[r]) *
                  static_cast<double>(items[std::size_t{item} * options.rank + r]);
      values.push_back(static_cast<float>(rating));
    }
    writer.add({rated.data(), values.data(), static_cast<std::uint32_t>(rated.size()), 0});
    if (options.progress && i % 4096 == 0) options.progress(i, options.rows);
  }
  return writer.finish();
}

}  // namespace troupe
