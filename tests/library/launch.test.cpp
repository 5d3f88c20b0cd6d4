/// What launch tells a host's shell, run by the shell of this machine; no ssh.
#include <doctest/doctest.h>

#include <chrono>
#include <csignal>
#include <filesystem>

#include "apps/library/launch/crew.hpp"
#include "apps/library/launch/script.hpp"
#include "tests/library/toy.hpp"

using namespace troupe;
using troupe::test::Scratch;
using What = Crew::Event::Kind;

namespace {

constexpr std::chrono::seconds patience{30};

/// Until a line or the end, whichever is asked for.
Crew::Event next(Crew& crew, What kind) {
  while (const auto event = crew.next(Crew::Clock::now() + patience))
    if (event->kind == kind) return *event;
  FAIL("nothing came");
  return {};
}

Crew::Order shell(const std::string& script, bool hold = false) {
  return {.argv = {"sh", "-c", run_script}, .input = as_input(script), .hold_input = hold};
}

std::string program(const Scratch& scratch, const std::string& body) {
  const std::string path = scratch.write("program", "#!/bin/sh\n" + body);
  std::filesystem::permissions(path, std::filesystem::perms::owner_all);
  return shell_word(path);
}

}  // namespace

TEST_CASE("crew: lines, exit codes, and programs that are not there") {
  Crew crew;
  crew.start({.argv = {"sh", "-c", "echo one; echo two >&2; printf three; exit 7"}});
  CHECK(next(crew, What::line).text == "one");
  CHECK(next(crew, What::line).text == "two");
  CHECK(next(crew, What::line).text == "three");
  CHECK(next(crew, What::ended).code == 7);
  crew.start({.argv = {"/none/such"}});
  CHECK(next(crew, What::ended).code == 127);
}

TEST_CASE("crew: the end of a process is not hidden by whoever holds its output") {
  Crew crew;
  const std::size_t member = crew.start({.argv = {"sh", "-c", "sleep 60 & echo $!; exit 3"}});
  const int sleeper = std::stoi(next(crew, What::line).text);
  const auto start = Crew::Clock::now();
  CHECK(next(crew, What::ended).code == 3);
  CHECK(Crew::Clock::now() - start < std::chrono::seconds(20));
  CHECK_FALSE(crew.runs(member));
  ::kill(sleeper, SIGKILL);
}

TEST_CASE("crew: a signal is an event, and the process goes on") {
  Crew crew;
  ::kill(::getpid(), SIGINT);
  CHECK(next(crew, What::signal).code == SIGINT);
}

TEST_CASE("crew: control characters of other machines do not reach the terminal") {
  Crew crew;
  crew.start({.argv = {"sh", "-c", R"(printf 'a\033[2Jb\rc\n')"}});
  CHECK(next(crew, What::line).text == "a[2Jbc");
}

TEST_CASE("crew: a line without an end comes in pieces") {
  Crew crew;
  crew.start({.argv = {"sh", "-c", "head -c 10000 /dev/zero | tr '\\0' x"}});
  CHECK(next(crew, What::line).text == std::string(4096, 'x'));
}

TEST_CASE("launch: a word is a word to the shell, whatever is in it") {
  for (const std::string word : {"a b", "it's", "$HOME", "`id`", "\"", "a\nb", "", "*"}) {
    Crew crew;
    crew.start(shell("printf %s " + shell_word(word) + " | od -An -tx1 | tr -d ' \\n'; echo"));
    std::string hex;
    for (const char c : word) {
      hex += "0123456789abcdef"[static_cast<unsigned char>(c) >> 4U];
      hex += "0123456789abcdef"[static_cast<unsigned char>(c) & 15U];
    }
    CHECK(next(crew, What::line).text == hex);
  }
}

TEST_CASE("launch: a probe tells folder, version, clock and files") {
  const Scratch scratch;
  const std::string file = scratch.write("a b.h5", "12345");
  Probe probe;
  probe.take("Welcome to this machine");
  Crew crew;
  crew.start(shell("SSH_CONNECTION='10.0.0.9 5000 10.0.0.1 22'\n" +
                   probe_script({.folder = scratch.file(""),
                                 .program = program(scratch, "echo troupe 1.2.3"),
                                 .files = {file, "none.h5"}})));
  while (const auto event = crew.next(Crew::Clock::now() + patience)) {
    if (event->kind == What::ended) break;
    probe.take(event->text);
  }
  CHECK(probe.complete);
  CHECK(probe.caller == "10.0.0.9");
  CHECK(probe.address == "10.0.0.1");
  CHECK(std::filesystem::equivalent(probe.folder, scratch.file("")));
  CHECK(probe.version == "1.2.3");
  CHECK(probe.cores > 0);
  CHECK(std::abs(probe.clock - std::time(nullptr)) < 60);
  CHECK(probe.files.at(file) == 5);
  CHECK(probe.files.at("none.h5") == -1);
}

TEST_CASE("launch: a node gets its words and its certificates, which go with it") {
  const Scratch scratch;
  const std::string node = program(scratch,
                                   "echo \"$1 $2 $3\"\nwhile [ \"$1\" != --ca ]; do shift; done\n"
                                   "ls -l \"$6\" | cut -c1-10\ncat \"$2\" \"$4\" \"$6\"\nexit 5\n");
  Crew crew;
  crew.start(shell(node_script({.folder = scratch.file(""),
                                .program = node,
                                .words = {"node", "--join", "a b:1"},
                                .credentials = Credentials{"one\n", "two\n", "three\n"}}),
                   true));
  CHECK(next(crew, What::line).text == "node --join a b:1");
  CHECK(next(crew, What::line).text == "-rw-------");
  for (const char* text : {"one", "two", "three"}) CHECK(next(crew, What::line).text == text);
  CHECK(next(crew, What::ended).code == 5);
}

TEST_CASE("launch: the end of the session ends the node, and what it held is gone") {
  const Scratch scratch;
  const std::string node = program(scratch,
                                   "while [ \"$1\" != --ca ]; do shift; done\ntrap 'echo bye; exit "
                                   "0' TERM\necho \"$2\"\nwhile :; do sleep 0.05; done\n");
  Crew crew;
  const std::size_t member =
      crew.start(shell(node_script({.folder = scratch.file(""),
                                    .program = node,
                                    .words = {"node"},
                                    .credentials = Credentials{"one\n", "two\n", "three\n"}}),
                       true));
  const std::string certificate = next(crew, What::line).text;
  REQUIRE(std::filesystem::exists(certificate));
  crew.close_input(member);
  CHECK(next(crew, What::line).text == "bye");
  CHECK(next(crew, What::ended).code == 0);
  CHECK_FALSE(std::filesystem::exists(std::filesystem::path(certificate).parent_path()));
}

TEST_CASE("launch: a node that does not listen is killed") {
  const Scratch scratch;
  const std::string node =
      program(scratch, "trap '' TERM\necho $$\nwhile :; do sleep 0.05; done\n");
  Crew crew;
  const std::size_t member = crew.start(
      shell(node_script({.folder = scratch.file(""), .program = node, .words = {}}), true));
  const int pid = std::stoi(next(crew, What::line).text);
  crew.close_input(member);
  CHECK(next(crew, What::ended).code == 128 + SIGKILL);
  CHECK(::kill(pid, 0) != 0);
}
