#include "apps/library/input.hpp"

#include <algorithm>
#include <fstream>
#include <numeric>

#include "base/user_error.hpp"
#include "datasets/dataset.hpp"
#include "datasets/owned_rows.hpp"
#include "datasets/relabelled.hpp"

namespace troupe {
namespace {

constexpr std::size_t block_entries = std::size_t{1} << 20;

/// Thrown through an importer when nobody wants more rows.
struct Enough {};

[[noreturn]] void refuse_width(const std::string& path, std::uint32_t features,
                               const ModelFile& model) {
  throw UserError(ExitCode::data, path + ": has " + std::to_string(features) +
                                      " features, but the model has " +
                                      std::to_string(model.features));
}

/// Collects rows as the model wants them, and shows them block by block.
class Blocks final : public RowSink {
 public:
  Blocks(const InputRequest& request, const ModelFile& model,
         const std::function<bool(const Batch&)>& use)
      : request_(request), model_(model), use_(use) {}

  void begin(bool sparse, std::uint32_t features) override {
    if (sparse ? features > model_.features : features != model_.features)
      refuse_width(request_.path, features, model_);
    // Where zeros become other numbers, sparse rows are written out.
    rows_ = OwnedRows(sparse && !model_.normalisation.fills_zeros(), model_.features);
  }

  void add(const RowView& row) override {
    if (row.index != nullptr && row.size > 0 && row.index[row.size - 1] >= model_.features)
      refuse_width(request_.path, row.index[row.size - 1] + 1, model_);
    model_.normalisation.apply(row, rows_.add(row));
    if (rows_.size() >= request_.block_rows || rows_.entries() >= block_entries) flush();
  }

  void flush() {
    if (rows_.size() == 0) return;
    picks_.resize(rows_.size());
    std::iota(picks_.begin(), picks_.end(), 0U);
    const Rows rows = rows_.rows();
    if (!use_(Batch{rows, picks_})) throw Enough();
    rows_.clear();
  }

 private:
  const InputRequest& request_;
  const ModelFile& model_;
  const std::function<bool(const Batch&)>& use_;
  OwnedRows rows_;
  std::vector<std::uint32_t> picks_;
};

bool is_hdf5(const std::string& path) {
  constexpr std::string_view magic("\x89HDF\r\n\x1a\n", 8);
  std::string head(magic.size(), '\0');
  std::ifstream file(path, std::ios::binary);
  return file.read(head.data(), static_cast<std::streamsize>(head.size())) && head == magic;
}

std::vector<std::string> names_of(const ModelFile& model) {
  std::vector<std::string> names;
  for (const ClassLabel& one : model.classes)
    if (!one.name.empty()) names.push_back(one.name);
  return names;
}

void refuse_options(const InputRequest& request) {
  const ImportOptions& options = request.options;
  const bool none = options.format.empty() && !options.base && options.labels.empty() &&
                    options.label_column.empty() && options.delimiter.empty();
  if (!none)
    throw UserError(ExitCode::usage, request.command + ": " + request.path +
                                         " is a data set of ours, which needs no --format, --base, "
                                         "--labels, --label-column or --delimiter");
}

void read_dataset(const InputRequest& request, const ModelFile& model, Blocks& blocks) {
  refuse_options(request);
  auto set = open_dataset(request.path);
  if (!request.options.unlabelled && !model.classes.empty())
    set = relabelled(std::move(set), names_of(model), "the model");
  blocks.begin(set->facts().sparse, set->facts().features);
  for (const Cut& cut : set->cuts()) {
    const Shard shard = set->load(cut.rows);
    for (std::size_t i = 0; i < shard.rows().size(); ++i) blocks.add(shard.rows()[i]);
  }
}

void read_raw(const InputRequest& request, const ModelFile& model, Blocks& blocks) {
  ImportOptions options = request.options;
  const Importer& importer = importer_for(request.path, options, request.command);
  if (importer.name == "ratings" || importer.name == "dimacs")
    throw UserError(ExitCode::data, request.path + ": read as " + std::string(importer.name) +
                                        ", which no model is applied to; --format names another");
  if (std::ranges::find(importer.takes, "--features") != importer.takes.end())
    options.features = model.features;
  options.features_said = "the model has";
  options.label_names = names_of(model);
  // Only a column of text can hold words; a number would be taken for a word's number.
  if (!options.unlabelled && !options.label_names.empty() && importer.name != "csv")
    throw UserError(ExitCode::data,
                    request.path + ": labels are numbers, but those of the model are words");
  importer.run({request.path}, options, blocks);
}

}  // namespace

void for_each_block(const InputRequest& request, const ModelFile& model,
                    const std::function<bool(const Batch&)>& use) {
  Blocks blocks(request, model, use);
  try {
    if (is_hdf5(request.path))
      read_dataset(request, model, blocks);
    else
      read_raw(request, model, blocks);
    blocks.flush();
  } catch (const Enough&) {
  }
}

std::vector<Argument> input_arguments(bool labels) {
  std::vector<Argument> all = {
      {.name = "--data",
       .value = "FILE",
       .sentence = "rows: a data set (HDF5), or a file of svmlight, CSV, IDX, NPZ or CIFAR-10",
       .required = true},
      {.name = "--format",
       .value = "FORMAT",
       .sentence = "of a file that is no HDF5; found from the content unless given",
       .words = {"idx", "npz", "cifar10", "svmlight", "csv"}},
      {.name = "--base",
       .value = "0|1",
       .sentence = "svmlight: the smallest index; found from the data unless given",
       .words = {"0", "1"}},
      {.name = "--label-column",
       .value = "COLUMN",
       .sentence = "csv: its name, its number from 1, or none"},
      {.name = "--delimiter",
       .value = "LETTER",
       .sentence = "csv: between columns, a letter, tab or blank; found unless given"}};
  if (labels)
    all.push_back({.name = "--labels", .value = "FILE", .sentence = "idx, npz, csv: the labels"});
  return all;
}

InputRequest input_request(const Arguments& arguments, const std::string& command) {
  InputRequest request{.path = arguments.text("--data"), .options = {}, .command = command};
  ImportOptions& options = request.options;
  options.format = arguments.text("--format");
  options.label_column = arguments.text("--label-column");
  options.delimiter = arguments.text("--delimiter");
  if (options.delimiter == "tab") options.delimiter = "\t";
  if (options.delimiter == "blank") options.delimiter = " ";
  if (const auto base = arguments.count("--base")) options.base = static_cast<std::uint32_t>(*base);
  if (arguments.has("--labels")) options.labels = {arguments.text("--labels")};
  return request;
}

}  // namespace troupe
