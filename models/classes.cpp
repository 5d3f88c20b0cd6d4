#include "models/classes.hpp"

#include <cmath>

#include "base/user_error.hpp"

namespace troupe {
namespace {

constexpr double classes_max = 1000;
constexpr const char* counted = "classes are numbered 0, 1, 2 and so on";

[[noreturn]] void refuse(const DataFacts& facts, const std::string& why) {
  throw UserError(ExitCode::data, facts.path + ": " + why);
}

std::string text_of(float value) {
  const auto whole = static_cast<long long>(value);
  return static_cast<float>(whole) == value ? std::to_string(whole) : std::to_string(value);
}

std::string list_of(const DataFacts& facts) {
  constexpr std::size_t shown = 4;
  std::string text;
  for (std::size_t i = 0; i < facts.labels.size() && i < shown; ++i)
    text += (i == 0 ? "" : ", ") + text_of(facts.labels[i].value);
  return text + (facts.labels.size() > shown ? ", ..." : "");
}

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

void check_classes(const DataFacts& facts, std::uint32_t classes) {
  if (too_many(facts)) refuse(facts, more_than_counted() + " are no classes; " + counted);
  for (const LabelCount& label : facts.labels) {
    if (!(label.value >= 0) || std::floor(label.value) != label.value)
      refuse(facts, "the label " + text_of(label.value) + " is no class; " + counted);
    if (label.value >= static_cast<float>(classes))
      refuse(facts, "the label " + text_of(label.value) + " is beyond the model's " +
                        std::to_string(classes) + " classes; " + counted);
  }
}

Key classes_key() {
  return {.path = "classes",
          .type = KeyType::integer,
          .minimum = 2,
          .maximum = classes_max,
          .choices = {"auto"},
          .standard = std::string("auto"),
          .sentence =
              "how many classes there are, labels 0, 1, 2 and so on; auto: as many as the "
              "largest label of the data says"};
}

std::uint32_t classes_of(const ModelRequest& request, const std::string& kind) {
  const std::string path = "model." + kind + ".classes";
  if (!request.settings.is_text(path))
    return static_cast<std::uint32_t>(request.settings.integer(path));
  check_classes(request.facts, static_cast<std::uint32_t>(classes_max));
  const float largest = request.facts.labels.empty() ? 0.0F : request.facts.labels.back().value;
  return std::max(2U, static_cast<std::uint32_t>(largest) + 1);
}

}  // namespace troupe
