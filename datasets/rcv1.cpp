/// The generator of documents shaped like RCV1: power-law words, tf-idf values of
/// norm 1, labels by a sparse hyperplane. It knows nothing of any real document.
#include <algorithm>
#include <bit>
#include <cmath>

#include "base/random.hpp"
#include "base/user_error.hpp"
#include "datasets/generators.hpp"
#include "datasets/writer.hpp"

namespace troupe {
namespace {

constexpr std::uint64_t of_order = 20;
constexpr std::uint64_t of_weights = 21;
constexpr std::uint64_t of_calibration = 22;
constexpr std::uint64_t of_document = 23;

// Tuned so that frequencies resemble the corpus and liblinear reaches the
// recorded accuracy; see docs/generators.md.
constexpr double word_exponent = 1.75;
constexpr double word_offset = 130;
constexpr double length_mean = 76;
constexpr double length_spread = 0.66;
constexpr std::uint32_t length_min = 8;
constexpr std::uint32_t length_max = 800;
constexpr double weighted_share = 0.43;
constexpr std::uint32_t weighted_ranks = 3000;
constexpr double positive_share = 0.47;
constexpr std::uint32_t avoided = 49600;  ///< of 65536
constexpr std::uint32_t calibration_rows = 8192;

/// Draws an item in two look-ups: Walker's alias method, with Vose's set-up.
class AliasTable {
 public:
  explicit AliasTable(std::vector<double> weights) : cells_(weights.size()) {
    double total = 0;
    for (const double weight : weights) total += weight;
    std::vector<std::uint32_t> small;
    std::vector<std::uint32_t> large;
    for (std::uint32_t i = 0; i < weights.size(); ++i) {
      weights[i] *= static_cast<double>(weights.size()) / total;
      (weights[i] < 1 ? small : large).push_back(i);
    }
    for (std::uint32_t i = 0; i < cells_.size(); ++i) cells_[i] = {UINT32_MAX, i};
    while (!small.empty() && !large.empty()) {
      const std::uint32_t low = small.back();
      const std::uint32_t high = large.back();
      small.pop_back();
      cells_[low] = {static_cast<std::uint32_t>(weights[low] * 0x1p32), high};
      weights[high] -= 1 - weights[low];
      if (weights[high] >= 1) continue;
      large.pop_back();
      small.push_back(high);
    }
  }
  /// From 64 random bits.
  std::uint32_t pick(std::uint64_t bits) const {
    const std::uint64_t place = (bits >> 32) * cells_.size();
    const Cell& cell = cells_[place >> 32];
    // The low half decides within the cell; the product's low half is as good as new.
    return static_cast<std::uint32_t>(place) < cell.threshold
               ? static_cast<std::uint32_t>(place >> 32)
               : cell.other;
  }

 private:
  struct Cell {
    std::uint32_t threshold;
    std::uint32_t other;
  };
  std::vector<Cell> cells_;
};

std::vector<double> popularity(std::uint32_t features) {
  std::vector<double> weights(features);
  for (std::uint32_t rank = 0; rank < features; ++rank)
    weights[rank] = std::pow(rank + word_offset, -word_exponent);
  return weights;
}

struct Document {
  std::vector<std::uint32_t> index;
  std::vector<float> value;
  float label = 0;
};

class Corpus {
 public:
  explicit Corpus(const Rcv1Options& options)
      : options_(options),
        words_(popularity(options.features)),
        feature_(options.features),
        idf_(options.features),
        weight_(options.features),
        seen_(options.features) {
    for (std::uint32_t rank = 0; rank < options.features; ++rank) feature_[rank] = rank;
    shuffle(feature_, RandomStream(options.seed, Purpose::generate, of_order));
    weigh();
    calibrate();
  }

  void write(std::uint64_t row, Document& document) {
    RandomStream stream(options_.seed, Purpose::generate, of_document, row);
    draw(stream, document);
    const Sides sides = score(document);
    const bool above = sides.for_it > threshold_ * sides.against;
    const bool flipped = stream.uniform() < options_.noise;
    document.label = above != flipped ? 1.0F : -1.0F;
  }

 private:
  struct Sides {
    double for_it = 0;
    double against = 0;
  };

  // Rare words count more, as in tf-idf, and some words speak for or against.
  void weigh() {
    const std::vector<double> weights = popularity(options_.features);
    double total = 0;
    for (const double weight : weights) total += weight;
    RandomStream stream(options_.seed, Purpose::generate, of_weights);
    for (std::uint32_t rank = 0; rank < options_.features; ++rank) {
      const double documents = -std::expm1(-length_mean * weights[rank] / total);
      // In steps of 1/1024, so that another libm gives the same file.
      idf_[feature_[rank]] = static_cast<float>(std::round(-std::log(documents) * 1024) / 1024);
      const bool chosen = rank < weighted_ranks && stream.uniform() < weighted_share;
      const double strength = stream.normal();
      if (chosen) weight_[feature_[rank]] = static_cast<float>(strength);
    }
  }

  // The two sides are balanced against each other, not against a bias, so that
  // the hyperplane goes through the origin and still gives the wanted share.
  void calibrate() {
    std::vector<double> ratios;
    Document document;
    for (std::uint32_t i = 0; i < calibration_rows; ++i) {
      RandomStream stream(options_.seed, Purpose::generate, of_calibration, i);
      draw(stream, document);
      const Sides sides = score(document);
      ratios.push_back(sides.for_it / (sides.against + 1e-9));
    }
    const auto middle =
        ratios.begin() + static_cast<std::ptrdiff_t>((1 - positive_share) * calibration_rows);
    std::nth_element(ratios.begin(), middle, ratios.end());
    threshold_ = *middle;
  }

  Sides score(const Document& document) const {
    Sides sides;
    for (std::size_t i = 0; i < document.index.size(); ++i) {
      const double part = static_cast<double>(document.value[i]) * weight_[document.index[i]];
      (part > 0 ? sides.for_it : sides.against) += std::fabs(part);
    }
    return sides;
  }

  std::uint32_t draw_length(RandomStream& stream) const {
    const double centre = std::log(length_mean) - length_spread * length_spread / 2;
    const double length = std::exp(centre + length_spread * stream.normal());
    const auto words = static_cast<std::uint32_t>(std::min<double>(length + 0.5, length_max));
    return std::min(std::max(words, length_min), options_.features / 4 + 1);
  }

  // Keys carry the word above its count: one sort orders both.
  void draw(RandomStream& stream, Document& document) {
    const std::uint32_t length = draw_length(stream);
    const float leaning = stream.uniform() < positive_share ? 1.0F : -1.0F;
    ++document_;
    keys_.clear();
    while (keys_.size() < length) {
      const std::uint64_t bits = stream.next();
      const std::uint32_t feature = feature_[words_.pick(bits)];
      if (seen_[feature] == document_) continue;
      // A document keeps to its side: most of the words against it are not said.
      if (leaning * weight_[feature] < 0 && (bits & 0xffffU) < avoided) continue;
      seen_[feature] = document_;
      const auto repeats = static_cast<std::uint32_t>(std::countr_zero(bits >> 16 | 32U));
      keys_.push_back(std::uint64_t{feature} << 8 | repeats);
    }
    std::sort(keys_.begin(), keys_.end());
    static constexpr float frequency[] = {1, 1.693F, 2.099F, 2.386F, 2.609F, 2.792F};
    document.index.resize(length);
    document.value.resize(length);
    double square = 0;
    for (std::uint32_t i = 0; i < length; ++i) {
      document.index[i] = static_cast<std::uint32_t>(keys_[i] >> 8);
      document.value[i] = frequency[keys_[i] & 255] * idf_[document.index[i]];
      square += static_cast<double>(document.value[i]) * static_cast<double>(document.value[i]);
    }
    const auto scale = static_cast<float>(1 / std::sqrt(square));
    for (float& value : document.value) value *= scale;
  }

  Rcv1Options options_;
  AliasTable words_;
  std::vector<std::uint32_t> feature_;  // by rank
  std::vector<float> idf_;              // by feature
  std::vector<float> weight_;
  double threshold_ = 1;
  std::vector<std::uint64_t> seen_;
  std::uint64_t document_ = 0;
  std::vector<std::uint64_t> keys_;
};

}  // namespace

DataFacts make_rcv1(const Rcv1Options& options, const std::string& path) {
  if (options.rows == 0 || options.features < 100)
    throw UserError(ExitCode::usage,
                    "data make rcv1: needs at least 1 row and at least 100 features");
  if (!(options.noise >= 0 && options.noise <= 1))
    throw UserError(ExitCode::usage, "data make rcv1: noise must be a share from 0 to 1");
  Corpus corpus(options);
  DatasetWriter writer(path, {.sparse = true, .features = options.features});
  Document document;
  for (std::uint64_t i = 0; i < options.rows; ++i) {
    corpus.write(options.first_row + i, document);
    writer.add({document.index.data(), document.value.data(),
                static_cast<std::uint32_t>(document.index.size()), document.label});
    if (options.progress && i % 4096 == 0) options.progress(i, options.rows);
  }
  return writer.finish();
}

}  // namespace troupe
