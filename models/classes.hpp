/// Labels as classes: which labels a model of two or of several classes takes, what
/// number each has inside a model, and how a set that holds others is refused.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "models/model.hpp"

namespace troupe {

/// Refuses more than two different labels, and two that count as one class.
void check_two_classes(const DataFacts& facts);
/// The labels of the two: what is not > 0, and what is.
std::vector<float> two_classes_of(const DataFacts& facts);

/// The classes of a model that tells several apart, numbered from 0.
class Classes {
 public:
  /// The labels are the numbers themselves.
  explicit Classes(std::uint32_t count) : count_(count) {}
  /// The labels in ascending order, two or more.
  explicit Classes(std::vector<float> labels);

  std::uint32_t size() const { return count_; }
  float label_of(std::uint32_t number) const {
    return labels_.empty() ? static_cast<float>(number) : labels_[number];
  }
  /// Of a label that check() let pass.
  std::uint32_t number_of(float label) const;
  /// Refuses a set with another label.
  void check(const DataFacts& facts) const;
  /// Every label in turn.
  std::vector<float> labels() const;
  /// The keys of `kind` with what the data decided.
  std::map<std::string, Value> resolved(const std::string& kind) const;

 private:
  std::uint32_t count_;
  std::vector<float> labels_;  ///< empty: 0, 1, 2 and so on
};

/// The keys "classes" and "labels" of a kind that tells several classes apart.
std::vector<Key> classes_keys();
/// What "model.<kind>.classes" and "labels" come to for this set.
Classes classes_of(const ModelRequest& request, const std::string& kind);

}  // namespace troupe
