/// The ports part of a checkup: every process of the run-to-be listens for a moment,
/// and every host tries every other. Whoever listens says nothing to who comes.
#include <algorithm>

#include "apps/library/launch/checkup.hpp"
#include "apps/library/own_program.hpp"
#include "runtime/address.hpp"

namespace troupe {
namespace {

using Judgement = Finding::Verdict;
constexpr std::chrono::seconds patience{30};

std::uint16_t next_of(std::uint16_t port) { return static_cast<std::uint16_t>(port + 1); }

/// The hosts, and this machine as the last.
class Ports {
 public:
  Ports(const PortCheck& check, const std::vector<Host>& hosts, const Meeting& meeting)
      : check_(check), hosts_(hosts) {
    for (std::size_t h = 0; h < hosts.size(); ++h) {
      targets_.push_back(text_of(Address{meeting.addresses[h], next_of(check.port)}));
      doors_.push_back(text_of(Address{meeting.listens[h], next_of(check.port)}));
    }
    targets_.push_back(text_of(Address{meeting.own_address, check.port}));
    doors_.push_back(meeting.listen);
  }

  HostFindings run() {
    listen();
    for (std::size_t from = 0; from < targets_.size(); ++from) reach(from);
    for (const std::size_t listener : listeners_) check_.crew.close_input(listener);
    return std::move(found_);
  }

 private:
  std::string name(std::size_t who) const {
    return who < hosts_.size() ? hosts_[who].name() : "here";
  }

  std::size_t start(std::size_t who, const std::vector<std::string>& words) {
    std::vector<std::string> own = {own_program(), "doctor"};
    own.insert(own.end(), words.begin(), words.end());
    if (who == hosts_.size()) return check_.crew.start({.argv = own, .hold_input = true});
    std::string script = "exec " + check_.program + " doctor";
    for (const std::string& word : words) script += " " + shell_word(word);
    return check_.crew.start({.argv = ssh_words(check_.ssh, hosts_[who].login, run_script),
                              .input = as_input(script),
                              .hold_input = true});
  }

  /// Until `done` of a member's events is true, or it has ended.
  template <typename Done>
  void hear(const std::vector<std::size_t>& members, Done done) {
    std::size_t left = members.size();
    const auto deadline = Crew::Clock::now() + patience;
    while (left > 0) {
      const auto event = check_.crew.next(deadline);
      if (!event) return;
      if (event->kind == Crew::Event::Kind::signal) throw Interrupted{event->code};
      const auto at = std::find(members.begin(), members.end(), event->member);
      if (at == members.end()) continue;
      const auto who = static_cast<std::size_t>(at - members.begin());
      if (event->kind == Crew::Event::Kind::ended || done(who, event->text)) --left;
    }
  }

  void listen() {
    std::vector<std::string> last(targets_.size());
    std::vector<bool> listens(targets_.size(), false);
    for (std::size_t who = 0; who < targets_.size(); ++who)
      listeners_.push_back(start(who, {"--answer", doors_[who]}));
    hear(listeners_, [&](std::size_t who, const std::string& line) {
      if (line.rfind("ok ", 0) != 0) {
        const std::size_t text = line.rfind("fail", 0) == 0 ? line.find("cannot") : 0;
        if (!line.empty()) last[who] = line.substr(text == std::string::npos ? 0 : text);
        return false;
      }
      listens[who] = true;
      return true;
    });
    for (std::size_t who = 0; who < targets_.size(); ++who) {
      if (listens[who]) continue;
      closed_.push_back(who);
      found_.push_back({name(who), {Judgement::fail, last[who].empty() ? "no answer" : last[who]}});
    }
  }

  bool is_closed(std::size_t who) const {
    return std::find(closed_.begin(), closed_.end(), who) != closed_.end();
  }

  void reach(std::size_t from) {
    std::vector<std::string> words;
    for (std::size_t to = 0; to < targets_.size(); ++to)
      if (to != from && !is_closed(to)) {
        words.emplace_back("--reach");
        words.push_back(targets_[to]);
      }
    if (words.empty()) return;
    bool good = true;
    std::size_t lines = 0;
    hear({start(from, words)}, [&](std::size_t, const std::string& line) {
      lines += line.empty() ? 0 : 1;
      if (line.rfind("fail", 0) == 0) {
        good = false;
        found_.push_back(
            {name(from), {Judgement::fail, line.substr(line.find_first_not_of(' ', 4))}});
      }
      return false;
    });
    if (lines < words.size() / 2)
      found_.push_back({name(from), {Judgement::fail, "the ports of others could not be tried"}});
    else if (good)
      found_.push_back({name(from), {Judgement::ok, "reaches the ports of all others"}});
  }

  const PortCheck& check_;
  const std::vector<Host>& hosts_;
  std::vector<std::string> targets_;  // where others reach each
  std::vector<std::string> doors_;    // where each listens
  std::vector<std::size_t> listeners_;
  std::vector<std::size_t> closed_;
  HostFindings found_;
};

}  // namespace

HostFindings check_ports(const PortCheck& check, const std::vector<Host>& hosts,
                         const Meeting& meeting) {
  return Ports(check, hosts, meeting).run();
}

}  // namespace troupe
