/// Labels as classes: which labels a model of two or of several classes takes,
/// and how a set that holds others is refused. It maps no label to another.
#pragma once

#include <cstdint>
#include <string>

#include "models/model.hpp"

namespace troupe {

/// Refuses more than two different labels, and two that count as one class.
void check_two_classes(const DataFacts& facts);

/// Refuses labels that are not among 0, 1, ... classes - 1.
void check_classes(const DataFacts& facts, std::uint32_t classes);

/// The key "classes" of a kind that tells several classes apart.
Key classes_key();
/// What "model.<kind>.classes" comes to: the number, or what the labels say.
std::uint32_t classes_of(const ModelRequest& request, const std::string& kind);

}  // namespace troupe
