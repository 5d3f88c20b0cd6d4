/// `troupe keys new`: a folder of files that make a cluster's members.
#include <doctest/doctest.h>
#include <sys/stat.h>

#include "runtime/tls/keys.hpp"
#include "tests/library/toy.hpp"

using namespace troupe;
using troupe::test::call;
using troupe::test::Outcome;
using troupe::test::Scratch;

namespace {

CredentialFiles files_of(const Scratch& scratch, const std::string& host) {
  return {scratch.file("keys/ca.pem"), scratch.file("keys/" + host + ".pem"),
          scratch.file("keys/" + host + ".key")};
}

unsigned mode_of(const std::string& path) {
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  return status.st_mode & 0777U;
}

}  // namespace

TEST_CASE("keys new: its files make members, and private keys are private") {
  const Scratch scratch;
  const Outcome made = call({"keys", "new", scratch.file("keys"), "alpha", "10.0.0.2"});
  REQUIRE(made.code == 0);
  for (const char* host : {"alpha", "10.0.0.2"}) {
    const Credentials read = read_credentials(files_of(scratch, host));
    CHECK(certificate_facts(read.certificate).is_for(host));
    CHECK(mode_of(files_of(scratch, host).key) == 0600);
  }
  CHECK(mode_of(scratch.file("keys/ca.key")) == 0600);
  CHECK(mode_of(scratch.file("keys")) == 0700);
}

TEST_CASE("keys new: it says what goes where, in lines to paste") {
  const Scratch scratch;
  const std::string out = call({"keys", "new", scratch.file("keys"), "alpha"}).out;
  const std::string folder = scratch.file("keys/");
  CHECK(out.find("  tls = { ca = \"" + folder + "ca.pem\", certificate = \"" + folder +
                 "alpha.pem\", key = \"" + folder + "alpha.key\" }\n") != std::string::npos);
  CHECK(out.find("  scp " + folder + "ca.pem " + folder + "alpha.pem " + folder +
                 "alpha.key alpha:troupe-keys/\n") != std::string::npos);
}

TEST_CASE("keys new: hosts are added to the CA of an earlier call") {
  const Scratch scratch;
  REQUIRE(call({"keys", "new", scratch.file("keys"), "alpha"}).code == 0);
  const std::string before = scratch.read("keys/ca.pem");
  const Outcome more = call({"keys", "new", scratch.file("keys"), "beta", "--days", "1"});
  REQUIRE(more.code == 0);
  CHECK(scratch.read("keys/ca.pem") == before);
  const Credentials beta = read_credentials(files_of(scratch, "beta"));
  CHECK(certificate_facts(beta.certificate).seconds_left <= 86400);
}

TEST_CASE("keys new: nothing is replaced, and one refusal leaves the folder as it was") {
  const Scratch scratch;
  REQUIRE(call({"keys", "new", scratch.file("keys"), "alpha"}).code == 0);
  const std::string before = scratch.read("keys/alpha.key");
  const Outcome again = call({"keys", "new", scratch.file("keys"), "beta", "alpha"});
  CHECK(again.code == 2);
  CHECK(again.err == scratch.file("keys/alpha.pem") +
                         ": exists and is not replaced; delete it, or give another folder for a "
                         "new CA");
  CHECK(scratch.read("keys/alpha.key") == before);
  CHECK_FALSE(std::filesystem::exists(scratch.file("keys/beta.pem")));
}

TEST_CASE("keys new: without the CA's key nothing is signed") {
  const Scratch scratch;
  REQUIRE(call({"keys", "new", scratch.file("keys"), "alpha"}).code == 0);
  std::filesystem::remove(scratch.file("keys/ca.key"));
  const Outcome refused = call({"keys", "new", scratch.file("keys"), "beta"});
  CHECK(refused.code == 2);
  CHECK(refused.err == scratch.file("keys/ca.key") +
                           ": is missing beside the CA's other file, so that nothing can be signed "
                           "here; go where 'troupe keys new' made it, or give another folder");
}

TEST_CASE("keys new: a damaged CA is named, not replaced") {
  const Scratch scratch;
  REQUIRE(call({"keys", "new", scratch.file("keys"), "alpha"}).code == 0);
  scratch.write("keys/ca.key", "hello");
  const Outcome refused = call({"keys", "new", scratch.file("keys"), "beta"});
  CHECK(refused.code == 2);
  CHECK(refused.err ==
        scratch.file("keys/") +
            ": the CA's key is no private key in PEM without a passphrase; give another folder for "
            "a new CA");
}

TEST_CASE("keys new: hosts that cannot be files or names are refused") {
  const auto line = [](const std::vector<std::string>& words) {
    const Outcome refused = call(words);
    CHECK(refused.code == 2);
    return refused.err;
  };
  CHECK(line({"keys", "new", "keys"}) ==
        "troupe keys new: HOST is missing: names or addresses of the hosts");
  CHECK(line({"keys", "new", "keys", "../a"}) ==
        "troupe keys new: '../a' is neither a host's name nor an address");
  CHECK(line({"keys", "new", "keys", "ca"}) ==
        "troupe keys new: 'ca' is the CA's own file; give that host another name");
  CHECK(line({"keys", "new", "keys", "a", "b", "a"}) == "troupe keys new: host 'a' is given twice");
  CHECK(line({"keys", "new", "keys", "a", "--days", "0"}) ==
        "troupe keys new: --days is between 1 and 36500, not 0");
  CHECK(call({"keys", "new", "/proc/none/keys", "a"}).err ==
        "/proc/none/keys/: cannot be written: No such file or directory; take another folder, or "
        "make room");
}
