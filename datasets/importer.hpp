/// Turns files of other formats into our HDF5 layout: streaming, and nothing is
/// left behind unless every row was good.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "datasets/facts.hpp"
#include "datasets/generators.hpp"
#include "datasets/row_target.hpp"

namespace troupe {

struct ImportOptions {
  std::string format = {};     ///< a name of the table; empty: found from the content
  std::uint32_t features = 0;  ///< 0: as many as the file says or its largest index needs
  std::optional<std::uint32_t> base = {};  ///< smallest index, 0 or 1; none: found from the data
  std::vector<std::string> labels = {};    ///< files of labels, one for each file of rows
  std::string label_column = {};           ///< csv: a name, a number from 1, or "none"
  std::string delimiter = {};              ///< csv: one character; empty: found from the first line
  unsigned threads = 0;                    ///< svmlight: 0 for as many as help
  MakingProgress progress = {};            ///< bytes of the files; may throw to stop
  /// Nobody asks for labels: rows may lack them, and nothing in their place is looked at.
  bool unlabelled = false;
  /// The words that labels may be, numbered from 0; empty: those that occur, as they come.
  std::vector<std::string> label_names = {};
  std::string features_said = "--features says";  ///< who decided `features`
};

struct ImportSummary {
  DataFacts facts;
  std::string format;
  std::string found;  ///< what was decided from the content: "1-based indices"
};

/// A format that can be read.
struct Importer {
  std::string_view name;
  std::string_view sentence;
  /// Options beside the format that it understands, as on the command line.
  std::vector<std::string_view> takes;
  /// Whether a file that starts so is of this format.
  bool (*recognises)(std::string_view head);
  ImportSummary (*run)(const std::vector<std::string>& paths, const ImportOptions& options,
                       const RowTarget& out);
};
const std::vector<Importer>& importers();

/// The format of the options, or the first one that recognises the file and takes every
/// given option; `command` opens the line that refuses them.
const Importer& importer_for(const std::string& path, const ImportOptions& options,
                             const std::string& command = "data import");

/// Several files make one set, in their order. Throws UserError: exit 3 with
/// file:line for bad data, exit 2 for an unknown format or base.
ImportSummary import_files(const std::vector<std::string>& paths, const ImportOptions& options,
                           const RowTarget& out);

// Entries of the table.
bool looks_like_svmlight(std::string_view head);
ImportSummary import_svmlight(const std::vector<std::string>& paths, const ImportOptions& options,
                              const RowTarget& out);
bool looks_like_csv(std::string_view head);
ImportSummary import_csv(const std::vector<std::string>& paths, const ImportOptions& options,
                         const RowTarget& out);
bool looks_like_idx(std::string_view head);
ImportSummary import_idx(const std::vector<std::string>& paths, const ImportOptions& options,
                         const RowTarget& out);
bool looks_like_cifar10(std::string_view head);
ImportSummary import_cifar10(const std::vector<std::string>& paths, const ImportOptions& options,
                             const RowTarget& out);
bool looks_like_npz(std::string_view head);
ImportSummary import_npz(const std::vector<std::string>& paths, const ImportOptions& options,
                         const RowTarget& out);
bool looks_like_ratings(std::string_view head);
ImportSummary import_ratings(const std::vector<std::string>& paths, const ImportOptions& options,
                             const RowTarget& out);
bool looks_like_dimacs(std::string_view head);
ImportSummary import_dimacs(const std::vector<std::string>& paths, const ImportOptions& options,
                            const RowTarget& out);

}  // namespace troupe
