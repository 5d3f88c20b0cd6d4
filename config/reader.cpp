#include "config/reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "base/user_error.hpp"
#include "config/judge.hpp"

namespace troupe {
namespace {

constexpr std::string_view prefix = "TROUPE__";

/// `'workes' in [training]`.
std::string placed(const std::string& path, const Catalogue& catalogue) {
  std::string table = table_of(path);
  if (catalogue.listing(table_of(table)) != nullptr)
    table = fmt::format("[{}]", table_of(table));  // as it stands in the file
  if (table.empty()) return fmt::format("'{}'", path);
  return fmt::format("'{}' in [{}]", last_part(path), table);
}

std::string question(const std::string& near) {
  return near.empty() ? "" : fmt::format(", did you mean '{}'?", near);
}

std::string list_of(const std::vector<std::string>& paths) {
  std::string list;
  for (std::size_t i = 0; i < paths.size(); ++i)
    list += (i == 0 ? "" : i + 1 == paths.size() ? " or " : ", ") + paths[i];
  return list;
}

}  // namespace

void Reader::read_file(const std::string& file, const std::string& text) {
  from_ = From::file;
  source_ = one_line(file);
  const Node document = parse_document(file, text);
  for (const Node& child : document.children) enter(child.key, child);
}

void Reader::read_environment(const std::string& name, const std::string& text) {
  if (!name.starts_with(prefix)) return;
  from_ = From::environment;
  source_ = one_line(name);
  std::string path;
  for (std::size_t i = prefix.size(); i < name.size(); ++i) {
    const bool level = name.compare(i, 2, "__") == 0;
    path += level ? '.' : static_cast<char>(std::tolower(static_cast<unsigned char>(name[i])));
    if (level) ++i;
  }
  enter(path, parse_value(source_, text));
}

void Reader::read_override(const std::string& text) {
  from_ = From::command_line;
  source_ = one_line("-s " + text);
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0) refuse({}, "expected key=value");
  const std::string path = full_path(text.substr(0, equals));
  enter(path, parse_value(source_, text.substr(equals + 1)));
}

std::string Reader::full_path(const std::string& key) const {
  if (catalogue_.find(key) != nullptr || catalogue_.is_table(key)) return key;
  std::vector<std::string> paths = catalogue_.ending_in(key);
  if (paths.size() > 1) prefer_chosen(paths);
  if (paths.size() == 1) return paths.front();
  if (paths.size() > 1)
    refuse({}, fmt::format("'{}' is ambiguous, it may mean {}", key, list_of(paths)));
  if (key.find('.') != std::string::npos) return key;
  for (const Planned& planned : catalogue_.schema().planned)
    if (planned.value.empty() && last_part(planned.path) == key) return planned.path;
  std::vector<std::string> names;
  for (const Item& item : catalogue_.items()) names.push_back(last_part(item.key.path));
  refuse({}, fmt::format("unknown key '{}'{}", key, question(did_you_mean(key, names))));
}

// Of keys that kinds of one axis share, the chosen kind's is meant.
void Reader::prefer_chosen(std::vector<std::string>& paths) const {
  std::vector<std::string> chosen;
  for (const std::string& path : paths) {
    const Item* item = catalogue_.find(path);
    if (item == nullptr || item->owner == nullptr) return;
    const auto last = std::find_if(given_.rbegin(), given_.rend(), [&](const Given& given) {
      return given.path == item->owner->path;
    });
    if (last != given_.rend() && last->value == Value(item->kind)) chosen.push_back(path);
  }
  if (chosen.size() == 1) paths = std::move(chosen);
}

void Reader::enter(const std::string& path, const Node& node) {
  const bool table = node.form == Node::Form::table && from_ == From::file;
  if (const Planned* planned = catalogue_.planned(catalogue_.meant(path)))
    refuse(node, fmt::format("{} {}", table ? fmt::format("[{}]", path) : placed(path, catalogue_),
                             planned->reason));
  if (const Item* item = catalogue_.find(path)) return enter_value(item->key, node);
  if (const Listing* listing = catalogue_.listing(path)) return enter_entries(*listing, node);
  const std::string entry = catalogue_.entry_of(path);
  if (const auto key = catalogue_.entry_key(path); key && counted(entry))
    return enter_value(*key, node);
  if (catalogue_.is_table(catalogue_.meant(path)) && (entry.empty() || counted(entry)))
    return enter_table(path, node);
  refuse_unknown(path, node);
}

void Reader::enter_value(const Key& key, const Node& node) {
  if (node.form == Node::Form::text)
    if (const Planned* planned = catalogue_.planned_choice(catalogue_.meant(key.path), node.text))
      refuse(node, fmt::format("{} = {} {}", key.path, to_toml(node.text), planned->reason));
  if (auto value = judge(key, node)) {
    given_.push_back({key.path, std::move(*value), {from_, where(node)}});
    return;
  }
  const std::string near =
      node.form == Node::Form::text ? did_you_mean(node.text, key.choices) : "";
  refuse(node, fmt::format("{} must be {}, not {}{}", key.path, expected(key), words_for(node),
                           near.empty() ? "" : fmt::format("; did you mean \"{}\"?", near)));
}

// What a later place says of a listing stands for all of it.
void Reader::enter_entries(const Listing& listing, const Node& node) {
  const auto is_table = [](const Node& entry) { return entry.form == Node::Form::table; };
  if (node.form != Node::Form::list || !std::ranges::all_of(node.children, is_table))
    refuse(node,
           fmt::format("{0} is a list of tables: [[{0}]], as often as it is meant", listing.path));
  std::erase_if(given_, [&](const Given& given) {
    return given.path.starts_with(fmt::format("{}.", listing.path));
  });
  given_.push_back(
      {listing.path, static_cast<std::int64_t>(node.children.size()), {from_, where(node)}});
  for (std::size_t i = 0; i < node.children.size(); ++i)
    for (const Node& child : node.children[i].children)
      enter(fmt::format("{}.{}.{}", listing.path, i, child.key), child);
}

bool Reader::counted(const std::string& entry) const {
  const std::string listing = table_of(entry);
  const auto last = std::find_if(given_.rbegin(), given_.rend(),
                                 [&](const Given& given) { return given.path == listing; });
  if (last == given_.rend()) return false;
  for (std::int64_t i = 0; i < std::get<std::int64_t>(last->value); ++i)
    if (entry == fmt::format("{}.{}", listing, i)) return true;
  return false;
}

void Reader::enter_table(const std::string& path, const Node& node) {
  if (node.form != Node::Form::table) {
    const Shorthand* shorthand = catalogue_.shorthand(catalogue_.meant(path));
    if (shorthand == nullptr)
      refuse(node, fmt::format("[{}] is a table of keys, not {}", path, words_for(node)));
    return enter(fmt::format("{}.{}", path, last_part(shorthand->key)), node);
  }
  if (from_ == From::file && catalogue_.axis_of_table(path) != nullptr)
    tables_.push_back({path, where(node)});
  for (const Node& child : node.children) enter(fmt::format("{}.{}", path, child.key), child);
}

std::string Reader::where(const Node& node) const {
  if (from_ != From::file) return source_;
  return fmt::format("{}:{}:{}", source_, node.line, node.column);
}

void Reader::refuse(const Node& node, const std::string& why) const {
  throw UserError(ExitCode::usage, one_line(fmt::format("{}: {}", where(node), why)));
}

void Reader::refuse_unknown(const std::string& path, const Node& node) const {
  const std::string name = last_part(path);
  const bool table = node.form == Node::Form::table && from_ == From::file;
  if (const std::string entry = catalogue_.entry_of(path); !entry.empty() && !counted(entry))
    refuse(node,
           fmt::format("there is no {}: [[{}]] does not stand so often", entry, table_of(entry)));
  if (table && catalogue_.axis_of_table(path) != nullptr)
    refuse(node, fmt::format("[{}]: the kind '{}' has no keys of its own", path, name));
  std::string near = did_you_mean(name, catalogue_.names_in(table_of(path)));
  if (near.empty())
    if (const auto elsewhere = catalogue_.ending_in(name); !elsewhere.empty())
      near = elsewhere.front();
  refuse(node, fmt::format("unknown {}{}",
                           table ? fmt::format("table [{}]", path)
                                 : fmt::format("key {}", placed(path, catalogue_)),
                           question(near)));
}

}  // namespace troupe
