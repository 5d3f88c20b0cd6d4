#include "datasets/model_file.hpp"

#include <cerrno>

#include "base/checksum.hpp"
#include "base/user_error.hpp"
#include "datasets/h5.hpp"
#include "datasets/output_file.hpp"

namespace troupe {
namespace {

constexpr const char* model_format = "troupe-model";
// The first version knew neither classes nor normalisation, and is written without them.
constexpr std::uint64_t format_version = 2;
constexpr const char* model_remedy = "restore it from a copy or train again";

std::uint32_t add(std::uint32_t sum, const std::string& text) {
  // With its final zero, so that "ab", "c" is not "a", "bc".
  return crc32c(std::as_bytes(std::span(text.c_str(), text.size() + 1)), sum);
}

std::uint32_t checksum(const ModelFile& model) {
  std::uint32_t sum = add(0, model.kind);
  sum = add(sum, std::to_string(model.features));
  for (const auto* texts : {&model.settings, &model.notes}) {
    sum = add(sum, std::to_string(texts->size()));
    for (const auto& [key, value] : *texts) sum = add(add(sum, key), value);
  }
  sum = crc32c(std::as_bytes(model.parameters.values()), sum);
  if (!model.classes.empty() || model.normalisation.acts()) {
    sum = add(sum, std::to_string(model.classes.size()));
    for (const ClassLabel& one : model.classes)
      sum = add(crc32c(std::as_bytes(std::span(&one.label, 1)), sum), one.name);
    sum = add(sum, model.normalisation.kind);
    sum = crc32c(std::as_bytes(std::span(model.normalisation.shift)), sum);
    sum = crc32c(std::as_bytes(std::span(model.normalisation.divisor)), sum);
  }
  return sum;
}

bool write_texts(H5Creator& file, const std::string& group,
                 const std::map<std::string, std::string>& texts) {
  bool done = file.group(group);
  for (const auto& [key, value] : texts) done = done && file.text(group, key, value);
  return done;
}

std::map<std::string, std::string> read_texts(const H5Reader& file, const std::string& group) {
  std::map<std::string, std::string> texts;
  for (const std::string& key : file.attributes(group)) texts[key] = file.text_of(group, key);
  return texts;
}

bool write_column(H5Creator& file, const std::string& name, const std::vector<float>& values) {
  return values.empty() || file.whole(name, H5Element::f32, {values.size(), 0}, values.data());
}

std::vector<float> read_column(const H5Reader& file, const std::string& name) {
  if (!file.has(name)) return {};
  const std::uint64_t size = file.rows_of(name);
  const H5Column column = file.column(name, H5Element::f32, {size, 0});
  std::vector<float> values(size);
  if (!column.read(0, size, values.data())) file.refuse("dataset '" + name + "' cannot be read");
  return values;
}

// Names are attributes because only they can be missing.
bool write_classes(H5Creator& file, const std::vector<ClassLabel>& classes) {
  if (classes.empty()) return true;
  std::vector<float> labels;
  std::map<std::string, std::string> names;
  for (std::size_t i = 0; i < classes.size(); ++i) {
    labels.push_back(classes[i].label);
    if (!classes[i].name.empty()) names[std::to_string(i)] = classes[i].name;
  }
  return file.group("classes") && write_column(file, "classes/label", labels) &&
         (names.empty() || write_texts(file, "classes/names", names));
}

std::vector<ClassLabel> read_classes(const H5Reader& file) {
  std::vector<ClassLabel> classes;
  for (const float label : read_column(file, "classes/label")) classes.push_back({label, {}});
  if (!file.has("classes/names")) return classes;
  for (std::size_t i = 0; i < classes.size(); ++i)
    classes[i].name = file.text_of("classes/names", std::to_string(i));
  return classes;
}

bool write_normalisation(H5Creator& file, const Normalisation& how) {
  if (!how.acts()) return true;
  return file.group("normalisation") && file.text("normalisation", "kind", how.kind) &&
         write_column(file, "normalisation/shift", how.shift) &&
         write_column(file, "normalisation/divisor", how.divisor);
}

Normalisation read_normalisation(const H5Reader& file, std::uint32_t features) {
  Normalisation how;
  if (!file.has("normalisation")) return how;
  how.kind = file.text_of("normalisation", "kind");
  how.shift = read_column(file, "normalisation/shift");
  how.divisor = read_column(file, "normalisation/divisor");
  const auto fits = [&](const std::vector<float>& values, bool needed) {
    return values.size() == (needed ? features : 0);
  };
  const bool standardise = how.kind == "standardise";
  if (!fits(how.shift, standardise) || !fits(how.divisor, standardise || how.kind == "max_abs"))
    file.refuse("group 'normalisation' does not fit " + std::to_string(features) + " features");
  return how;
}

}  // namespace

std::uint32_t weights_crc32c(std::span<const float> parameters) {
  return crc32c(std::as_bytes(parameters));
}

void save_model(const std::string& path, const ModelFile& model) {
  OutputFile output(path);
  const std::span<const float> parameters = model.parameters.values();
  const bool extended = !model.classes.empty() || model.normalisation.acts();
  errno = 0;
  H5Creator file(output.path());
  const bool done =
      file.valid() && file.text("/", "format", model_format) &&
      file.number("format_version", extended ? format_version : 1) &&
      file.text("/", "kind", model.kind) && file.number("features", model.features) &&
      write_texts(file, "settings", model.settings) && write_texts(file, "notes", model.notes) &&
      write_classes(file, model.classes) && write_normalisation(file, model.normalisation) &&
      file.whole("parameters", H5Element::f32, {parameters.size(), 0}, parameters.data()) &&
      file.number("crc32c", checksum(model)) && file.close();
  output.check(done, errno);
  output.commit();
}

ModelFile load_model(const std::string& path) {
  const H5Reader file(path, model_remedy);
  if (file.text("format") != model_format)
    file.refuse("is no model: attribute 'format' is '" + file.text("format") + "', expected '" +
                model_format + "'");
  const std::uint64_t version = file.number("format_version");
  if (version == 0 || version > format_version)
    file.refuse("has format version " + std::to_string(version) + ", expected 1 to " +
                std::to_string(format_version));
  ModelFile model;
  model.kind = file.text("kind");
  const std::uint64_t features = file.number("features");
  model.features = static_cast<std::uint32_t>(features);
  model.settings = read_texts(file, "settings");
  model.notes = read_texts(file, "notes");
  model.classes = read_classes(file);
  model.normalisation = read_normalisation(file, static_cast<std::uint32_t>(features));
  const std::uint64_t size = file.rows_of("parameters");
  const H5Column column = file.column("parameters", H5Element::f32, {size, 0});
  Block parameters(size);
  if (!column.read(0, size, parameters.values().data()))
    file.refuse("dataset 'parameters' cannot be read");
  model.parameters = std::move(parameters).freeze();
  const bool whole = features == model.features && checksum(model) == file.number("crc32c");
  if (!whole) file.refuse("dataset 'parameters' or attributes are damaged: wrong checksum");
  return model;
}

}  // namespace troupe
