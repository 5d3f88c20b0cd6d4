#include "datasets/model_file.hpp"

#include <cerrno>

#include "base/checksum.hpp"
#include "base/user_error.hpp"
#include "datasets/h5.hpp"
#include "datasets/output_file.hpp"

namespace troupe {
namespace {

constexpr const char* format_name = "troupe-model";
constexpr std::uint64_t format_version = 1;
constexpr const char* remedy = "restore it from a copy or train again";

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
  return crc32c(std::as_bytes(model.parameters.values()), sum);
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

}  // namespace

std::uint32_t weights_crc32c(std::span<const float> parameters) {
  return crc32c(std::as_bytes(parameters));
}

void save_model(const std::string& path, const ModelFile& model) {
  OutputFile output(path);
  const std::span<const float> parameters = model.parameters.values();
  errno = 0;
  H5Creator file(output.path());
  const bool done =
      file.valid() && file.text("/", "format", format_name) &&
      file.number("format_version", format_version) && file.text("/", "kind", model.kind) &&
      file.number("features", model.features) && write_texts(file, "settings", model.settings) &&
      write_texts(file, "notes", model.notes) &&
      file.whole("parameters", H5Element::f32, {parameters.size(), 0}, parameters.data()) &&
      file.number("crc32c", checksum(model)) && file.close();
  output.check(done, errno);
  output.commit();
}

ModelFile load_model(const std::string& path) {
  const H5Reader file(path, remedy);
  if (file.text("format") != format_name)
    file.refuse("is no model: attribute 'format' is '" + file.text("format") + "', expected '" +
                format_name + "'");
  const std::uint64_t version = file.number("format_version");
  if (version != format_version)
    file.refuse("has format version " + std::to_string(version) + ", expected " +
                std::to_string(format_version));
  ModelFile model;
  model.kind = file.text("kind");
  const std::uint64_t features = file.number("features");
  model.features = static_cast<std::uint32_t>(features);
  model.settings = read_texts(file, "settings");
  model.notes = read_texts(file, "notes");
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
