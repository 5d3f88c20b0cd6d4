/// The program as a function: words in, code and both outputs back, with a small
/// data set and a folder that goes away.
#pragma once

#include <unistd.h>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include "apps/library/command_line.hpp"
#include "apps/library/commands.hpp"
#include "base/user_error.hpp"
#include "datasets/generators.hpp"

namespace troupe::test {

struct Outcome {
  int code = 0;
  std::string out;
  std::string err;
};

inline Outcome call(const std::vector<std::string>& words) {
  static const Tables known = tables();
  static const std::vector<Command> all = commands();
  std::ostringstream out;
  std::ostringstream err;
  std::vector<std::string> argv = words;
  argv.insert(argv.begin(), "troupe");
  try {
    const Parsed parsed = parse_command_line(all, words);
    if (parsed.command == nullptr) return {0, parsed.text, {}};
    Invocation invocation{known, argv, out, err, false};
    const int code = parsed.command->act(parsed.arguments, invocation);
    return {code, out.str(), err.str()};
  } catch (const UserError& error) {
    return {static_cast<int>(error.code()), out.str(), err.str() + error.what()};
  }
}

/// A folder of one test, gone with it.
class Scratch {
 public:
  Scratch() {
    std::string name = (std::filesystem::temp_directory_path() / "troupe-test-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  std::string file(const std::string& name) const { return path_ + "/" + name; }
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(file(name)) << text;
    return file(name);
  }
  std::string read(const std::string& name) const {
    std::ifstream in(file(name));
    return {std::istreambuf_iterator<char>(in), {}};
  }
  std::vector<std::string> lines(const std::string& name) const {
    std::ifstream in(file(name));
    std::vector<std::string> result;
    for (std::string line; std::getline(in, line);) result.push_back(line);
    return result;
  }

 private:
  std::string path_;
};

/// 400 dense rows of 5 features that a line separates.
inline std::string small_data(const Scratch& scratch) {
  LinearOptions options;
  options.rows = 400;
  options.features = 5;
  options.seed = 3;
  make_linear(options, scratch.file("data.h5"));
  return scratch.file("data.h5");
}

inline std::string small_config(const Scratch& scratch) {
  return scratch.write("run.toml", "name = \"small\"\nseed = 7\n[data]\npath = \"" +
                                       small_data(scratch) +
                                       "\"\nvalidation = 0.25\n[model]\nkind = \"logistic\"\n"
                                       "[training]\nalgorithm = \"ssgd\"\nworkers = 2\nbatch = 5\n"
                                       "learning_rate = 0.1\nstop = { epochs = 2 }\n");
}

}  // namespace troupe::test
