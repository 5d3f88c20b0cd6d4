/// `troupe data`: makes, imports, describes and verifies data sets.
#include <cstdio>
#include <ostream>

#include "apps/library/commands.hpp"
#include "apps/library/progress.hpp"
#include "datasets/generators.hpp"
#include "datasets/importer.hpp"
#include "datasets/inspect.hpp"

namespace troupe {
namespace {

void print_facts(std::ostream& out, const DataFacts& facts) {
  const double rows = static_cast<double>(facts.rows);
  out << facts.path << ": " << count_text(facts.rows) << " rows, " << count_text(facts.features)
      << " features, " << (facts.sparse ? "sparse" : "dense") << "\n";
  if (facts.rows == 0) return;
  if (facts.sparse)
    out << "  entries        " << count_text(facts.entries) << " ("
        << static_cast<double>(facts.entries) / rows << " a row, " << facts.row_entries_max
        << " in the longest)\n";
  out << "  positive       " << 100.0 * static_cast<double>(facts.positive) / rows << " %\n"
      << "  largest norm   " << facts.row_norm_max << "\n";
  char manifest[9];
  std::snprintf(manifest, sizeof manifest, "%08x", facts.manifest_crc32c);
  out << "  manifest       " << manifest << " (CRC32C)\n";
}

template <class Options>
Options options_of(const Arguments& arguments, Options options) {
  options.rows = arguments.count("--rows").value_or(options.rows);
  options.seed = arguments.count("--seed").value_or(options.seed);
  options.first_row = arguments.count("--first-row").value_or(options.first_row);
  options.noise = arguments.number("--noise").value_or(options.noise);
  const std::uint64_t features = arguments.count("--features").value_or(options.features);
  if (features > UINT32_MAX) arguments.refuse("--features has 32 bits");
  options.features = static_cast<std::uint32_t>(features);
  return options;
}

int make(const Arguments& arguments, Invocation& invocation) {
  const std::string path = arguments.text("--out");
  if (arguments.text("KIND") == "rcv1") {
    if (arguments.has("--real-labels")) arguments.refuse("--real-labels is for the kind linear");
    print_facts(invocation.out, make_rcv1(options_of(arguments, Rcv1Options()), path));
    return 0;
  }
  LinearOptions options = options_of(arguments, LinearOptions());
  options.real_labels = arguments.has("--real-labels");
  print_facts(invocation.out, make_linear(options, path));
  return 0;
}

std::vector<std::string> formats() {
  std::vector<std::string> names;
  for (const Importer& importer : importers()) names.emplace_back(importer.name);
  return names;
}

int import_data(const Arguments& arguments, Invocation& invocation) {
  ImportOptions options;
  options.format = arguments.text("--format");
  const std::uint64_t features = arguments.count("--features").value_or(0);
  if (features > UINT32_MAX) arguments.refuse("--features has 32 bits");
  options.features = static_cast<std::uint32_t>(features);
  if (const auto base = arguments.count("--base")) options.base = static_cast<std::uint32_t>(*base);
  const ImportSummary summary =
      import_files(arguments.all("FILE"), options, arguments.text("--out"));
  invocation.err << "read as " << summary.format << ": " << summary.found << std::endl;
  print_facts(invocation.out, summary.facts);
  return 0;
}

int inspect(const Arguments& arguments, Invocation& invocation) {
  invocation.out << inspect_text(arguments.text("DATA"));
  return 0;
}

int verify(const Arguments& arguments, Invocation& invocation) {
  invocation.out << verify_file(arguments.text("DATA")) << "\n";
  return 0;
}

Argument data_argument() {
  return {.name = "DATA", .value = "FILE", .sentence = "a data set (HDF5)", .required = true};
}

Argument out_argument() {
  return {.name = "--out", .value = "FILE", .sentence = "the file to write", .required = true};
}

}  // namespace

Command data_make_command() {
  return {
      .name = "data make",
      .sentence = "makes a data set of which the answer is known",
      .arguments = {{.name = "KIND",
                     .value = "KIND",
                     .sentence = "rcv1 (sparse documents) or linear (dense)",
                     .required = true,
                     .words = {"rcv1", "linear"},
                     .later = {"blobs", "ratings", "digits"}},
                    out_argument(),
                    {.name = "--rows", .value = "N", .sentence = "rows to make"},
                    {.name = "--features", .value = "N", .sentence = "features of a row"},
                    {.name = "--seed", .value = "N", .sentence = "names the problem"},
                    {.name = "--first-row",
                     .value = "N",
                     .sentence = "begins here in the endless set: fresh rows of the same problem"},
                    {.name = "--noise",
                     .value = "SHARE",
                     .sentence = "share of flipped labels (real labels: deviation)"},
                    {.name = "--real-labels", .sentence = "linear: labels are real numbers"}},
      .act = make};
}

Command data_import_command() {
  return {.name = "data import",
          .sentence = "turns text files into one data set; .xz is unpacked on the way",
          .arguments = {{.name = "FILE",
                         .value = "FILE",
                         .sentence = "files to read, in this order",
                         .required = true,
                         .repeated = true},
                        out_argument(),
                        {.name = "--format",
                         .value = "FORMAT",
                         .sentence = "found from the content unless given",
                         .words = formats()},
                        {.name = "--features",
                         .value = "N",
                         .sentence = "features of a row; as many as the largest index without it"},
                        {.name = "--base",
                         .value = "0|1",
                         .sentence = "the smallest index; found from the data unless given",
                         .words = {"0", "1"}}},
          .later = {"--labels"},
          .act = import_data};
}

Command data_inspect_command() {
  return {.name = "data inspect",
          .sentence = "what a data set knows about itself",
          .arguments = {data_argument()},
          .act = inspect};
}

Command data_verify_command() {
  return {.name = "data verify",
          .sentence = "reads every byte of a data set and compares the checksums",
          .arguments = {data_argument()},
          .act = verify};
}

}  // namespace troupe
