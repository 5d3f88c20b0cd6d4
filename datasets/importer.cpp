#include "datasets/importer.hpp"

#include "base/user_error.hpp"
#include "datasets/text_source.hpp"

namespace troupe {
namespace {

constexpr std::size_t head_bytes = 4096;

std::string head_of(const std::string& path) {
  std::string head(head_bytes, '\0');
  head.resize(open_bytes(path)->read(head));
  return head;
}

std::string names() {
  std::string list;
  for (const Importer& importer : importers())
    list += (list.empty() ? "" : ", ") + std::string(importer.name);
  return list;
}

const Importer& choose(const std::string& path, const std::string& format) {
  if (!format.empty()) {
    for (const Importer& importer : importers())
      if (importer.name == format) return importer;
    throw UserError(ExitCode::usage,
                    "data import: unknown format '" + format + "', expected " + names());
  }
  const std::string head = head_of(path);
  for (const Importer& importer : importers())
    if (importer.recognises(head)) return importer;
  throw UserError(ExitCode::data, path + ": is of no format that can be read (" + names() +
                                      "); name the format with --format if it is one of them");
}

}  // namespace

const std::vector<Importer>& importers() {
  static const std::vector<Importer> table = {
      {"svmlight", "SVMlight or LIBSVM text, plain or xz", looks_like_svmlight, import_svmlight},
  };
  return table;
}

ImportSummary import_files(const std::vector<std::string>& paths, const ImportOptions& options,
                           const std::string& out) {
  if (paths.empty()) throw UserError(ExitCode::usage, "data import: no file to import");
  if (options.base.value_or(0) > 1)
    throw UserError(ExitCode::usage, "data import: the base of indices must be 0 or 1");
  const Importer& importer = choose(paths.front(), options.format);
  ImportSummary summary = importer.run(paths, options, out);
  summary.format = importer.name;
  return summary;
}

}  // namespace troupe
