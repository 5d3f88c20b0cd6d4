#include "models/classes.hpp"

#include <algorithm>
#include <cmath>
#include <functional>

#include "base/check.hpp"
#include "base/user_error.hpp"

namespace troupe {
namespace {

constexpr double classes_max = 1000;
[[noreturn]] void refuse(const DataFacts& facts, const std::string& why) {
  throw UserError(ExitCode::data, facts.path + ": " + why);
}

std::string text_of(float value) {
  const auto whole = static_cast<long long>(value);
  return static_cast<float>(whole) == value ? std::to_string(whole) : std::to_string(value);
}

std::string list_of(const std::vector<float>& labels) {
  constexpr std::size_t shown = 4;
  std::string text;
  for (std::size_t i = 0; i < labels.size() && i < shown; ++i)
    text += (i == 0 ? "" : ", ") + text_of(labels[i]);
  return text + (labels.size() > shown ? ", ..." : "");
}

std::string list_of(const DataFacts& facts) {
  std::vector<float> labels;
  for (const LabelCount& count : facts.labels) labels.push_back(count.value);
  return list_of(labels);
}

bool whole(float label) { return std::floor(label) == label; }

bool too_many(const DataFacts& facts) { return facts.labels.empty() && facts.rows > 0; }

std::string more_than_counted() {
  return "more than " + std::to_string(label_values_max) + " different labels";
}

}  // namespace

void check_two_classes(const DataFacts& facts) {
  const std::string fix =
      ", but this model tells labels > 0 from all others; for more classes there is model.kind = "
      "\"softmax\", for numbers model.kind = \"linear\"";
  if (too_many(facts)) refuse(facts, more_than_counted() + fix);
  if (facts.labels.size() > 2)
    refuse(facts, std::to_string(facts.labels.size()) + " different labels (" + list_of(facts) +
                      ")" + fix);
  if (facts.labels.size() == 2 && (facts.positive == 0 || facts.positive == facts.rows))
    refuse(facts, "the labels " + list_of(facts) +
                      " are one class to this model, which tells labels > 0 from all others; " +
                      "write them as -1 and 1");
}

std::vector<float> two_classes_of(const DataFacts& facts) {
  std::vector<float> labels = {-1, 1};
  for (const LabelCount& count : facts.labels) labels[count.value > 0 ? 1 : 0] = count.value;
  return labels;
}

Classes::Classes(std::vector<float> labels)
    : count_(static_cast<std::uint32_t>(labels.size())), labels_(std::move(labels)) {
  TROUPE_CHECK(count_, >, 1U);
  TROUPE_CHECK(std::ranges::is_sorted(labels_, std::less_equal<>()), ==, true);
  if (labels_.front() == 0 && labels_.back() == static_cast<float>(count_ - 1) &&
      std::ranges::all_of(labels_, whole))
    labels_.clear();
}

std::uint32_t Classes::number_of(float label) const {
  if (labels_.empty()) {
    TROUPE_CHECK(label, >=, 0.0F);
    TROUPE_CHECK(label, <, static_cast<float>(count_));
    return static_cast<std::uint32_t>(label);
  }
  const auto at = std::ranges::lower_bound(labels_, label);
  TROUPE_CHECK(at != labels_.end() && *at == label, ==, true);
  return static_cast<std::uint32_t>(at - labels_.begin());
}

std::vector<float> Classes::labels() const {
  std::vector<float> all;
  for (std::uint32_t i = 0; i < count_; ++i) all.push_back(label_of(i));
  return all;
}

void Classes::check(const DataFacts& facts) const {
  if (too_many(facts)) refuse(facts, more_than_counted() + " are no classes");
  for (const LabelCount& count : facts.labels) {
    if (!whole(count.value))
      refuse(facts,
             "the label " + text_of(count.value) + " is no class: classes are whole numbers");
    const bool known = labels_.empty()
                           ? count.value >= 0 && count.value < static_cast<float>(count_)
                           : std::ranges::binary_search(labels_, count.value);
    if (!known)
      refuse(facts, "the label " + text_of(count.value) + " is none of the model's " +
                        std::to_string(count_) + " classes " + list_of(labels()));
  }
}

std::map<std::string, Value> Classes::resolved(const std::string& kind) const {
  return {{"model." + kind + ".classes", std::int64_t{count_}},
          {"model." + kind + ".labels", std::vector<double>(labels_.begin(), labels_.end())}};
}

std::vector<Key> classes_keys() {
  return {{.path = "classes",
           .type = KeyType::integer,
           .minimum = 2,
           .maximum = classes_max,
           .choices = {"auto"},
           .standard = std::string("auto"),
           .sentence = "how many classes there are; a number: their labels are 0, 1, 2 and so "
                       "on; auto: as many as there are different labels"},
          {.path = "labels",
           .type = KeyType::numbers,
           .minimum = -0x1p24,
           .maximum = 0x1p24,
           .standard = std::vector<double>{},
           .sentence = "the label of each class, ascending; without them the different labels of "
                       "the training set, or 0, 1, 2 and so on where 'classes' is a number"}};
}

namespace {

std::vector<float> given_labels(const ModelRequest& request, const std::string& kind) {
  const std::string path = "model." + kind + ".labels";
  std::vector<float> labels;
  for (const double label : request.settings.numbers(path))
    labels.push_back(static_cast<float>(label));
  if (labels.empty()) return labels;
  if (labels.size() == 1 || !std::ranges::is_sorted(labels, std::less_equal<>()) ||
      !std::ranges::all_of(labels, whole))
    throw UserError(ExitCode::usage,
                    path +
                        ": the labels of classes are two or more whole numbers in ascending "
                        "order, such as [1, 2, 3]");
  const std::string count = "model." + kind + ".classes";
  if (!request.settings.is_text(count) &&
      request.settings.integer(count) != static_cast<std::int64_t>(labels.size()))
    throw UserError(ExitCode::usage, path + " lists " + std::to_string(labels.size()) +
                                         " labels, but " + count + " = " +
                                         std::to_string(request.settings.integer(count)));
  return labels;
}

}  // namespace

Classes classes_of(const ModelRequest& request, const std::string& kind) {
  std::vector<float> labels = given_labels(request, kind);
  if (!labels.empty()) return Classes(std::move(labels));
  const std::string path = "model." + kind + ".classes";
  if (!request.settings.is_text(path))
    return Classes(static_cast<std::uint32_t>(request.settings.integer(path)));
  const DataFacts& facts = request.facts;
  if (too_many(facts)) refuse(facts, more_than_counted() + " are no classes");
  for (const LabelCount& count : facts.labels) labels.push_back(count.value);
  // Names were numbered from 0, and a file may hold fewer rows than names.
  if (!facts.label_names.empty())
    return Classes(std::max(2U, static_cast<std::uint32_t>(facts.label_names.size())));
  if (labels.size() < 2 || !std::ranges::all_of(labels, whole)) {
    Classes two(2);
    two.check(facts);
    return two;
  }
  return Classes(std::move(labels));
}

}  // namespace troupe
