#include "apps/library/trained.hpp"

#include <algorithm>
#include <map>

#include "base/user_error.hpp"
#include "config/config.hpp"
#include "runtime/assemble.hpp"

namespace troupe {
namespace {

/// The model's own keys, read like a configuration of nothing else.
Config settings_of(const std::string& path, const ModelFile& file, const Tables& tables) {
  ConfigSources sources;
  sources.file = path;
  for (const auto& [key, value] : file.settings)
    sources.text.append(key).append(" = ").append(value).append("\n");
  try {
    return Config::load(schema_of(tables), sources);
  } catch (const UserError& error) {
    throw UserError(ExitCode::data, std::string(error.what()) + " (in the settings that " + path +
                                        " was trained with; this is troupe of another version?)");
  }
}

/// What a model may ask of the rows that it was trained on: no more than their width.
DataFacts facts_of(const std::string& path, const ModelFile& file) {
  DataFacts facts;
  facts.path = path;
  facts.sparse = true;
  facts.rows = 1;
  facts.features = file.features;
  facts.rows_per_feature.assign(file.features, 1);
  return facts;
}

/// Counts labels as a data set's file would have, so that a model can judge them.
class LabelCounter {
 public:
  explicit LabelCounter(const std::string& path) { facts_.path = path; }
  const DataFacts& add(const Batch& batch) {
    facts_.rows += batch.size();
    for (std::size_t i = 0; i < batch.size(); ++i) {
      if (batch[i].label > 0) ++facts_.positive;
      if (counts_.size() <= label_values_max) ++counts_[batch[i].label];
    }
    facts_.labels.clear();
    if (counts_.size() <= label_values_max)
      for (const auto& [value, rows] : counts_) facts_.labels.push_back({value, rows});
    return facts_;
  }

 private:
  DataFacts facts_;
  std::map<float, std::uint64_t> counts_;
};

}  // namespace

Trained load_trained(const std::string& path, const Tables& tables) {
  ModelFile file = load_model(path);
  const ModelKind* kind = tables.models.find(file.kind);
  if (kind == nullptr)
    throw UserError(ExitCode::data, path + ": holds a model of the kind '" + file.kind +
                                        "', which this program does not have");
  const Config config = settings_of(path, file, tables);
  const DataFacts facts = facts_of(path, file);
  auto model = kind->make({config.settings(), facts, facts.rows, false});
  if (model->layout().size() != file.parameters.size())
    throw UserError(ExitCode::data, path + ": has " + std::to_string(file.parameters.size()) +
                                        " parameters where '" + file.kind + "' has " +
                                        std::to_string(model->layout().size()));
  if (model->traits().classifies) {
    // Files of the first version name no classes.
    if (file.classes.empty())
      for (const float label : model->class_labels(facts)) file.classes.push_back({label, {}});
    const std::size_t expected = std::max<std::size_t>(2, model->scores_per_row());
    if (file.classes.size() != expected)
      throw UserError(ExitCode::data, path + ": names " + std::to_string(file.classes.size()) +
                                          " classes where '" + file.kind + "' tells " +
                                          std::to_string(expected) + " apart");
  }
  return {path, std::move(file), std::move(model)};
}

Score score_of(const Trained& trained, const InputRequest& input) {
  LabelCounter labels(input.path);
  Evaluation sum;
  const auto parameters = trained.file.parameters.values();
  for_each_block(input, trained.file, [&](const Batch& batch) {
    if (!input.options.unlabelled) trained.model->check(labels.add(batch));
    sum += trained.model->evaluate(parameters, batch);
    return true;
  });
  const double rows = static_cast<double>(std::max<std::uint64_t>(1, sum.rows));
  return {"data", sum.loss_sum / rows + trained.model->penalty(parameters),
          accuracy_of(*trained.model, sum), sum.rows};
}

}  // namespace troupe
