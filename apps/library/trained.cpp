#include "apps/library/trained.hpp"

#include <algorithm>
#include <numeric>

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

}  // namespace

Trained load_trained(const std::string& model_path, const std::string& data_path,
                     const Tables& tables) {
  ModelFile file = load_model(model_path);
  const ModelKind* kind = tables.models.find(file.kind);
  if (kind == nullptr)
    throw UserError(ExitCode::data, model_path + ": holds a model of the kind '" + file.kind +
                                        "', which this program does not have");
  auto data = open_dataset(data_path);
  if (data->facts().features != file.features)
    throw UserError(ExitCode::data, data_path + ": has " + std::to_string(data->facts().features) +
                                        " features and " + model_path + " was trained on " +
                                        std::to_string(file.features));
  const Config config = settings_of(model_path, file, tables);
  auto model = kind->make({config.settings(), data->facts(), data->facts().rows, false});
  if (model->layout().size() != file.parameters.size())
    throw UserError(ExitCode::data, model_path + ": has " + std::to_string(file.parameters.size()) +
                                        " parameters where '" + file.kind + "' has " +
                                        std::to_string(model->layout().size()));
  return {std::move(file), std::move(data), std::move(model)};
}

void for_each_part(const Trained& trained, const std::function<bool(const Batch&)>& part) {
  constexpr std::uint64_t size = 1U << 15U;
  std::vector<std::uint32_t> picks(size);
  std::iota(picks.begin(), picks.end(), 0U);
  const std::uint64_t rows = trained.data->facts().rows;
  for (std::uint64_t first = 0; first < rows; first += size) {
    const std::uint64_t last = std::min(rows, first + size);
    const Shard shard = trained.data->load({first, last});
    const Batch batch{shard.rows(), std::span(picks).first(last - first)};
    if (!part(batch)) return;
  }
}

Score score_of(const Trained& trained) {
  trained.model->check(trained.data->facts());
  Evaluation sum;
  const auto parameters = trained.file.parameters.values();
  for_each_part(trained, [&](const Batch& batch) {
    sum += trained.model->evaluate(parameters, batch);
    return true;
  });
  const double rows = static_cast<double>(std::max<std::uint64_t>(1, sum.rows));
  return {"data", sum.loss_sum / rows + trained.model->penalty(parameters),
          accuracy_of(*trained.model, sum), sum.rows};
}

}  // namespace troupe
