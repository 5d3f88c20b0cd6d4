/// Hosts as users list them, and what launch makes of their answers.
#include "apps/library/launch/hosts.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "apps/library/launch/checkup.hpp"
#include "apps/library/launch/judgement.hpp"

#include "apps/library/version.hpp"
#include "tests/library/toy.hpp"

using namespace troupe;
using troupe::test::Scratch;

namespace {

template <typename Act>
std::string refusal(Act act) {
  try {
    act();
  } catch (const UserError& error) {
    CHECK(error.code() == ExitCode::usage);
    return error.what();
  }
  return {};
}

std::string of_file(const std::string& text) {
  return refusal([&] { parse_hosts(text, "hosts"); });
}

std::string of_list(const std::string& text) {
  return refusal([&] { parse_host_list(text); });
}

Answer good(const std::string& caller, const std::string& address) {
  Answer answer;
  answer.probe.caller = caller;
  answer.probe.address = address;
  answer.probe.program = "/usr/bin/troupe";
  answer.probe.version = version_text();
  answer.probe.folder = "/srv";
  answer.probe.complete = true;
  return answer;
}

}  // namespace

TEST_CASE("hosts: a file has names, slots, addresses and comments") {
  const auto hosts =
      parse_hosts("# ours\nalpha slots=4\n\nme@beta  # big\n10.0.0.3 address=::1\n", "hosts");
  REQUIRE(hosts.size() == 3);
  CHECK(hosts[0].slots == 4);
  CHECK(hosts[1].login == "me@beta");
  CHECK(hosts[1].name() == "beta");
  CHECK(hosts[1].slots == 0);
  CHECK(hosts[2].address == "::1");
  CHECK(hosts[2].where == "hosts:5");
}

TEST_CASE("hosts: a list has names, users, addresses of six and slots") {
  const auto hosts = parse_host_list("alpha:4,me@beta,[fd00::1]:2");
  REQUIRE(hosts.size() == 3);
  CHECK(hosts[0].slots == 4);
  CHECK(hosts[1].name() == "beta");
  CHECK(hosts[2].name() == "fd00::1");
  CHECK(hosts[2].slots == 2);
}

TEST_CASE("hosts: each mistake in a file is named with its line") {
  CHECK(of_file("# nobody\n") == "hosts: names no host; expected lines such as 'alpha slots=4'");
  CHECK(of_file("alpha slots=0\n") ==
        "hosts:1: slots are a whole number from 1 to 100000, not '0'");
  CHECK(of_file("alpha\nbeta solts=2\n") ==
        "hosts:2: unknown word 'solts=2', did you mean 'slots='?");
  CHECK(of_file("alpha\nbeta 4\n") ==
        "hosts:2: unknown word '4'; expected HOST slots=N address=ADDR listen=ADDR");
  CHECK(of_file("-oProxyCommand=evil\n") ==
        "hosts:1: '-oProxyCommand=evil' is no host; expected NAME, ADDRESS or USER@NAME");
  CHECK(of_file("alpha\nbeta\nalpha slots=2\n") ==
        "hosts:3: host 'alpha' is given twice, first at hosts:1; give it more slots instead");
}

TEST_CASE("hosts: each mistake in a list is named") {
  CHECK(of_list("alpha:x") == "-H: slots are a whole number from 1 to 100000, not 'x'");
  CHECK(of_list("a b:2") == "-H: 'a b' is no host; expected NAME, ADDRESS or USER@NAME");
  CHECK(of_list("alpha,,beta") == "-H: '' is no host; expected NAME, ADDRESS or USER@NAME");
  CHECK(of_list("-x@alpha") == "-H: '-x@alpha' is no host; expected NAME, ADDRESS or USER@NAME");
}

TEST_CASE("hosts: a program that is missing or another is named with both versions") {
  const auto hosts = parse_host_list("alpha,beta,gamma");
  std::vector<Answer> answers = {good("10.0.0.9", "10.0.0.1"), good("10.0.0.9", "10.0.0.2"),
                                 good("10.0.0.9", "10.0.0.3")};
  CHECK(unfit(hosts, answers).empty());
  answers[0].probe.program.clear();
  answers[1].probe.version = "0.0.9";
  answers[2].failure = "no answer within 30 s";
  const auto lines = unfit(hosts, answers);
  REQUIRE(lines.size() == 3);
  CHECK(lines[0] ==
        "alpha: has no program 'troupe' in the PATH that ssh gives; name it with --program, or let "
        "--copy-binary bring it");
  CHECK(lines[1] == "beta: has troupe 0.0.9, this machine " + version_text() +
                        "; install the same there, or let --copy-binary bring it");
  CHECK(lines[2] == "gamma: no answer within 30 s");
}

TEST_CASE("hosts: a file that is missing or another one is named with the host and a cure") {
  const Scratch scratch;
  const std::string file = scratch.write("a.h5", "12345");
  const auto hosts = parse_host_list("alpha,beta,gamma");
  std::vector<Answer> answers(3, good("10.0.0.9", "10.0.0.1"));
  answers[0].probe.files[file] = -1;
  answers[1].probe.files[file] = 4;
  answers[2].probe.files[file] = 5;
  const auto lines = without_data(hosts, answers, {file});
  const std::string cure =
      "; copy it there, or let this machine serve it with -s data.source=coordinator";
  REQUIRE(lines.size() == 2);
  CHECK(lines[0] == "alpha: cannot read " + file + cure);
  CHECK(lines[1] == "beta: " + file + " has 4 bytes there and 5 here" + cure);
}

TEST_CASE("hosts: everybody meets where ssh reached them") {
  const auto hosts = parse_host_list("alpha,beta");
  const Meeting one = meeting_of(
      hosts, {good("10.0.0.9", "10.0.0.1"), good("10.0.0.9", "10.0.0.2")}, {.port = 7000});
  CHECK(one.listen == "10.0.0.9:7000");
  CHECK(one.joins == std::vector<std::string>(2, "10.0.0.9:7000"));
  CHECK(one.addresses == std::vector<std::string>{"10.0.0.1", "10.0.0.2"});
  CHECK_FALSE(one.local);
}

TEST_CASE("hosts: a machine in two networks listens in both") {
  const auto hosts = parse_host_list("alpha,beta");
  const Meeting two =
      meeting_of(hosts, {good("10.0.0.9", "10.0.0.1"), good("fd00::9", "fd00::2")}, {.port = 7000});
  CHECK(two.listen == "[::]:7000");  // which takes those of both kinds
  CHECK(two.joins == std::vector<std::string>{"10.0.0.9:7000", "[fd00::9]:7000"});
}

TEST_CASE("hosts: a host that is this machine is reached by the others, too") {
  const auto hosts = parse_host_list("here,beta");
  const std::vector<Answer> answers = {good("127.0.0.1", "127.0.0.1"),
                                       good("10.0.0.9", "10.0.0.2")};
  const Meeting mixed = meeting_of(hosts, answers, {.port = 7000});
  CHECK(mixed.joins[0] == "10.0.0.9:7000");
  CHECK(mixed.addresses[0] == "10.0.0.9");
  const Meeting alone = meeting_of({hosts[0]}, {answers[0]}, {.port = 7000});
  CHECK(alone.listen == "127.0.0.1:7000");
  CHECK(alone.local);
}

TEST_CASE("hosts: the address that the user gives goes before what ssh shows") {
  auto hosts = parse_hosts("alpha address=192.0.2.1\n", "hosts");
  const Meeting given =
      meeting_of(hosts, {good("10.0.0.9", "10.0.0.1")}, {.address = "192.0.2.9", .port = 7000});
  CHECK(given.listen == "0.0.0.0:7000");  // this machine does not have that one
  CHECK(given.joins[0] == "192.0.2.9:7000");
  CHECK(given.addresses[0] == "192.0.2.1");
}

TEST_CASE("hosts: a node listens at the address that others use only where its host has it") {
  const auto at = [](const std::string& line, std::vector<std::string> own) {
    Answer answer = good("10.0.0.9", "10.0.0.1");
    answer.probe.addresses = std::move(own);
    const Meeting meeting = meeting_of(parse_hosts(line, "hosts"), {answer}, {.port = 7000});
    return meeting.addresses[0] + " " + meeting.listens[0];
  };
  CHECK(at("alpha", {}) == "10.0.0.1 10.0.0.1");
  CHECK(at("alpha address=192.0.2.1", {"10.0.0.1", "192.0.2.1"}) == "192.0.2.1 192.0.2.1");
  CHECK(at("alpha address=192.0.2.1", {"10.0.0.1"}) == "192.0.2.1 0.0.0.0");
  CHECK(at("alpha address=fd00::1", {"10.0.0.1"}) == "fd00::1 ::");
  CHECK(at("alpha address=alpha-ib", {"10.0.0.1"}) == "alpha-ib 0.0.0.0");
  CHECK(at("alpha address=alpha-ib listen=10.0.0.1", {}) == "alpha-ib 10.0.0.1");
}

TEST_CASE("hosts: a clock that is an hour away is found, one of a second is none") {
  const auto hosts = parse_host_list("alpha");
  Answer answer = good("10.0.0.9", "10.0.0.1");
  answer.clock_here = 1'000'000;
  const auto clock = [&](std::int64_t there) {
    answer.probe.clock = there;
    for (const auto& [host, finding] : check_answers(hosts, {answer}, {}))
      if (finding.text.find("clock") == 0) return finding;
    return Finding{};
  };
  CHECK(clock(1'000'001).verdict == Finding::Verdict::ok);
  CHECK(clock(1'000'031).text ==
        "clock 31 s ahead of this machine's; logs will not fit together: run an NTP client on "
        "both");
  CHECK(clock(1'000'031).verdict == Finding::Verdict::warn);
  CHECK(clock(1'000'000 - 3600).text ==
        "clock 3600 s behind this machine's; certificates are not valid yet, or no longer, for one "
        "of them: run an NTP client on both");
  CHECK(clock(1'000'000 - 3600).verdict == Finding::Verdict::fail);
}

TEST_CASE("hosts: an expired certificate is found among good ones") {
  const Scratch scratch;
  const auto hosts = parse_host_list("alpha,beta");
  const Authority ca = Authority::make("CA", Validity::days(100));
  scratch.write("ca.pem", ca.certificate());
  const auto keep = [&](const std::string& host, Validity validity) {
    const Credentials made = ca.issue(host, validity);
    scratch.write(host + ".pem", made.certificate);
    scratch.write(host + ".key", made.key);
  };
  keep("alpha", Validity::days(90));
  keep("beta", {.from = -7200, .until = -3600});
  const Meeting meeting = meeting_of(
      hosts, {good("10.0.0.9", "10.0.0.1"), good("10.0.0.9", "10.0.0.2")}, {.port = 7000});
  const HostFindings found = check_keys(hosts, meeting, scratch.file(""));
  REQUIRE(found.size() == 2);
  CHECK(found[0].finding.verdict == Finding::Verdict::ok);
  CHECK(found[1].finding.verdict == Finding::Verdict::fail);
  CHECK(found[1].finding.text.find("beta.pem: expired on 2") != std::string::npos);
}
