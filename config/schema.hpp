/// What a configuration may say, as data: keys, and the kinds that an axis can
/// choose between. A schema knows nothing of what the keys do.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace troupe {

/// A resolved value. Durations are seconds, shares are fractions, sizes are bytes.
using Value = std::variant<bool, std::int64_t, double, std::string, std::vector<double>,
                           std::vector<std::string>>;

enum class KeyType { flag, integer, number, share, duration, size, text, choice, numbers, texts };

/// One key. `path` is relative to where the key is declared: a section's keys
/// are full ("training.batch"), a kind's are bare ("beta").
struct Key {
  std::string path = {};
  KeyType type = KeyType::text;
  std::string unit = {};               ///< "rows", "seconds"; empty when it has none
  std::optional<double> minimum = {};  ///< inclusive, for integer, number, share, duration, size
  std::optional<double> maximum = {};
  std::vector<std::string> choices = {};  ///< for choice; words allowed beside a number otherwise
  std::optional<Value> standard = {};     ///< the default; none: the key may stay unset
  std::string sentence = {};              ///< one sentence of documentation
  bool exclusive = false;                 ///< the minimum itself is not allowed
  bool for_later = false;  ///< of a listing: its tables hold keys of the table around it, too
};

/// A choice on an axis, with the keys that stand in a table of its name.
struct Kind {
  std::string name;
  std::string sentence;
  std::vector<Key> keys = {};
};

/// Where a value came from. The order is the order of precedence.
enum class From { standard, preset, topology, file, environment, command_line };

/// What a choice says about other keys, where the user said nothing. A choice of
/// the user's ranks as `from`; one that was itself filled in gives way to all but
/// the defaults.
struct Fills {
  From from = From::preset;
  std::string noun = "preset";  ///< how an origin names the chooser: "preset <kind>"
  std::map<std::string, std::map<std::string, Value>> of_kind = {};  ///< kind -> full path -> value
};

/// A key that chooses between kinds, e.g. "training.gate". The table of the kind
/// `bounded` is `<table>.bounded`.
struct Axis {
  std::string path;   ///< "training.gate", "model.kind"
  std::string table;  ///< "training", "model"
  std::vector<Kind> kinds;
  std::optional<std::string> standard = {};
  std::string sentence = {};
  std::vector<std::string> words = {};  ///< allowed beside the kinds ("auto")
  std::optional<Fills> fills = {};
};

/// A table whose main key may be written short: `learning_rate = 0.1` means
/// `learning_rate.start = 0.1`.
struct Shorthand {
  std::string table;  ///< "training.learning_rate"
  std::string key;    ///< "training.learning_rate.start"
};

/// A key, a whole table, or one choice of a key that a later version brings:
/// refused with this reason instead of "unknown key".
struct Planned {
  std::string path;  ///< "training.ahead", "checkpoint"
  std::string reason = "comes with a later version";
  std::string value = {};  ///< only this choice; the table of that kind goes with it
};

struct Schema {
  std::vector<Key> keys;
  std::vector<Axis> axes;
  std::vector<Shorthand> shorthands;
  std::vector<Planned> planned;
};

}  // namespace troupe
