#include "datasets/relabelled.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/check.hpp"
#include "base/user_error.hpp"

namespace troupe {
namespace {

class RelabelledDataset final : public Dataset {
 public:
  RelabelledDataset(std::shared_ptr<const Dataset> set, std::vector<float> numbers,
                    const std::vector<std::string>& names)
      : set_(std::move(set)), numbers_(std::move(numbers)), facts_(set_->facts()) {
    facts_.positive = 0;
    for (LabelCount& count : facts_.labels) {
      count.value = number_of(count.value);
      if (count.value > 0) facts_.positive += count.rows;
    }
    std::ranges::sort(facts_.labels, {}, &LabelCount::value);
    facts_.label_names = names;
  }

  const DataFacts& facts() const override { return facts_; }
  std::vector<Cut> cuts() const override { return set_->cuts(); }

  Shard load(RowRange range) const override {
    struct Kept {
      Shard shard;
      std::vector<float> labels;
    };
    auto kept = std::make_shared<Kept>(Kept{set_->load(range), {}});
    const Rows& rows = kept->shard.rows();
    for (std::size_t i = 0; i < rows.size(); ++i) kept->labels.push_back(number_of(rows[i].label));
    const Rows changed = rows.with_labels(kept->labels.data());
    return {std::move(kept), changed};
  }

 private:
  float number_of(float label) const {
    const auto place = static_cast<std::size_t>(label);
    TROUPE_CHECK(place, <, numbers_.size());
    return numbers_[place];
  }

  std::shared_ptr<const Dataset> set_;
  std::vector<float> numbers_;  ///< by our own
  DataFacts facts_;
};

}  // namespace

std::shared_ptr<const Dataset> relabelled(std::shared_ptr<const Dataset> set,
                                          const std::vector<std::string>& names,
                                          const std::string& whose) {
  const DataFacts& facts = set->facts();
  if (facts.label_names == names) return set;
  const auto refuse = [&](const std::string& why) {
    throw UserError(ExitCode::data, facts.path + ": " + why);
  };
  if (names.empty() || facts.label_names.empty())
    refuse(std::string(names.empty() ? "labels are words, but those of "
                                     : "labels are numbers, but those of ") +
           whose + (names.empty() ? " are numbers" : " are words"));
  std::vector<float> numbers;
  for (const std::string& name : facts.label_names) {
    const auto at = std::ranges::find(names, name);
    if (at == names.end())
      refuse(fmt::format("the label '{}' is none of those of {}", name, whose));
    numbers.push_back(static_cast<float>(at - names.begin()));
  }
  return std::make_shared<RelabelledDataset>(std::move(set), std::move(numbers), names);
}

}  // namespace troupe
