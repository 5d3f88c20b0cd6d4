/// Mistakes on the command line: each is one line that is quoted here, and exit 2.
#include "apps/library/command_line.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "tests/library/toy.hpp"

using troupe::test::call;
using troupe::test::Outcome;

namespace {

struct Mistake {
  std::vector<std::string> words;
  std::string line;
};

const std::vector<Mistake> mistakes = {
    {{"trian"}, "troupe: unknown command 'trian', did you mean 'train'?"},
    {{"--versoin"}, "troupe: unknown option '--versoin', did you mean '--version'?"},
    {{"data", "mke"}, "troupe: unknown command 'data mke', did you mean 'make'?"},
    {{"data"}, "troupe data: say what, one of make, import, inspect, split, verify"},
    {{"config", "chck", "x"}, "troupe: unknown command 'config chck', did you mean 'check'?"},
    {{"train"}, "troupe train: CONFIG is missing: the configuration (TOML)"},
    {{"train", "a.toml", "b.toml"}, "troupe train: unexpected argument 'b.toml'"},
    {{"train", "a.toml", "--sead", "5"},
     "troupe train: unknown option '--sead', did you mean '--seed'?"},
    {{"train", "--sead", "5"}, "troupe train: unknown option '--sead', did you mean '--seed'?"},
    {{"train", "a.toml", "--sead=5"},
     "troupe train: unknown option '--sead', did you mean '--seed'?"},
    {{"train", "a.toml", "--zzzzzz"},
     "troupe train: unknown option '--zzzzzz'; 'troupe train --help' lists them"},
    {{"train", "a.toml", "--seed", "1", "--seed", "2"},
     "troupe train: --seed is given twice, '1' and '2'"},
    {{"train", "/dev/null", "--seed", "-1"},
     "troupe train: --seed needs a whole number that is not negative, not '-1'"},
    {{"train", "/dev/null", "--seed", "1x"},
     "troupe train: --seed needs a whole number that is not negative, not '1x'"},
    {{"train", "none.toml"}, "none.toml: cannot be read: No such file or directory"},
    {{"train", "/"}, "/: cannot be read: it is a folder"},
    {{"train", "a.toml", "--resume", "runs/x"},
     "'troupe train --resume' comes with a later version"},
    {{"twin", "a.toml", "--record"}, "'troupe twin --record' comes with a later version"},
    {{"replay", "runs/x"}, "'troupe replay' comes with a later version"},
    {{"data", "split", "a.h5"},
     "troupe data split: --out is missing: the files to write, two or more"},
    {{"data", "split", "a.h5", "--out", "b.h5", "c.h5", "--shares", "1/2,1/2"},
     "troupe data split: --shares needs numbers between commas such as 0.8,0.2, not '1/2,1/2'"},
    {{"data", "split", "a.h5", "--out", "b.h5", "c.h5", "d.h5", "--shares", "0.5,0.5"},
     "data split: shares: 2, expected one for each of the 3 files to write"},
    {{"data", "make", "digits", "--out", "x", "--features", "5"},
     "troupe data make: the kind digits has no --features"},
    {{"data", "make", "rcv1", "--out", "x", "--centres", "5"},
     "troupe data make: the kind rcv1 has no --centres"},
    {{"data", "make", "blobs", "--out", "x", "--centres", "5000000000"},
     "troupe data make: --centres has 32 bits"},
    {{"data", "import", "a", "--out", "x", "--threads", "0"},
     "troupe data import: --threads needs a number from 1 to 256"},
    {{"data", "make", "rcv", "--out", "x"},
     "troupe data make: KIND cannot be 'rcv', did you mean 'rcv1'?"},
    {{"data", "make", "rcv1"}, "troupe data make: --out is missing: the file to write"},
    {{"data", "make", "rcv1", "--out", "x", "--noise", "much"},
     "troupe data make: --noise needs a number, not 'much'"},
    {{"node", "--join", "127.0.0.1"},
     "troupe node: --join 127.0.0.1: expected HOST:PORT, where the coordinator's process listens"},
    {{"node", "--join", "10.0.0.1:99"},
     "troupe node: --join 10.0.0.1:99: another machine is reached through TLS alone: give this "
     "host's certificate of 'troupe keys new', --ca FILE --certificate FILE --key FILE"},
    {{"node", "--join", "127.0.0.1:99", "--listen", "a:b:c"},
     "troupe node: --listen a:b:c: expected HOST or HOST:PORT"},
    {{"node", "--join", "127.0.0.1:99", "--ca", "x"},
     "troupe node: --ca, --certificate and --key go together"},
    {{"status", "nowhere"}, "troupe status: 'nowhere' is neither a run folder nor HOST:PORT"},
    {{"completion", "tcsh"},
     "troupe completion: SHELL cannot be 'tcsh'; it is one of bash, zsh, fish"},
};

}  // namespace

TEST_CASE("command line: each mistake is its one line and exit 2") {
  for (const Mistake& mistake : mistakes) {
    CAPTURE(mistake.line);
    const Outcome outcome = call(mistake.words);
    CHECK(outcome.err == mistake.line);
    CHECK(outcome.code == 2);
    CHECK(outcome.out == "");
  }
}

TEST_CASE("command line: an option without its value is named") {
  const Outcome outcome = call({"train", "a.toml", "--seed"});
  CHECK(outcome.code == 2);
  CHECK(outcome.err.find("troupe train: --seed") == 0);
}

TEST_CASE("command line: nothing at all lists the commands") {
  const Outcome outcome = call({});
  CHECK(outcome.code == 2);
  CHECK(outcome.err.find("a command is needed, one of train, twin, ") != std::string::npos);
}

TEST_CASE("command line: -s takes one value and leaves CONFIG alone") {
  const auto all = troupe::commands();
  const troupe::Parsed parsed =
      troupe::parse_command_line(all, {"train", "-s", "a=1", "run.toml", "-sb=2", "--set", "c=-3"});
  CHECK(parsed.arguments.text("CONFIG") == "run.toml");
  CHECK(parsed.arguments.all("--set") == std::vector<std::string>{"a=1", "b=2", "c=-3"});
}

TEST_CASE("command line: help names every argument of the command, version the program") {
  for (const troupe::Command& command : troupe::commands()) {
    std::vector<std::string> words;
    std::istringstream name(command.name);
    for (std::string word; name >> word;) words.push_back(word);
    words.emplace_back("--help");
    const Outcome outcome = call(words);
    CHECK(outcome.code == 0);
    for (const troupe::Argument& argument : command.arguments)
      CHECK(outcome.out.find(argument.key()) != std::string::npos);
  }
  CHECK(call({"--version"}).out.find("troupe 0.") == 0);
}

TEST_CASE("command line: no command is both there and planned, and each has its sentence") {
  std::set<std::string> names;
  for (const troupe::Command& command : troupe::commands()) {
    CHECK(names.insert(command.name).second);
    CHECK(command.sentence != "");
    CHECK((command.act != nullptr));
    for (const troupe::Argument& argument : command.arguments) CHECK(argument.sentence != "");
  }
  for (const std::string& later : troupe::later_commands()) CHECK(names.count(later) == 0);
}

TEST_CASE("completion: every command and long option occurs in each shell's script") {
  for (const std::string shell : {"bash", "zsh", "fish"}) {
    const std::string script = call({"completion", shell}).out;
    for (const troupe::Command& command : troupe::commands()) {
      CHECK(script.find(command.name.substr(command.name.rfind(' ') + 1)) != std::string::npos);
      for (const troupe::Argument& argument : command.arguments)
        if (!argument.by_place())
          CHECK(script.find(argument.key().substr(shell == "fish" ? 2 : 0)) != std::string::npos);
    }
  }
}

TEST_CASE("completion: bash accepts the script and completes a command") {
  const troupe::test::Scratch scratch;
  scratch.write("complete.bash", call({"completion", "bash"}).out);
  const std::string script = ". " + scratch.file("complete.bash") +
                             "; COMP_WORDS=(troupe tra); COMP_CWORD=1; _troupe; "
                             "[ \"${COMPREPLY[*]}\" = train ] || exit 1; "
                             "COMP_WORDS=(troupe data make --se); COMP_CWORD=3; _troupe; "
                             "[ \"${COMPREPLY[*]}\" = --seed ] || exit 1; "
                             "COMP_WORDS=(troupe keys n); COMP_CWORD=2; _troupe; "
                             "[ \"${COMPREPLY[*]}\" = new ]";
  CHECK(std::system(("bash -c '" + script + "'").c_str()) == 0);
}
