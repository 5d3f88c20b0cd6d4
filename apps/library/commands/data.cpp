/// `troupe data`: makes, imports, describes and verifies data sets.
#include <algorithm>
#include <charconv>
#include <cstdio>
#include <ostream>

#include "apps/library/commands.hpp"
#include "apps/library/progress.hpp"
#include "apps/library/work_line.hpp"
#include "datasets/generators.hpp"
#include "datasets/importer.hpp"
#include "datasets/inspect.hpp"
#include "datasets/output_file.hpp"
#include "datasets/split.hpp"

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

std::uint32_t small(const Arguments& arguments, const std::string& key, std::uint32_t otherwise) {
  const std::uint64_t value = arguments.count(key).value_or(otherwise);
  if (value > UINT32_MAX) arguments.refuse(key + " has 32 bits");
  return static_cast<std::uint32_t>(value);
}

template <class Options>
Options options_of(const Arguments& arguments, Options options) {
  options.rows = arguments.count("--rows").value_or(options.rows);
  options.seed = arguments.count("--seed").value_or(options.seed);
  options.first_row = arguments.count("--first-row").value_or(options.first_row);
  options.noise = arguments.number("--noise").value_or(options.noise);
  return options;
}

DataFacts rcv1(const Arguments& arguments, const MakingProgress& progress) {
  Rcv1Options options = options_of(arguments, Rcv1Options());
  options.features = small(arguments, "--features", options.features);
  options.progress = progress;
  return make_rcv1(options, arguments.text("--out"));
}

DataFacts linear(const Arguments& arguments, const MakingProgress& progress) {
  LinearOptions options = options_of(arguments, LinearOptions());
  options.features = small(arguments, "--features", options.features);
  options.real_labels = arguments.has("--real-labels");
  options.progress = progress;
  return make_linear(options, arguments.text("--out"));
}

DataFacts blobs(const Arguments& arguments, const MakingProgress& progress) {
  BlobsOptions options = options_of(arguments, BlobsOptions());
  options.features = small(arguments, "--features", options.features);
  options.centres = small(arguments, "--centres", options.centres);
  options.progress = progress;
  return make_blobs(options, arguments.text("--out"));
}

DataFacts ratings(const Arguments& arguments, const MakingProgress& progress) {
  RatingsOptions options = options_of(arguments, RatingsOptions());
  options.features = small(arguments, "--features", options.features);
  options.rank = small(arguments, "--rank", options.rank);
  options.per_row = small(arguments, "--per-row", options.per_row);
  options.progress = progress;
  return make_ratings(options, arguments.text("--out"));
}

DataFacts digits(const Arguments& arguments, const MakingProgress& progress) {
  DigitsOptions options = options_of(arguments, DigitsOptions());
  options.progress = progress;
  return make_digits(options, arguments.text("--out"));
}

struct Kind {
  std::string name;
  std::vector<std::string> own;  ///< options beside those that every kind has
  DataFacts (*make)(const Arguments&, const MakingProgress&);
};

const std::vector<Kind>& kinds() {
  static const std::vector<Kind> all = {{"rcv1", {"--features"}, rcv1},
                                        {"linear", {"--features", "--real-labels"}, linear},
                                        {"blobs", {"--features", "--centres"}, blobs},
                                        {"ratings", {"--features", "--rank", "--per-row"}, ratings},
                                        {"digits", {}, digits}};
  return all;
}

std::vector<std::string> kind_names() {
  std::vector<std::string> names;
  for (const Kind& kind : kinds()) names.push_back(kind.name);
  return names;
}

void refuse_foreign(const Arguments& arguments, const Kind& kind) {
  for (const Kind& other : kinds())
    for (const std::string& option : other.own)
      if (arguments.has(option) && std::ranges::find(kind.own, option) == kind.own.end())
        arguments.refuse("the kind " + kind.name + " has no " + option);
}

int make(const Arguments& arguments, Invocation& invocation) {
  const auto kind = std::ranges::find(kinds(), arguments.text("KIND"), &Kind::name);
  refuse_foreign(arguments, *kind);
  WorkLine line(invocation, "rows made");
  const DataFacts facts = kind->make(arguments, line.watch());
  line.clear();
  print_facts(invocation.out, facts);
  return 0;
}

std::vector<std::string> formats() {
  std::vector<std::string> names;
  for (const Importer& importer : importers()) names.emplace_back(importer.name);
  return names;
}

unsigned threads_of(const Arguments& arguments) {
  const std::uint32_t threads = small(arguments, "--threads", 0);
  if (arguments.has("--threads") && (threads == 0 || threads > 256))
    arguments.refuse("--threads needs a number from 1 to 256");
  return threads;
}

int import_data(const Arguments& arguments, Invocation& invocation) {
  ImportOptions options;
  options.format = arguments.text("--format");
  options.features = small(arguments, "--features", 0);
  options.labels = arguments.all("--labels");
  options.label_column = arguments.text("--label-column");
  options.delimiter = arguments.text("--delimiter");
  if (options.delimiter == "tab") options.delimiter = "\t";
  if (options.delimiter == "blank") options.delimiter = " ";
  options.threads = threads_of(arguments);
  if (const auto base = arguments.count("--base")) options.base = static_cast<std::uint32_t>(*base);
  keep_apart(arguments.text("--out"), arguments.all("FILE"));
  keep_apart(arguments.text("--out"), options.labels);
  WorkLine line(invocation, "bytes read");
  options.progress = line.watch();
  const ImportSummary summary =
      import_files(arguments.all("FILE"), options, arguments.text("--out"));
  line.clear();
  invocation.err << "read as " << summary.format << ": " << summary.found << std::endl;
  print_facts(invocation.out, summary.facts);
  return 0;
}

int inspect(const Arguments& arguments, Invocation& invocation) {
  WorkLine line(invocation, "rows read");
  const std::string text =
      inspect_text(arguments.text("DATA"),
                   {.every_feature = arguments.has("--every-feature"), .progress = line.watch()});
  line.clear();
  invocation.out << text;
  return 0;
}

std::vector<double> shares_of(const Arguments& arguments) {
  std::vector<double> shares;
  std::string text = arguments.text("--shares");
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    double share = 0;
    const auto [last, error] = std::from_chars(text.data() + begin, text.data() + end, share);
    if (error != std::errc() || last != text.data() + end)
      arguments.refuse("--shares needs numbers between commas such as 0.8,0.2, not '" + text + "'");
    shares.push_back(share);
    begin = end + 1;
  }
  return shares;
}

int split(const Arguments& arguments, Invocation& invocation) {
  SplitOptions options{.shares = shares_of(arguments), .stratified = arguments.has("--stratified")};
  options.seed = arguments.count("--seed").value_or(options.seed);
  WorkLine line(invocation, "rows read");
  options.progress = line.watch();
  const auto parts = split_file(arguments.text("DATA"), arguments.all("--out"), options);
  line.clear();
  for (const DataFacts& facts : parts) print_facts(invocation.out, facts);
  return 0;
}

int verify(const Arguments& arguments, Invocation& invocation) {
  WorkLine line(invocation, "segments read");
  const std::string answer = verify_file(arguments.text("DATA"), line.watch());
  line.clear();
  invocation.out << answer << "\n";
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
                     .sentence = "rcv1 (sparse documents), linear (dense), blobs (clusters), "
                                 "ratings (low rank) or digits (images)",
                     .required = true,
                     .words = kind_names()},
                    out_argument(),
                    {.name = "--rows", .value = "N", .sentence = "rows to make"},
                    {.name = "--features",
                     .value = "N",
                     .sentence = "features (ratings: items) of a row"},
                    {.name = "--seed", .value = "N", .sentence = "names the problem"},
                    {.name = "--first-row",
                     .value = "N",
                     .sentence = "begins here in the endless set: fresh rows of the same problem"},
                    {.name = "--noise",
                     .value = "SHARE",
                     .sentence = "rcv1, linear: share of flipped labels; others: deviation"},
                    {.name = "--real-labels", .sentence = "linear: labels are real numbers"},
                    {.name = "--centres", .value = "N", .sentence = "blobs: how many"},
                    {.name = "--rank", .value = "N", .sentence = "ratings: rank of the truth"},
                    {.name = "--per-row", .value = "N", .sentence = "ratings: mean of a user's"}},
      .act = make};
}

Command data_import_command() {
  return {.name = "data import",
          .sentence = "turns files of other formats into one data set, compressed or not",
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
                         .words = {"0", "1"}},
                        {.name = "--labels",
                         .value = "FILE",
                         .sentence = "idx, npz, csv: labels of a FILE, in the same order",
                         .repeated = true},
                        {.name = "--label-column",
                         .value = "COLUMN",
                         .sentence = "csv: its name, its number from 1, or none"},
                        {.name = "--threads",
                         .value = "N",
                         .sentence = "svmlight: threads that read; as many as help unless given"},
                        {.name = "--delimiter",
                         .value = "LETTER",
                         .sentence =
                             "csv: between columns, a letter, tab or blank; found unless given"}},
          .act = import_data};
}

Command data_inspect_command() {
  return {.name = "data inspect",
          .sentence = "counts, labels, ranges, sparsity, features and first rows",
          .arguments = {data_argument(),
                        {.name = "--every-feature", .sentence = "a line for each feature"}},
          .act = inspect};
}

Command data_split_command() {
  return {.name = "data split",
          .sentence = "cuts a data set into parts by drawing rows",
          .arguments = {data_argument(),
                        {.name = "--out",
                         .value = "FILE",
                         .sentence = "the files to write, two or more",
                         .required = true,
                         .several = true},
                        {.name = "--shares",
                         .value = "A,B,...",
                         .sentence = "of the rows; 0.8,0.2 of two files, equal ones of more"},
                        {.name = "--stratified", .sentence = "the shares hold for each label"},
                        {.name = "--seed", .value = "N", .sentence = "which rows are drawn"}},
          .act = split};
}

Command data_verify_command() {
  return {.name = "data verify",
          .sentence = "reads every byte of a data set and compares the checksums",
          .arguments = {data_argument()},
          .act = verify};
}

}  // namespace troupe
