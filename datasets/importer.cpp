#include "datasets/importer.hpp"

#include <algorithm>

#include "base/user_error.hpp"
#include "datasets/byte_source.hpp"

namespace troupe {
namespace {

constexpr std::size_t head_bytes = 4096;

std::string head_of(const std::string& path) {
  std::string head(head_bytes, '\0');
  const auto source = open_bytes(path);
  std::size_t size = 0;
  // A decoder may give less than was asked for.
  for (std::size_t more = 1; more > 0 && size < head.size(); size += more)
    more = source->read(std::span(head).subspan(size));
  head.resize(size);
  return head;
}

std::string names() {
  std::string list;
  for (const Importer& importer : importers())
    list += (list.empty() ? "" : ", ") + std::string(importer.name);
  return list;
}

std::vector<std::string_view> given(const ImportOptions& options) {
  std::vector<std::string_view> names;
  if (options.features > 0) names.push_back("--features");
  if (options.base) names.push_back("--base");
  if (!options.labels.empty()) names.push_back("--labels");
  if (!options.label_column.empty()) names.push_back("--label-column");
  if (!options.delimiter.empty()) names.push_back("--delimiter");
  return names;
}

// The first option that the format does not understand; empty when it takes all.
std::string_view foreign(const Importer& importer, const ImportOptions& options) {
  for (const std::string_view name : given(options))
    if (std::ranges::find(importer.takes, name) == importer.takes.end()) return name;
  return {};
}

[[noreturn]] void refuse_usage(const std::string& command, const std::string& what) {
  throw UserError(ExitCode::usage, command + ": " + what);
}

const Importer& accepting(const Importer& importer, const ImportOptions& options,
                          const std::string& command) {
  const std::string_view name = foreign(importer, options);
  if (name.empty()) return importer;
  refuse_usage(command,
               "the format " + std::string(importer.name) + " has no " + std::string(name));
}

}  // namespace

const std::vector<Importer>& importers() {
  static const std::vector<Importer> table = {
      {"idx", "images or vectors as MNIST has them", {"--labels"}, looks_like_idx, import_idx},
      {"npz", "arrays of NumPy, X and y", {"--labels"}, looks_like_npz, import_npz},
      {"cifar10", "binary records of CIFAR-10", {}, looks_like_cifar10, import_cifar10},
      {"dimacs", "graphs with capacities and terminals", {}, looks_like_dimacs, import_dimacs},
      {"ratings",
       "user, item and rating",
       {"--features", "--base"},
       looks_like_ratings,
       import_ratings},
      {"svmlight",
       "SVMlight or LIBSVM text",
       {"--features", "--base"},
       looks_like_svmlight,
       import_svmlight},
      {"csv",
       "columns of numbers",
       {"--features", "--labels", "--label-column", "--delimiter"},
       looks_like_csv,
       import_csv},
  };
  return table;
}

const Importer& importer_for(const std::string& path, const ImportOptions& options,
                             const std::string& command) {
  if (!options.format.empty()) {
    for (const Importer& importer : importers())
      if (importer.name == options.format) return accepting(importer, options, command);
    refuse_usage(command, "unknown format '" + options.format + "', expected " + names());
  }
  // Of two readings the one in which every given option makes sense.
  const std::string head = head_of(path);
  if (head.starts_with("\x89HDF"))
    refuse_file(path, "is an HDF5 file: `troupe data inspect` reads it as it is");
  const Importer* first = nullptr;
  for (const Importer& importer : importers()) {
    if (!importer.recognises(head)) continue;
    if (foreign(importer, options).empty()) return importer;
    if (first == nullptr) first = &importer;
  }
  if (first != nullptr) return accepting(*first, options, command);
  refuse_file(path, "is of no format that can be read (" + names() +
                        "); name the format with --format if it is one of them");
}

ImportSummary import_files(const std::vector<std::string>& paths, const ImportOptions& options,
                           const RowTarget& out) {
  if (paths.empty()) throw UserError(ExitCode::usage, "data import: no file to import");
  if (options.base.value_or(0) > 1)
    throw UserError(ExitCode::usage, "data import: the base of indices must be 0 or 1");
  if (!options.labels.empty() && options.labels.size() != paths.size())
    refuse_usage("data import", "files of labels: " + std::to_string(options.labels.size()) +
                                    ", expected one for each of the " +
                                    std::to_string(paths.size()) + " files of rows");
  const Importer& importer = importer_for(paths.front(), options);
  ImportSummary summary = importer.run(paths, options, out);
  summary.format = importer.name;
  return summary;
}

}  // namespace troupe
