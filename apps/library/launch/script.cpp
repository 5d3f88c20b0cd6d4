#include "apps/library/launch/script.hpp"

#include <charconv>
#include <sstream>

namespace troupe {
namespace {

constexpr const char* mark = "troupe-probe ";

template <typename Number>
Number number_in(const std::string& text) {
  Number value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::string heredoc(const std::string& file, const std::string& text) {
  return "cat > \"$d/" + file + "\" <<'#pem'\n" + text + "#pem\n";
}

}  // namespace

// Read line by line with the shell's own `read`, which takes no byte too many.
const char* const run_script =
    "exec sh -c 'eval \"$(while IFS= read -r l && [ \"$l\" != \"#end\" ]; do "
    "printf \"%s\\n\" \"$l\"; done)\"'";

std::string shell_word(const std::string& word) {
  std::string text = "'";
  for (const char c : word) text += c == '\'' ? "'\\''" : std::string(1, c);
  return text + "'";
}

std::vector<std::string> ssh_words(const std::string& ssh, const std::string& login,
                                   const std::string& remote_command) {
  std::vector<std::string> words;
  std::istringstream given(ssh);
  for (std::string word; given >> word;) words.push_back(word);
  // Nobody is asked for a password, and nothing waits for a host that is gone.
  for (const char* option :
       {"BatchMode=yes", "ConnectTimeout=10", "ServerAliveInterval=5", "ServerAliveCountMax=3"}) {
    words.emplace_back("-o");
    words.emplace_back(option);
  }
  for (const std::string& word : {std::string("-T"), login, remote_command}) words.push_back(word);
  return words;
}

std::string as_input(const std::string& script) { return script + "\n#end\n"; }

std::string probe_script(const ProbeRequest& request) {
  std::string script = "say() { printf 'troupe-probe %s\\n' \"$*\"; }\n";
  script += "cd " + shell_word(request.folder) + " 2>/dev/null || cd || exit 1\n";
  script +=
      "say connection $SSH_CONNECTION\nsay addresses $(hostname -I 2>/dev/null)\nsay folder "
      "\"$PWD\"\nsay clock \"$(date +%s)\"\n"
      "say cores \"$(getconf _NPROCESSORS_ONLN)\"\nsay descriptors \"$(ulimit -n)\"\n";
  script += "p=$(command -v " + request.program + ")\nsay program \"$p\"\n";
  script += "if [ -n \"$p\" ]; then say version \"$(\"$p\" --version 2>&1 | head -n 1)\"; fi\n";
  for (const std::string& file : request.files)
    script +=
        "f=" + shell_word(file) +
        "; if [ -r \"$f\" ]; then say file \"$(($(wc -c < \"$f\")))\" \"$f\"; else say file -1 "
        "\"$f\"; fi\n";
  if (request.checkup) {
    script += "if [ -n \"$p\" ]; then \"$p\" doctor";
    for (const std::string& file : request.files) script += " --data " + shell_word(file);
    script += " 2>&1 | while IFS= read -r l; do say doctor \"$l\"; done; fi\n";
  }
  return script + "say end\n";
}

void Probe::take(const std::string& line) {
  if (line.rfind(mark, 0) != 0) return;  // what a host says to everybody who logs in
  std::istringstream words(line.substr(std::string(mark).size()));
  std::string key;
  std::string rest;
  words >> key >> std::ws;
  std::getline(words, rest);
  std::istringstream values(rest);
  if (key == "connection") {
    std::string ignored;
    values >> caller >> ignored >> address;
  }
  if (key == "addresses")
    for (std::string each; values >> each;) addresses.push_back(each);
  if (key == "folder") folder = rest;
  if (key == "program") program = rest;
  if (key == "version") version = rest.rfind("troupe ", 0) == 0 ? rest.substr(7) : rest;
  if (key == "cores") cores = number_in<std::uint32_t>(rest);
  if (key == "descriptors") descriptors = number_in<std::uint64_t>(rest);
  if (key == "clock") clock = number_in<std::int64_t>(rest);
  if (key == "file") {
    std::string bytes;
    values >> bytes >> std::ws;
    std::string path;
    std::getline(values, path);
    files[path] = number_in<std::int64_t>(bytes);
  }
  if (key == "doctor") {
    constexpr const char* tells = ", manifest ";
    const std::size_t at = rest.rfind(tells);
    const std::size_t path = rest.find('/');
    if (rest.rfind("ok    data", 0) == 0 && at != std::string::npos && path < at)
      manifests[rest.substr(path, at - path)] = rest.substr(at + std::string(tells).size());
    doctor.push_back(rest);
  }
  if (key == "end") complete = true;
}

std::string node_script(const NodeOrder& order) {
  std::string words;
  for (const std::string& word : order.words) words += " " + shell_word(word);
  std::string script = "cd " + shell_word(order.folder) + " || exit 1\n";
  if (order.credentials) {
    script +=
        "umask 077\nd=$(mktemp -d \"${XDG_RUNTIME_DIR:-${TMPDIR:-/tmp}}/troupe-XXXXXX\") || exit "
        "1\ntrap 'rm -rf \"$d\"' EXIT\n" +
        heredoc("ca.pem", order.credentials->authority) +
        heredoc("node.pem", order.credentials->certificate) +
        heredoc("node.key", order.credentials->key);
    words += " --ca \"$d/ca.pem\" --certificate \"$d/node.pem\" --key \"$d/node.key\"";
  }
  // The end of standard input is the end of the session, however it ended.
  script += "exec 3<&0\n" + order.program + words +
            " </dev/null 3<&- &\nnode=$!\ntrap 'kill -TERM $node 2>/dev/null' HUP INT TERM\n"
            "(\n  trap - EXIT HUP INT TERM\n  while read -r l <&3; do :; done\n"
            "  kill -TERM $node\n  n=0\n"
            "  while kill -0 $node && [ $n -lt 40 ]; do sleep 0.25; n=$((n + 1)); done\n"
            "  kill -KILL $node\n) >/dev/null 2>&1 &\nwatch=$!\nexec 3<&-\n"
            "wait $node; code=$?\n"
            "while kill -0 $node 2>/dev/null; do wait $node; code=$?; done\n"
            "kill $watch 2>/dev/null\nexit $code\n";
  return script;
}

}  // namespace troupe
